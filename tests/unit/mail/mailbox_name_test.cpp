#include "mail/mailbox_name.h"

#include "base/ascii.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace pf {
namespace {

using Parts = std::vector<std::string>;

const NameRules slash{.separator = '/'};
const NameRules cyrus{.separator = '.', .prefix = "INBOX."};
const NameRules flat{};

Parts parts_of(std::string_view wire, const NameRules& rules) {
  return path_from_wire(wire, rules).parts;
}

std::string wire_of(Parts parts, const NameRules& rules) {
  auto name = wire_from_path({std::move(parts)}, rules);
  EXPECT_FALSE(name.altered) << name.wire;
  return name.wire;
}

std::string altered_wire_of(Parts parts, const NameRules& rules) {
  auto name = wire_from_path({std::move(parts)}, rules);
  EXPECT_TRUE(name.altered) << name.wire;
  return name.wire;
}

TEST(MailboxPath, ShowsItsPartsWithSlashes) {
  EXPECT_EQ((MailboxPath{{"a", "b c", "ü"}}.display()), "a/b c/ü");
  EXPECT_EQ(MailboxPath{}.display(), "");
  EXPECT_EQ(MailboxPath::from_display("a/b c/ü").parts, (Parts{"a", "b c", "ü"}));
  EXPECT_EQ(MailboxPath::from_display("/a//").parts, (Parts{"", "a", "", ""}));
  EXPECT_EQ(MailboxPath::from_display("").parts, Parts{});
}

TEST(MailboxPath, KnowsTheInboxInAnyCaseButNotBelowIt) {
  EXPECT_TRUE(MailboxPath::from_display("inBox").is_inbox());
  EXPECT_FALSE(MailboxPath::from_display("INBOX/x").is_inbox());
  EXPECT_EQ(MailboxPath::from_display("inbox/x").parts, (Parts{"inbox", "x"}));
}

TEST(PathFromWire, SplitsStripsAndDecodes) {
  EXPECT_EQ(parts_of("Entw&APw-rfe/2019", slash), (Parts{"Entwürfe", "2019"}));
  EXPECT_EQ(parts_of("INBOX.Sent.2019", cyrus), (Parts{"Sent", "2019"}));
  EXPECT_EQ(parts_of("inbox.Sent", cyrus), (Parts{"Sent"}));
  EXPECT_EQ(parts_of("user.joe.Sent", cyrus), (Parts{"user", "joe", "Sent"}));
  EXPECT_EQ(parts_of("a/b.c", flat), (Parts{"a/b.c"}));
}

TEST(PathFromWire, KnowsTheInboxInAnyCase) {
  for (const std::string_view name : {"INBOX", "inbox", "Inbox"}) {
    EXPECT_TRUE(path_from_wire(name, slash).is_inbox()) << name;
    EXPECT_TRUE(path_from_wire(name, cyrus).is_inbox()) << name;
  }
}

TEST(PathFromWire, DoesNotTakeAMailboxBelowTheInboxForTheInbox) {
  EXPECT_EQ(parts_of("INBOX.INBOX", cyrus), (Parts{"INBOX", "INBOX"}));
  EXPECT_EQ(parts_of("INBOX.inbox", cyrus), (Parts{"INBOX", "inbox"}));
  EXPECT_EQ(parts_of("INBOX.INBOX.x", cyrus), (Parts{"INBOX", "x"}));
}

TEST(PathFromWire, LeavesThePrefixAloneWhenNothingFollows) {
  EXPECT_EQ(parts_of("INBOX.", cyrus), (Parts{"INBOX", ""}));
  EXPECT_EQ(parts_of("", cyrus), (Parts{""}));
}

TEST(PathFromWire, TakesAPartThatDoesNotDecodeAsItIs) {
  EXPECT_EQ(parts_of("R&D/Entw\xC3\xBCrfe/&AOk-", slash), (Parts{"R&D", "Entwürfe", "é"}));
}

TEST(PathFromWire, DecodesNothingOnAUtf8Session) {
  const NameRules utf8{.separator = '/', .utf8 = true};
  EXPECT_EQ(parts_of("&AOk-/é", utf8), (Parts{"&AOk-", "é"}));
  EXPECT_EQ(wire_of({"&AOk-", "é"}, utf8), "&AOk-/é");
}

TEST(WireFromPath, JoinsEncodesAndPrefixes) {
  EXPECT_EQ(wire_of({"Entwürfe", "2019"}, slash), "Entw&APw-rfe/2019");
  EXPECT_EQ(wire_of({"Sent", "2019"}, cyrus), "INBOX.Sent.2019");
  EXPECT_EQ(wire_of({" blanks at the ends "}, slash), " blanks at the ends ");
}

TEST(WireFromPath, TheInboxHasNoPrefixButWhatIsBelowItHas) {
  EXPECT_EQ(wire_of({"INBOX"}, slash), "INBOX");
  EXPECT_EQ(wire_of({"INBOX"}, cyrus), "INBOX");
  EXPECT_EQ(wire_of({"INBOX", "x"}, slash), "INBOX/x");
  EXPECT_EQ(wire_of({"INBOX", "x"}, cyrus), "INBOX.INBOX.x");
  EXPECT_EQ(altered_wire_of({"Inbox"}, slash), "INBOX");  // there is no other mailbox of that name
}

TEST(WireFromPath, ReplacesWhatTheTargetCannotHold) {
  EXPECT_EQ(altered_wire_of({"v1.2", "b"}, cyrus), "INBOX.v1_2.b");
  EXPECT_EQ(altered_wire_of({"a/b"}, slash), "a_b");
  EXPECT_EQ(altered_wire_of({"a\r\nX DELETE INBOX"}, slash), "a__X DELETE INBOX");
  EXPECT_EQ(altered_wire_of({std::string("nul\0", 4)}, slash), "nul_");
  EXPECT_EQ(altered_wire_of({"c1\xC2\x85"}, slash), "c1_");
  EXPECT_EQ(altered_wire_of({"caf\xE9"}, slash), "caf_");
  EXPECT_EQ(altered_wire_of({"a", "", "b"}, slash), "a/_/b");
  EXPECT_EQ(altered_wire_of({}, slash), "_");
  EXPECT_EQ(altered_wire_of({"a\"b^c'"}, {.separator = '/', .forbidden = "^\"\\'"}), "a_b_c_");
}

TEST(WireFromPath, FlattensForAServerWithoutHierarchy) {
  EXPECT_EQ(wire_of({"a.b/c"}, flat), "a.b/c");
  EXPECT_EQ(altered_wire_of({"a", "b"}, flat), "a_b");
}

TEST(WireFromPath, NeverLetsEncodedTextHoldTheSeparator) {
  EXPECT_EQ(altered_wire_of({"台北"}, {.separator = ','}), "__");  // "&U,BTFw-"
  EXPECT_EQ(wire_of({"é"}, {.separator = ','}), "&AOk-");
  EXPECT_EQ(altered_wire_of({"é", "R&D"}, {.separator = '-'}), "_-R_D");
  EXPECT_EQ(altered_wire_of({"a_b", ""}, {.separator = '_'}), "a-b_-");
}

NameRules any_rules() {
  NameRules rules;
  rules.separator = *rc::gen::oneOf(rc::gen::elementOf(std::string("/.\\^|~:%,-&_+aZ ") + '\0'),
                                    rc::gen::cast<char>(rc::gen::inRange<int>(0x20, 0x7F)));
  rules.prefix = *rc::gen::element<std::string>("", "INBOX.", "Mail/", "~/");
  rules.utf8 = *rc::gen::arbitrary<bool>();
  return rules;
}

std::string any_part() {
  const auto scalar = rc::gen::suchThat(
      rc::gen::weightedOneOf<std::uint32_t>(
          {{12, rc::gen::inRange<std::uint32_t>('a', 'z' + 1)},
           {4, rc::gen::inRange<std::uint32_t>(0xA0, 0x3000)},
           {2, rc::gen::elementOf(std::vector<std::uint32_t>{'&', '-', '.', '/', ' ', 0x1F4E7})},
           {1, rc::gen::inRange<std::uint32_t>(0, 0x100)}}),
      [](std::uint32_t c) { return c < 0xD800 || c > 0xDFFF; });
  std::string part;
  for (const auto c : *rc::gen::container<std::vector<std::uint32_t>>(scalar)) append_utf8(part, c);
  return part;
}

MailboxPath any_path() {
  MailboxPath path;
  const auto depth = *rc::gen::inRange(0, 4);
  for (int i = 0; i < depth; ++i) {
    const bool known = *rc::gen::arbitrary<bool>();
    path.parts.push_back(known ? *rc::gen::element<std::string>("INBOX", "inbox", "Mail", "x", "R&D", "&AOk-")
                               : any_part());
  }
  return path;
}

RC_GTEST_PROP(WireFromPath, PathFromWireIsItsInverseWhereNothingWasAltered, ()) {
  const auto rules = any_rules();
  const auto path = any_path();
  const auto name = wire_from_path(path, rules);
  RC_CLASSIFY(name.altered);
  if (!name.altered) RC_ASSERT(path_from_wire(name.wire, rules) == path);
}

RC_GTEST_PROP(WireFromPath, WhatWasAlteredStaysAsItIsTheSecondTime, ()) {
  const auto rules = any_rules();
  const auto name = wire_from_path(any_path(), rules);
  const auto again = wire_from_path(path_from_wire(name.wire, rules), rules);
  RC_ASSERT(again.wire == name.wire);
}

RC_GTEST_PROP(WireFromPath, IsSafeOnTheWireForAnyBytes, (const std::vector<std::string>& parts)) {
  const NameRules rules{.separator = '/'};
  const auto name = wire_from_path({parts}, rules);
  RC_ASSERT(decode_mutf7(name.wire).has_value());  // printable ASCII, well formed
  const auto depth = static_cast<std::size_t>(std::ranges::count(name.wire, '/')) + 1;
  RC_ASSERT(depth == std::max<std::size_t>(parts.size(), 1));
}

RC_GTEST_PROP(PathFromWire, TakesAnyBytes, (const std::string& wire)) {
  const auto rules = any_rules();
  RC_ASSERT(!path_from_wire(wire, rules).parts.empty());
}

TEST(ExactNames, HoldWhatOtherRulesWouldAlter) {
  const NameRules exact{.separator = '/', .exact = true};
  EXPECT_EQ(wire_of({"Work", "2024"}, exact), "Work/2024");
  EXPECT_EQ(wire_of({"Entwürfe & Co", "..", " "}, exact), "Entwürfe & Co/../ ");
  EXPECT_EQ(wire_of({"a/b", "50%", "bell\a"}, exact), "a%2fb/50%25/bell%07");
  EXPECT_EQ(wire_of({"no UTF-8: \xE4"}, exact), "no UTF-8: %e4");
  EXPECT_EQ(wire_of({"", "", ""}, exact), "//");
  EXPECT_EQ(wire_of({"INBOX"}, exact), "INBOX");
  // What is no escape of ours is taken as it is.
  EXPECT_EQ(parts_of("a%2/b%/c%zz/%2f", exact), (Parts{"a%2", "b%", "c%zz", "/"}));
}

RC_GTEST_PROP(ExactNames, AnyNameComesBack, (const std::vector<std::string>& parts)) {
  RC_PRE(!parts.empty());
  RC_PRE(parts.size() > 1 || !iequals(parts.front(), "INBOX"));
  const NameRules exact{.separator = '/', .exact = true};
  const auto name = wire_from_path({parts}, exact);
  RC_ASSERT(!name.altered);
  RC_ASSERT(path_from_wire(name.wire, exact).parts == parts);
}

TEST(GlobMatch, KnowsRunsAndSingleCharacters) {
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("*", "a/b"));
  EXPECT_TRUE(glob_match("Archive/*", "Archive/2019/May"));
  EXPECT_FALSE(glob_match("Archive/*", "Archive"));
  EXPECT_TRUE(glob_match("a?c", "a/c"));
  EXPECT_FALSE(glob_match("a?c", "ac"));
  EXPECT_TRUE(glob_match("*ab", "aab"));
  EXPECT_TRUE(glob_match("a*b*c", "axxbyybzzc"));
  EXPECT_FALSE(glob_match("a*b", "a*bc"));
  EXPECT_FALSE(glob_match("abc", "ab"));
  EXPECT_FALSE(glob_match("?", ""));
}

