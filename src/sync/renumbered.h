// A mailbox that got a new UIDVALIDITY: is it the one we know?  Its references mean nothing any more, so all
// is paired anew by content, which is right for the same mailbox and would double everything into another
// one.
#pragma once

#include "sync/context.h"
#include "sync/job.h"

#include <vector>

namespace pf::sync {

struct Agreement {
  std::uint64_t known = 0;    // messages recorded before
  std::uint64_t missing = 0;  // of them, not found any more
  // At least 99 % agree, or at most three are unaccounted for.
  [[nodiscard]] bool convincing() const { return missing <= 3 || missing * 100 <= known; }
};

// Counts equal messages as a multiset.  They are equal when Message-ID and headers are: the recorded size,
// which is part of the key of a message without a Message-ID, is the source's, and a target may change it.
// Pure.
Agreement agreement(const std::vector<state::PairRow>& known, const std::vector<MessageMeta>& now);

// Looks at the side whose epoch is not the recorded one.  `settled`: what it was when all was done last; a
// copy keeps messages, and their pairs, that were removed from the source before.  An Error of scope mailbox
// with Errc::guard when it is not the mailbox we know: nothing was changed.
Task<void> check_renumbered(RunContext& run, const MailboxJob& job, store::OpenMailbox& mailbox,
                            const std::string& settled, const std::string& label);

}  // namespace pf::sync
