#include "imap/grammar/response_code.h"

#include "frames.h"

#include <gtest/gtest.h>

namespace pf::imap {
namespace {

ResponseCode code_of(std::string_view line) {
  return test::parsed<StatusResponse>(std::string{"* OK "} + std::string{line}).code;
}
std::string text_of(std::string_view line) {
  return test::parsed<StatusResponse>(std::string{"* OK "} + std::string{line}).text;
}

TEST(ResponseCode, KnowsEveryNameItHas) {
  for (int at = static_cast<int>(Code::alert); at <= static_cast<int>(Code::use_attr); ++at) {
    const auto code = static_cast<Code>(at);
    ASSERT_FALSE(name(code).empty()) << at;
    const auto parsed = parse_response_code(name(code), 100);
    EXPECT_EQ(parsed.name, name(code));
    // Those that need arguments are unknown without them, never another code.
    EXPECT_TRUE(parsed.code == code || parsed.code == Code::unknown) << name(code);
  }
}

TEST(ResponseCode, ReadsNumbers) {
  EXPECT_EQ(*code_of("[UIDNEXT 4392] Predicted").get<Uid>(), Uid{4392});
  EXPECT_EQ(*code_of("[uidvalidity 3857529045]").get<UidValidity>(), UidValidity{3857529045});
  EXPECT_EQ(*code_of("[UNSEEN 12] x").get<SeqNum>(), SeqNum{12});
  EXPECT_EQ(*code_of("[HIGHESTMODSEQ 715194045007]").get<ModSeq>(), ModSeq{715194045007});
}

TEST(ResponseCode, IsUnknownWhenItsArgumentsAreBroken) {
  for (const auto* line :
       {"[UIDNEXT]", "[UIDNEXT 0]", "[UIDNEXT x]", "[UIDNEXT 4294967296]", "[UIDVALIDITY -1]",
        "[HIGHESTMODSEQ 0]", "[HIGHESTMODSEQ -1]", "[COPYUID 701  ]", "[COPYUID 1 2:3 4]", "[COPYUID 0 1 2]",
        "[APPENDUID 1]", "[APPENDUID 1 *]", "[APPENDUID x 5]", "[MODIFIED]", "[MAILBOXID F1]",
        "[MAILBOXID (a b)]", "[MAILBOXID (\x16\xD9U)]", "[PERMANENTFLAGS]"}) {
    const auto code = code_of(line);
    EXPECT_TRUE(code.is(Code::unknown)) << line;
    EXPECT_FALSE(code.name.empty());
    EXPECT_TRUE(std::holds_alternative<std::monostate>(code.data)) << line;
  }
}

TEST(ResponseCode, ReadsUidplus) {
  const auto appended = code_of("[APPENDUID 38505 3955] done");
  EXPECT_EQ(appended.get<AppendUid>()->validity, UidValidity{38505});
  EXPECT_EQ(appended.get<AppendUid>()->uids.at(0), Uid{3955});
  const auto copied = code_of("[COPYUID 38505 304,319:320 3956:3958] Done");
  EXPECT_EQ(copied.get<CopyUid>()->target.at(*copied.get<CopyUid>()->source.index_of(Uid{320})), Uid{3958});
  EXPECT_EQ(code_of("[COPYUID 1 1:4294967295 1:4294967295]").get<CopyUid>()->source.ranges().size(), 1U);
}

TEST(ResponseCode, ReadsPermanentFlagsWellFormedOrNot) {
  const auto all = code_of("[PERMANENTFLAGS (\\Deleted \\Seen $Junk odd] \\*)] Limited");
  ASSERT_TRUE(all.is(Code::permanent_flags));
  EXPECT_TRUE(all.get<PermanentFlags>()->rules.new_keywords);
  EXPECT_TRUE(all.get<PermanentFlags>()->rules.known);
  EXPECT_EQ(all.get<PermanentFlags>()->rules.permanent.to_string(), "\\Deleted \\Seen $Junk odd]");
  EXPECT_EQ(text_of("[PERMANENTFLAGS (\\Deleted odd])] Limited"), "Limited");

  const auto none = code_of("[PERMANENTFLAGS ()] Read-only");
  EXPECT_TRUE(none.get<PermanentFlags>()->rules.known);
  EXPECT_FALSE(none.get<PermanentFlags>()->rules.new_keywords);
  EXPECT_TRUE(none.get<PermanentFlags>()->rules.permanent.empty());

  const auto open = code_of("[PERMANENTFLAGS (\\Deleted \\Seen] Ok");
  ASSERT_TRUE(open.is(Code::permanent_flags));
  EXPECT_EQ(open.get<PermanentFlags>()->rules.permanent.to_string(), "\\Deleted \\Seen");
}

TEST(ResponseCode, KeepsTheArgumentsOfWhatItDoesNotKnow) {
  const auto code = code_of("[webalert https://x/?a=(1)] Web login required");
  EXPECT_TRUE(code.is(Code::unknown));
  EXPECT_EQ(code.name, "WEBALERT");
  EXPECT_EQ(code.args, "https://x/?a=(1)");
  EXPECT_EQ(text_of("[webalert https://x] Web login required"), "Web login required");
}

TEST(ResponseCode, LeavesTextAloneThatOnlyLooksLikeACode) {
  EXPECT_TRUE(code_of("[UIDVALIDITY 5").is(Code::none));
  EXPECT_EQ(text_of("[UIDVALIDITY 5"), "[UIDVALIDITY 5");
  EXPECT_TRUE(code_of("Success [THROTTLED]").is(Code::none));
  EXPECT_TRUE(code_of("[]").is(Code::unknown));
  EXPECT_EQ(text_of("[ALERT \"never closed] text"), "text");
}

TEST(ResponseCode, ReadsMailboxIdAndCapabilities) {
  EXPECT_EQ(code_of("[MAILBOXID (F2212ea87-6097)] Ok").get<MailboxId>()->id, "F2212ea87-6097");
  EXPECT_TRUE(code_of("[CAPABILITY IMAP4rev1 IDLE] hi").get<Capabilities>()->has("IDLE"));
  EXPECT_EQ(code_of("[MODIFIED 7,9:8]").get<Modified>()->uids.to_string(), "7:9");
}

}  // namespace
}  // namespace pf::imap
