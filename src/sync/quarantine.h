// The mailbox that messages are moved to instead of being removed for good.  It is outside of every
// comparison.
#pragma once

#include "sync/context.h"

#include <vector>

namespace pf::sync {

// True for the quarantine itself and whatever lies below it.
bool is_quarantine(const MailboxPath& path, const RemovalPolicy& policy);

// Takes the quarantine out of a listing.
void leave_out_quarantine(std::vector<store::MailboxInfo>& mailboxes, const RemovalPolicy& policy);

// The quarantine of the account, made when missing.
Task<store::MailboxInfo> open_quarantine(RunContext& run, store::Store& store);

}  // namespace pf::sync
