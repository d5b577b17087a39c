// The key of a message does not depend on how its bytes are cut.
#include "fuzz/check.h"
#include "mail/message_key.h"

#include <algorithm>

using namespace pf;

namespace {

MessageKey key_in_pieces(std::string_view text, std::size_t piece) {
  HeaderScan scan;
  // What an earlier message left must not count.
  scan.feed(as_bytes("Message-ID: <earlier@x>\r\nSubject: ear"));
  scan.reset();
  while (!text.empty()) {
    const auto n = std::min(piece, text.size());
    scan.feed(as_bytes(text.substr(0, n)));
    text.remove_prefix(n);
  }
  return scan.key(7);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto key = key_of_headers(as_bytes(input), 7);
  for (const std::size_t piece : {1, 2, 7, 64}) PF_CHECK(key_in_pieces(input, piece) == key);
  // Nothing behind the end of the header counts.
  HeaderScan scan;
  scan.feed(as_bytes(input));
  if (scan.done()) {
    scan.feed(as_bytes("\r\nMessage-ID: <late@x>\r\nSubject: late\r\n\r\n"));
    PF_CHECK(scan.key(7) == key);
  }
  return 0;
}
