#include "imap/command/status.h"

namespace pf::imap::command {

std::string StatusItems::to_wire() const {
  std::string list = "(";
  const auto add = [&](bool wanted, std::string_view item) {
    if (!wanted) return;
    if (list.size() > 1) list += ' ';
    list += item;
  };
  add(messages, "MESSAGES");
  add(uid_next, "UIDNEXT");
  add(uid_validity, "UIDVALIDITY");
  add(unseen, "UNSEEN");
  add(highest_modseq, "HIGHESTMODSEQ");
  add(size, "SIZE");
  add(append_limit, "APPENDLIMIT");
  add(mailbox_id, "MAILBOXID");
  return list + ")";
}

Result<Command> status(std::string_view mailbox, const StatusItems& items, WireOptions options) {
  const auto list = items.to_wire();
  if (list == "()") return Error{Errc::usage, Scope::mailbox, Retry::never, "STATUS needs an item"};
  Encoder encoder{CommandKind::status, options};
  encoder.raw(" ").string(mailbox).raw(" ").raw(list);
  return encoder.finish();
}

}  // namespace pf::imap::command
