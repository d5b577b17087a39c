// LIST and what comes with it, as MailboxInfo.
#pragma once

#include "imap/command/list.h"
#include "store/imap/session.h"
#include "store/store.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace pf::store {

// All mailboxes of the personal namespace, INBOX among them, with status where the server has LIST-STATUS
// or OBJECTID.
// Asked first and understood later, because what the introduction of a session tells (namespaces, quirks) is
// needed for the second only.
class Listing {
 public:
  // `session` may be one whose introduction is still unanswered.
  Task<void> ask(const imap::LoggedIn& session);
  // Of the same session, introduced.  Once.
  std::vector<MailboxInfo> take(const imap::LoggedIn& session, const NameRules& rules);

 private:
  Task<void> ask_for(const imap::LoggedIn& session, imap::command::ListReturn how);
  Task<void> list(const imap::LoggedIn& session, imap::command::ListReturn how);
  // STATUS of all there are.
  Task<void> ask_each(const imap::LoggedIn& session);
  Task<void> status(const imap::LoggedIn& session, std::string name);
  Task<void> lsub(const imap::LoggedIn& session);
  MailboxInfo to_info(const imap::ListData& line, const imap::LoggedIn& session,
                      const NameRules& rules) const;

  std::vector<imap::ListData> lines_;
  std::map<std::string, imap::StatusData> statuses_;
  std::set<std::string> subscribed_;
};

// RFC 8474, where it can be relied on.
bool has_mailbox_ids(const imap::LoggedIn& session);

MailboxStatus to_status(const imap::StatusData& data, const imap::Profile& profile);

}  // namespace pf::store
