#include "store/maildir/keywords.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace pf::store::maildir {
namespace {

TEST(MaildirKeywords, AreReadAsDovecotWritesThem) {
  const auto keywords = Keywords::parse("0 $Forwarded\n1 work\n25 last\n");
  EXPECT_EQ(keywords.letter("$forwarded"), 'a');
  EXPECT_EQ(keywords.letter("Work"), 'b');
  EXPECT_EQ(keywords.meaning('z'), "last");
  EXPECT_EQ(keywords.letter("other"), std::nullopt);
  EXPECT_EQ(keywords.meaning('c'), "");
  EXPECT_EQ(keywords.meaning('S'), "");
  EXPECT_EQ(keywords.to_text(), "0 $Forwarded\n1 work\n25 last\n");
}

TEST(MaildirKeywords, LinesThatMeanNothingAreLeftOut) {
  const auto keywords = Keywords::parse(
      "26 far\n-1 less\nx y\n0\n1 \n2 two words\n3 \\System\n4 good\n5 GOOD\n\n99999999999999999999 z");
  EXPECT_EQ(keywords.to_text(), "4 good\n");
}

TEST(MaildirKeywords, GetTheFirstLetterThatIsFree) {
  auto keywords = Keywords::parse("1 work\n");
  EXPECT_TRUE(keywords.add("new", "a"));  // somebody uses a, nobody knows what for
  EXPECT_EQ(keywords.letter("new"), 'c');
  EXPECT_TRUE(keywords.add("NEW"));
  EXPECT_TRUE(keywords.add("next"));
  EXPECT_EQ(keywords.letter("next"), 'a');
  EXPECT_FALSE(keywords.add("\\Invented"));
  EXPECT_FALSE(keywords.add("two\nlines"));
  EXPECT_FALSE(keywords.add(""));
  for (int i = 0; i < 23; ++i) EXPECT_TRUE(keywords.add(fmt::format("k{}", i))) << i;
  EXPECT_TRUE(keywords.full());
  EXPECT_FALSE(keywords.add("one too many"));
  EXPECT_FALSE(keywords.add("another"));
}

TEST(MaildirFlags, AreLettersAndBack) {
  const auto keywords = Keywords::parse("0 work\n1 $Junk\n");
  for (const auto* text :
       {"", "\\Answered \\Flagged \\Deleted \\Seen \\Draft", "\\Seen work $Junk", "$Forwarded"}) {
    const auto flags = FlagSet::parse(text);
    EXPECT_EQ(flags_of(letters_of(flags, keywords), keywords), flags) << text;
  }
  EXPECT_EQ(letters_of(FlagSet::parse("\\Answered \\Flagged \\Deleted \\Seen \\Draft"), keywords), "DFRST");
  EXPECT_EQ(letters_of(FlagSet::parse("$Junk \\Seen WORK unknown"), keywords), "Sab");
}

TEST(MaildirFlags, ForwardedIsPassedToo) {
  const auto keywords = Keywords::parse("3 $Forwarded\n");
  EXPECT_EQ(letters_of(FlagSet::parse("$Forwarded"), keywords), "Pd");
  EXPECT_EQ(flags_of("P", {}), FlagSet::parse("$Forwarded"));
  EXPECT_EQ(flags_of("d", keywords), FlagSet::parse("$Forwarded"));
}

TEST(MaildirFlags, LettersNobodyExplainsAreKept) {
  const auto keywords = Keywords::parse("0 work\n");
  EXPECT_EQ(flags_of("SXqa", keywords), FlagSet::parse("\\Seen work"));
  // X and q stay, a and S go, F comes.
  EXPECT_EQ(letters_of(FlagSet::parse("\\Flagged"), keywords, "SXqa"), "FXq");
}

}  // namespace
}  // namespace pf::store::maildir
