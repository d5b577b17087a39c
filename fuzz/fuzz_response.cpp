// Arbitrary octets through the framer and the grammar, as the client does it: whatever comes must end in a
// value.
#include "fuzz/check.h"
#include "imap/grammar/classify.h"
#include "imap/grammar/response.h"
#include "imap/session/pipeline_rules.h"
#include "imap/session/selected_mailbox.h"
#include "imap/wire/framer.h"

#include <string_view>
#include <variant>

using namespace pf::imap;

namespace {

void take(const Frame& frame, SelectedMailbox& mailbox) {
  const auto response = parse_response(frame);
  (void)untagged_kind(response);
  mailbox.apply(response);
  if (const auto* tagged = std::get_if<Tagged>(&response)) {
    mailbox.apply(*tagged);
    (void)classify(*tagged, CommandKind::append);
    (void)hints_throttling(tagged->code, tagged->text);
  }
  if (const auto* unknown = std::get_if<Unknown>(&response)) {
    PF_CHECK(!unknown->reason.empty());
  }
  if (const auto* vanished = std::get_if<Vanished>(&response)) {
    PF_CHECK(UidSet::parse(vanished->uids.to_string()) == vanished->uids);
  }
  (void)parse_greeting(frame);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  Framer framer;
  SelectedMailbox mailbox{"x", false};
  framer.feed(pf::as_bytes(input));
  for (;;) {
    auto event = framer.next();
    if (!event || std::holds_alternative<NeedMore>(*event)) return 0;
    if (const auto* start = std::get_if<LiteralStart>(&*event)) {
      const auto so_far = parse_fetch_so_far(*start->frame);
      PF_CHECK(!so_far || !so_far->sections.empty());
      if (so_far && so_far->body() != nullptr) framer.stream_literal();
    }
    if (const auto* ready = std::get_if<FrameReady>(&*event)) take(*ready->frame, mailbox);
  }
}
