// Files of an archive: whatever stands in them, they are read in bounded memory, and what was read is written
// as it was.
#include "fuzz/check.h"
#include "store/archive/loose_json.h"
#include "store/archive/mailbox_list.h"
#include "store/archive/mailbox_log.h"
#include "store/archive/manifest_chain.h"
#include "store/archive/sidecar.h"

#include <algorithm>
#include <string>
#include <vector>

using namespace pf;
using namespace pf::store;

namespace {

std::vector<std::string_view> lines_in(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

void check_line(std::string_view text) {
  ManifestParser parser, again;
  ManifestLine line, same;
  if (!parser.parse(text, line)) {
    PF_CHECK(!parser.reason().empty());
    return;
  }
  std::string written;
  switch (line.kind) {
    case ManifestLine::Kind::mailbox:
      append_line(written, line.header);
      break;
    case ManifestLine::Kind::message:
      append_line(written, line.message, line.flags);
      break;
    case ManifestLine::Kind::flags:
      append_flags_line(written, line.message.n, line.flags);
      break;
    case ManifestLine::Kind::gone:
      append_gone_line(written, line.message.n);
      break;
  }
  const std::string sealed = ManifestChain().sealed(written);
  PF_CHECK(ManifestChain().take(std::string_view(sealed).substr(0, sealed.size() - 1)));
  PF_CHECK(again.parse(std::string_view(sealed).substr(0, sealed.size() - 1), same));
  PF_CHECK(same.kind == line.kind && same.message.n == line.message.n);
  if (line.kind == ManifestLine::Kind::mailbox) PF_CHECK(same.header.mailbox == line.header.mailbox);
  if (line.kind != ManifestLine::Kind::message) return;
  PF_CHECK(same.message.stem() == line.message.stem() && same.message.sha256 == line.message.sha256);
  PF_CHECK(same.flags == line.flags);
}

void check_log(const std::vector<std::string_view>& lines) {
  MailboxLog log;
  ManifestChain chain;
  for (const auto line : lines) {
    chain.take(line);
    ignore(log.apply(line));
  }
  PF_CHECK(log.lines() == lines.size());
  PF_CHECK(log.status().count <= lines.size());
  std::uint64_t seen = 0;
  for (const auto* at = log.first_from(0); at != nullptr; at = log.first_from(at->record.n + 1)) ++seen;
  PF_CHECK(seen == log.status().count);
}

void check_list(const std::vector<std::string_view>& lines) {
  MailboxList list;
  ManifestChain chain;
  for (const auto line : lines) ignore(list.apply(line, chain.take(line)));
  const auto listed = list.listed();
  PF_CHECK(listed.size() <= lines.size());
  for (const auto& mailbox : listed) {
    PF_CHECK(list.state(mailbox.epoch) == MailboxList::State::listed);
    PF_CHECK(!mailbox.mailbox.empty() && list.name_of(mailbox.epoch) == mailbox.mailbox);
  }
}

void check_sidecar(std::string_view text) {
  const auto sidecar = parse_sidecar(text);
  if (!sidecar) return;
  const auto written = sidecar_text(sidecar->mailbox, MessageRecord{}, sidecar->flags);
  const auto again = parse_sidecar(written);
  PF_CHECK(again.has_value());
  PF_CHECK(again->mailbox == sidecar->mailbox && again->flags == sidecar->flags);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto lines = lines_in(input);
  for (const auto line : lines) check_line(line);
  check_log(lines);
  check_list(lines);
  check_sidecar(input);
  static_cast<void>(parse_loose_json(input));
  if (const auto stem = Stem::parse(input)) PF_CHECK(stem->to_string() == input);
  return 0;
}
