// APPEND and MULTIAPPEND of messages on a session.
#pragma once

#include "store/imap/session.h"
#include "store/store.h"

#include <span>
#include <string>
#include <vector>

namespace pf::store {

// A batch is one command.  Not where literals are announced one by one: what is refused behind the first
// could not be told from the announcement of the next, which a server that has ended the command takes for a
// new one.
[[nodiscard]] bool appends_together(const imap::LoggedIn& session);

// As OpenMailbox::append().  `where`: "APPEND to INBOX", for errors.
Task<std::vector<AppendOutcome>> append_messages(Session& session, std::string mailbox, std::string where,
                                                 std::span<AppendItem> items);

}  // namespace pf::store
