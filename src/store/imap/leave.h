// Leaving a selected mailbox.
#pragma once

#include "store/imap/session.h"

namespace pf::store {

// Nothing is selected afterwards, and nothing that is \Deleted was expunged.  Only with no command in flight.
Task<void> leave(Session& session);

}  // namespace pf::store
