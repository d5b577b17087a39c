#include "sync/merge_flags.h"

namespace pf::sync {

FlagMerge merge_flags(const FlagSides& sides, const FlagRules& source_rules, const FlagRules& target_rules) {
  const FlagSet source = sides.source.without(sides.normalised);
  const FlagSet target = sides.target.without(sides.normalised);
  const FlagSet base = sides.base.without(sides.normalised);
  const FlagSet added = source.without(base).unite(target.without(base));
  const FlagSet removed = base.without(source).unite(base.without(target));
  const FlagSet merged = base.unite(added).without(removed);

  FlagMerge out;
  const FlagSet lost_at_target = merged.without(target_rules.kept(merged));
  const FlagSet lost_at_source = merged.without(source_rules.kept(merged));
  out.target_add = merged.without(target).without(lost_at_target);
  out.target_remove = target.without(merged);
  out.source_add = merged.without(source).without(lost_at_source);
  out.source_remove = source.without(merged);
  out.base = merged;
  out.normalised =
      sides.normalised.unite(lost_at_target.without(target)).unite(lost_at_source.without(source));
  return out;
}

}  // namespace pf::sync
