// APPEND and MULTIAPPEND of messages on a session.
#pragma once

#include "store/imap/session.h"
#include "store/store.h"

#include <span>
#include <string>
#include <vector>

namespace pf::store {

// As OpenMailbox::append().  `where`: "APPEND to INBOX", for errors.
Task<std::vector<AppendOutcome>> append_messages(Session& session, std::string mailbox, std::string where,
                                                 std::span<AppendItem> items);

}  // namespace pf::store
