// Where a server has no MOVE, messages are copied and then removed (RFC 4315): a run that ends in between
// leaves them at both places, and the next one must not copy them again.
#pragma once

#include "sync/context.h"
#include "sync/patience.h"

#include <map>
#include <set>
#include <vector>

namespace pf::sync {

// Which of `here`, messages of another mailbox of the same server, have a copy in `there`, from `first` on
// and not in `claimed`: by the reference of the one, that of the other.  Waits for the server to settle
// unless all have.
Task<std::map<MessageRef, MessageRef>> copied_to(RunContext& run, store::OpenMailbox& there,
                                                 const std::vector<MessageMeta>& here, MessageRef first,
                                                 const std::set<MessageRef>& claimed);

// The quarantine as it was before a move.
struct QuarantineEnd {
  store::MailboxInfo mailbox;
  Epoch epoch;
  MessageRef first;  // whatever comes later has this reference or a higher one
};

Task<QuarantineEnd> quarantine_end(store::Store& store, const store::MailboxInfo& quarantine,
                                   Patience& patience);

struct HalfMoved {
  std::map<MessageRef, MessageRef> copies;  // by the reference in the mailbox, that in the quarantine
  MessageRef first;                         // no copy of any of the rows has a lower one
};

// Which of `rows`, messages of `mailbox`, an unfinished move has copied already.  Waits for the server to
// settle when there was one.
Task<HalfMoved> half_moved(RunContext& run, store::Store& store, const store::MailboxInfo& mailbox,
                           const std::vector<state::RemovalRow>& rows, const QuarantineEnd& quarantine,
                           Patience& patience);

}  // namespace pf::sync