TEST(GlobMatch, AQuestionMarkIsOneCharacterOfAnyLength) {
  EXPECT_TRUE(glob_match("Entw?rfe", "Entwürfe"));
  EXPECT_TRUE(glob_match("*?", "日"));
  EXPECT_FALSE(glob_match("??", "日"));
  EXPECT_TRUE(glob_match("caf?", "caf\xE9"));
}

TEST(GlobMatch, OnlyTheInboxIsAnyCase) {
  EXPECT_TRUE(glob_match("inbox", "INBOX"));
  EXPECT_TRUE(glob_match("Inbox/*", "INBOX/x"));
  EXPECT_FALSE(glob_match("inbox/X", "INBOX/x"));
  EXPECT_FALSE(glob_match("trash", "Trash"));
  EXPECT_FALSE(glob_match("inboxes", "INBOXES"));
  EXPECT_FALSE(glob_match("a/inbox", "a/INBOX"));
}

TEST(GlobMatch, ManyStarsDoNotTakeForEver) {
  const std::string pattern = [] {
    std::string p;
    for (int i = 0; i < 500; ++i) p += "*a";
    return p + "b";
  }();
  EXPECT_FALSE(glob_match(pattern, std::string(20'000, 'a')));
}

RC_GTEST_PROP(GlobMatch, ATextMatchesItselfAndItsPiecesWithStars, (const std::string& bytes)) {
  std::string text = bytes;
  std::erase_if(text, [](char c) { return c == '*' || c == '?'; });
  RC_ASSERT(glob_match(text, text));
  std::size_t cut = 0;  // between two characters
  for (auto steps = *rc::gen::inRange(0, 20); steps > 0 && cut < text.size(); --steps) {
    const auto point = first_code_point(std::string_view(text).substr(cut));
    cut += point ? point->length : 1;
  }
  RC_ASSERT(glob_match(text.substr(0, cut) + "*", text));
  RC_ASSERT(glob_match("*" + text.substr(cut), text));
}

}  // namespace
}  // namespace pf
