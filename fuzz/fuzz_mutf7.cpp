// Mailbox names: decoding is strict, total and undone by encoding; any name makes a wire name that is safe to
// send.
#include "fuzz/check.h"
#include "mail/mailbox_name.h"

#include <array>

using namespace pf;

namespace {

void check_codec(std::string_view input) {
  if (const auto text = decode_mutf7(input)) {
    PF_CHECK(is_valid_utf8(*text));
    PF_CHECK(encode_mutf7(*text) == input);
  }
  const auto decoded = decode_mutf7(encode_mutf7(input));
  PF_CHECK(decoded.has_value());
  if (is_valid_utf8(input)) PF_CHECK(*decoded == input);
}

void check_names(std::string_view input, const NameRules& rules) {
  const auto path = path_from_wire(input, rules);
  const auto name = wire_from_path(path, rules);
  const auto again = path_from_wire(name.wire, rules);
  if (!name.altered) PF_CHECK(again == path);
  PF_CHECK(wire_from_path(again, rules).wire == name.wire);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_codec(input);
  static const std::array rules{
      NameRules{.separator = '/'},
      NameRules{.separator = '.', .prefix = "INBOX."},
      NameRules{.separator = ',', .forbidden = "^\"\\"},
      NameRules{.separator = '-', .utf8 = true},
      NameRules{},
  };
  for (const auto& r : rules) check_names(input, r);
  const auto shown = printable(input);
  PF_CHECK(is_valid_utf8(shown));
  PF_CHECK(printable(shown) == shown);
  (void)glob_match(input.substr(0, size / 2), input.substr(size / 2));
  return 0;
}
