#include "fleet/attempts.h"

#include <algorithm>

namespace pf::fleet {

namespace {

// What both a summary and the report of a mailbox count.
template <class Counts>
void add_doings(Counts& to, const Counts& from) {
  to.copied += from.copied;
  to.restored += from.restored;
  to.deleted += from.deleted;
  to.flags_changed += from.flags_changed;
  to.bytes_copied += from.bytes_copied;
  to.moved += from.moved;
  to.copied_back += from.copied_back;
  to.seconds += from.seconds;
  // What the earlier one copied the later one finds there.
  to.matched -= std::min(to.matched, from.copied + from.restored);
}

}  // namespace

sync::Summary together(const sync::Summary& earlier, sync::Summary later) {
  add_doings(later, earlier);
  later.bytes_sent += earlier.bytes_sent;
  later.bytes_received += earlier.bytes_received;
  later.waited_source += earlier.waited_source;
  later.waited_target += earlier.waited_target;
  later.waited_commit += earlier.waited_commit;
  if (later.run.empty()) later.run = earlier.run;
  for (const auto& warning : earlier.warnings) {
    if (std::ranges::find(later.warnings, warning) == later.warnings.end()) later.warnings.push_back(warning);
  }
  for (const auto& before : earlier.per_mailbox) {
    const auto same = std::ranges::find_if(later.per_mailbox, [&](const auto& m) {
      return m.source == before.source && m.target == before.target;
    });
    if (same == later.per_mailbox.end()) {
      later.per_mailbox.push_back(before);
      continue;
    }
    add_doings(*same, before);
    same->created = same->created || before.created;
    same->settled = same->settled && before.settled;
  }
  return later;
}

}  // namespace pf::fleet
