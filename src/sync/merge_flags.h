// What happens to the flags of a message both sides have.  Pure.
#pragma once

#include "mail/flag.h"

namespace pf::sync {

struct FlagMerge {
  FlagSet target_add, target_remove;
  FlagSet source_add, source_remove;
  FlagSet base;        // what both have afterwards
  FlagSet normalised;  // what either side cannot keep: not looked at again
  [[nodiscard]] bool changes_target() const { return !target_add.empty() || !target_remove.empty(); }
  [[nodiscard]] bool changes_source() const { return !source_add.empty() || !source_remove.empty(); }
};

struct FlagSides {
  const FlagSet& source;
  const FlagSet& target;
  const FlagSet& base;        // as recorded
  const FlagSet& normalised;  // as recorded
};

// Per flag: whoever changed it since the base wins.  Both cannot have changed it differently: it is there or
// not.
FlagMerge merge_flags(const FlagSides& sides, const FlagRules& source_rules, const FlagRules& target_rules);

}  // namespace pf::sync
