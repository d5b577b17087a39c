#include "store/archive/sidecar.h"

#include "store/archive/flat_json.h"

namespace pf::store {

namespace {

constexpr std::size_t sum_digits = 16;

}  // namespace

std::string sidecar_text(std::string_view mailbox, const MessageRecord& message, std::string_view flags) {
  std::string out;
  FlatJsonWriter writer(out, FlatJsonWriter::Style::loose);
  writer.text("mailbox", mailbox).text("flags", flags).text("internaldate", archive_date(message.date));
  writer.text("sha256", hex(message.sha256)).number("size", message.size);
  if (message.uid != 0) writer.number("uid", message.uid);
  if (message.uid_validity != 0) writer.number("uidvalidity", message.uid_validity);
  // Of itself: the name of the mailbox stands nowhere else.
  const std::string sum = hex(sha256(out)).substr(0, sum_digits);
  writer.text("sum", sum).end();
  out += '\n';
  return out;
}

std::optional<Sidecar> parse_sidecar(std::string_view text) {
  Sidecar out;
  FlatJsonReader reader(text);
  JsonMember member;
  while (reader.next(member)) {
    if (member.kind != JsonMember::Kind::text) continue;
    if (member.key == "mailbox") out.mailbox = member.text;
    if (member.key == "flags") out.flags = member.text;
    if (member.key == "internaldate") out.date = member.text;
  }
  if (!reader.ok()) return std::nullopt;
  return out;
}

}  // namespace pf::store
