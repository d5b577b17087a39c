// LIST and what comes with it, as MailboxInfo.
#pragma once

#include "store/imap/session.h"
#include "store/store.h"

#include <vector>

namespace pf::store {

// All mailboxes of the personal namespace, INBOX among them.  Status comes along where the server has
// LIST-STATUS.
Task<std::vector<MailboxInfo>> list_mailboxes(Session& session, const NameRules& rules);

MailboxStatus to_status(const imap::StatusData& data, const imap::Profile& profile);

}  // namespace pf::store
