// Creates at the target what the source has, under a name the target can hold, and subscribes to it.
#pragma once

#include "sync/board.h"

#include <vector>

namespace pf::sync {

// Every job whose `creating` is set.  A mailbox that cannot be made fails alone.
Task<void> make_mailboxes(Board& board, const std::vector<store::MailboxInfo>& target_mailboxes);

}  // namespace pf::sync
