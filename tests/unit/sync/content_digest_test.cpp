#include "sync/content_digest.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pf::test {
namespace {

using sync::ContentDigest;
using sync::ContentDigester;

ContentDigest digest(std::string_view text) {
  ContentDigester digester;
  digester.feed(as_bytes(text));
  return digester.finish();
}

// The same in the plainest words there are.
std::string normal_form(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto next = text.find_first_not_of('\r', i);
    const bool dropped = text[i] == '\r' && (next == std::string_view::npos || text[next] == '\n');
    if (dropped) continue;
    out += text[i] == '\0' ? '\x80' : text[i];
  }
  const auto blank = out.starts_with('\n') ? 0 : out.find("\n\n");
  for (std::size_t i = 0; i < std::min(blank, out.size()); ++i) {
    if ((out[i] & 0x80) != 0) out[i] = 'X';
  }
  return out;
}

TEST(ContentDigest, ExactIsTheSha256OfTheOctets) {
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(hex(digest("abc").exact), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(digest("abc").normal), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest("abc").size, 3U);
  EXPECT_EQ(hex(digest("").exact), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(ContentDigest, WhatDovecotDoesToAMessageLeavesTheNormalFormAlone) {
  EXPECT_EQ(digest("a\r\r\nb\r\n").normal, digest("a\r\nb\r\n").normal);
  EXPECT_EQ(digest("a\r\nb\r").normal, digest("a\r\nb").normal);
  EXPECT_EQ(digest(std::string_view("a\0b", 3)).normal, digest("a\x80"
                                                               "b")
                                                            .normal);
  EXPECT_EQ(digest(std::string_view("\n\na\0b", 5)).normal, digest("\n\na\x80"
                                                                   "b")
                                                                .normal);
  EXPECT_EQ(digest("a\r\nb\r\n").normal, digest("a\nb\n").normal);
  EXPECT_NE(digest("a\r\r\nb\r\n").exact, digest("a\r\nb\r\n").exact);
}

// Measured with Cyrus 3.6: a subject of "Gr\xFC\xDF""e" is stored as "GrXXe".
TEST(ContentDigest, WhatCyrusDoesToAHeaderLeavesTheNormalFormAlone) {
  const std::string sent =
      "Subject: Gr\xFC\xDF"
      "e\r\nX-N\xE4me: v\r\n\r\nGr\xFC\xDF"
      "e\r\n\r\n\xFF\r\n";
  const std::string stored =
      "Subject: GrXXe\r\nX-NXme: v\r\n\r\nGr\xFC\xDF"
      "e\r\n\r\n\xFF\r\n";
  EXPECT_EQ(digest(sent).normal, digest(stored).normal);
  EXPECT_NE(digest(sent).exact, digest(stored).exact);
  // One X an octet.
  EXPECT_NE(digest("Subject: \xC3\xBC\r\n\r\n").normal, digest("Subject: X\r\n\r\n").normal);
  EXPECT_EQ(digest("Subject: \xC3\xBC\r\n\r\n").normal, digest("Subject: XX\r\n\r\n").normal);
  // A message that is nothing but header.
  EXPECT_EQ(digest("Subject: \xFC").normal, digest("Subject: X").normal);
}

TEST(ContentDigest, TheBodyKeepsItsOctets) {
  EXPECT_NE(digest("a: b\r\n\r\n\xFC\r\n").normal, digest("a: b\r\n\r\nX\r\n").normal);
  EXPECT_NE(digest("a: b\n\n\xFC\n").normal, digest("a: b\n\nX\n").normal);
  EXPECT_NE(digest("\r\n\xFC\r\n").normal, digest("\r\nX\r\n").normal);  // no header at all
  EXPECT_NE(digest("a\r\r\n\r\n\xFC").normal, digest("a\r\r\n\r\nX").normal);
  EXPECT_NE(digest("a\r\n\r\r\n\xFC").normal, digest("a\r\n\r\r\nX").normal);
  // The line with a bare CR in it is not empty.
  EXPECT_EQ(digest("a\n\rb\n\xFC").normal, digest("a\n\rb\nX").normal);
}

TEST(ContentDigest, OtherDifferencesStayDifferences) {
  EXPECT_NE(digest("a\rb").normal, digest("ab").normal);
  EXPECT_NE(digest("a\n\nb").normal, digest("a\nb").normal);
  EXPECT_NE(digest("a\nb").normal, digest("a\nb\n").normal);
  EXPECT_NE(digest("a\r\rb").normal, digest("a\rb").normal);
  EXPECT_NE(digest(std::string_view("a\r\0", 3)).normal, digest(std::string_view("a\0", 2)).normal);
}

TEST(ContentDigest, StartsOverAfterFinish) {
  ContentDigester digester;
  digester.feed(as_bytes("junk\r\r"));
  (void)digester.finish();
  digester.feed(as_bytes("abc"));
  const auto again = digester.finish();
  EXPECT_EQ(again.exact, digest("abc").exact);
  EXPECT_EQ(again.normal, digest("abc").normal);
  EXPECT_EQ(again.size, 3U);
}

TEST(ContentDigest, HoldsForTextsLongerThanItsBuffer) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += i % 7 == 0 ? "x\xE4\r\r\n" : "line\r\n";
  EXPECT_EQ(digest(text).normal, sha256(normal_form(text)));
  text.insert(text.size() / 2, "\r\n\r\n");
  EXPECT_EQ(digest(text).normal, sha256(normal_form(text)));
}

RC_GTEST_PROP(ContentDigest, IsTheSameHoweverItIsCut, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::element('\r', '\n', '\0', 'a', '\x80'));
  ContentDigester digester;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto n = *rc::gen::inRange<std::size_t>(1, rest.size() + 1);
    digester.feed(as_bytes(rest.substr(0, n)));
    rest.remove_prefix(n);
  }
  const auto cut = digester.finish();
  RC_ASSERT(cut.exact == sha256(text));
  RC_ASSERT(cut.normal == sha256(normal_form(text)));
  RC_ASSERT(cut.size == text.size());
}

}  // namespace
}  // namespace pf::test
