#include "imap/command/fetch.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::imap::command {
namespace {

// Field names go into protocol text: letters, digits, '-' and blanks between them only.
bool are_field_names(std::string_view fields) {
  return std::ranges::all_of(fields, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == ' ';
  });
}

std::string item_list(const FetchItems& items) {
  std::string list;
  const auto add = [&](bool wanted, std::string_view item) {
    if (!wanted) return;
    if (!list.empty()) list += ' ';
    list += item;
  };
  add(items.uid, "UID");
  add(items.flags, "FLAGS");
  add(items.internal_date, "INTERNALDATE");
  add(items.size, "RFC822.SIZE");
  add(items.modseq, "MODSEQ");
  add(items.email_id, "EMAILID");
  add(items.gm_msgid, "X-GM-MSGID");
  add(items.gm_labels, "X-GM-LABELS");
  add(!items.header_fields.empty(), fmt::format("BODY.PEEK[HEADER.FIELDS ({})]", items.header_fields));
  add(items.body, "BODY.PEEK[]");  // last: whoever streams it knows the rest by then
  return list;
}

void modifiers(Encoder& encoder, const FetchItems& items) {
  if (!items.changed_since) return;
  encoder.raw(" (CHANGEDSINCE ").number(items.changed_since->value());
  if (items.vanished) encoder.raw(" VANISHED");
  encoder.raw(")");
}

Result<Command> build(CommandKind kind, std::string_view set, const FetchItems& items) {
  const auto list = item_list(items);
  if (list.empty()) return Error{Errc::usage, Scope::mailbox, Retry::never, "FETCH needs an item"};
  if (!are_field_names(items.header_fields)) {
    return Error{Errc::usage, Scope::mailbox, Retry::never, "a header field name with odd characters"};
  }
  if (items.vanished && (!items.changed_since || kind != CommandKind::uid_fetch)) {
    return Error{Errc::usage, Scope::mailbox, Retry::never, "VANISHED needs UID FETCH with CHANGEDSINCE"};
  }
  Encoder encoder{kind};
  encoder.raw(" ").raw(set).raw(" (").raw(list).raw(")");
  modifiers(encoder, items);
  return encoder.finish();
}

}  // namespace

Result<Command> uid_fetch(const UidSet& uids, const FetchItems& items) {
  if (uids.empty()) return Error{Errc::usage, Scope::mailbox, Retry::never, "UID FETCH of an empty set"};
  return build(CommandKind::uid_fetch, uids.to_string(), items);
}

Result<Command> uid_fetch_from(Uid first, const FetchItems& items) {
  return build(CommandKind::uid_fetch, fmt::format("{}:*", std::max(first, Uid{1}).value()), items);
}

Result<Command> fetch(SeqNum first, SeqNum last, const FetchItems& items) {
  if (first == SeqNum{}) return Error{Errc::usage, Scope::mailbox, Retry::never, "FETCH of message 0"};
  const auto end = last == SeqNum{} ? std::string{"*"} : fmt::format("{}", last.value());
  return build(CommandKind::fetch, fmt::format("{}:{}", first.value(), end), items);
}

}  // namespace pf::imap::command
