#include "mail/mailbox_name.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pf {
namespace {

struct Pair {
  std::string_view utf8, wire;
};

const Pair pairs[] = {
    {"", ""},
    {"INBOX", "INBOX"},
    {"~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},  // RFC 3501 5.1.3
    {"&", "&-"},
    {"a&b-c", "a&-b-c"},
    {"Entwürfe", "Entw&APw-rfe"},
    {"Отправленные", "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"},
    {"é&", "&AOk-&-"},
    {"é-", "&AOk--"},
    {"\xF0\x9F\x93\xA7", "&2D3c5w-"},
    {"\xF4\x8F\xBF\xBF", "&2,,f,w-"},
    {"\xEF\xBF\xBF", "&,,8-"},
    {"\t", "&AAk-"},
    {"\x7F", "&AH8-"},
    {std::string_view("\0", 1), "&AAA-"},
};

TEST(Mutf7, KnowsTheVectorsBothWays) {
  for (const auto& [utf8, wire] : pairs) {
    EXPECT_EQ(encode_mutf7(utf8), wire);
    EXPECT_EQ(decode_mutf7(wire), utf8) << wire;
  }
}

TEST(Mutf7, RefusesWhatIsNotValid) {
  for (const std::string_view bad : {
           "&",                   // not ended
           "&Jjo",                // not ended, RFC 3501 5.1.3
           "&Jjo!",               // RFC 3501 5.1.3: bad base64
           "&U,BTFw-&ZeVnLIqe-",  // RFC 3501 5.1.3: superfluous shift
           "&AGE-",
           "&AOkAYQ-",  // 'a' can represent itself
           "&ACY-",     // '&' has a form of its own
           "&A-",
           "&AO-",  // half a character
           "&AOk=-",
           "&AO/-",
           "&AOkA-",  // padding, '/' for ',', surplus digit
           "&AOl-",   // unused bits set
           "&2D0-",
           "&3Oc-",
           "&3OfYPQ-",
           "&2D3YPQ-",
           "&2D0AYQ-",  // unpaired surrogates
           "Entw\xC3\xBCrfe",
           "caf\xE9",
           "a\tb",
           "\x7F",
           "a\r\n",
       }) {
    EXPECT_FALSE(decode_mutf7(bad)) << bad;
  }
  EXPECT_FALSE(decode_mutf7(std::string_view("\0", 1)));
}

TEST(Mutf7, EncodesBytesThatAreNoUtf8AsTheReplacementCharacter) {
  EXPECT_EQ(decode_mutf7(encode_mutf7("caf\xE9!")), "caf\uFFFD!");
  EXPECT_EQ(decode_mutf7(encode_mutf7("\xED\xA0\x80")), "\uFFFD\uFFFD\uFFFD");
}

std::string any_utf8() {
  const auto scalar =
      rc::gen::suchThat(rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, 0x80),
                                       rc::gen::elementOf(std::vector<std::uint32_t>{'&', '-', ','}),
                                       rc::gen::inRange<std::uint32_t>(0x80, 0x10000),
                                       rc::gen::inRange<std::uint32_t>(0x10000, 0x110000)),
                        [](std::uint32_t c) { return c < 0xD800 || c > 0xDFFF; });
  std::string text;
  for (const auto c : *rc::gen::container<std::vector<std::uint32_t>>(scalar)) append_utf8(text, c);
  return text;
}

RC_GTEST_PROP(Mutf7, DecodeUndoesEncode, ()) {
  const auto text = any_utf8();
  const auto wire = encode_mutf7(text);
  RC_ASSERT(wire.find_first_not_of(" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
                                   "abcdefghijklmnopqrstuvwxyz{|}~") == std::string::npos);
  RC_ASSERT(decode_mutf7(wire) == text);
}

RC_GTEST_PROP(Mutf7, EncodeUndoesDecode, ()) {
  const auto wire = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("&-,+AOk2D3c5w a")));
  const auto text = decode_mutf7(wire);
  if (!text) return;
  RC_ASSERT(is_valid_utf8(*text));
  RC_ASSERT(encode_mutf7(*text) == wire);
}

}  // namespace
}  // namespace pf
