// What follows a login: who we are (ID), what is switched on (ENABLE), where the mailboxes are (NAMESPACE).
#pragma once

#include "imap/client/login.h"

namespace pf::imap {

// ID, ENABLE, NAMESPACE and what the caller asks along (see log_in()) leave in one write.  Afterwards
// `session` knows what is enabled.
Task<void> introduce(LoggedIn& session, const Along& along);

}  // namespace pf::imap
