#include "store/maildir/file_name.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace pf::store::maildir {
namespace {

TEST(MaildirFileName, IsTakenApart) {
  const auto name = parse_file_name("1700000000.M123456P42.host,S=2048,W=2100:2,FSa");
  EXPECT_EQ(name.unique, "1700000000.M123456P42.host");
  EXPECT_EQ(name.fields, ",S=2048,W=2100");
  EXPECT_EQ(name.letters, "FSa");
  EXPECT_EQ(name.rest, "");
  EXPECT_EQ(name.number('S'), 2048U);
  EXPECT_EQ(name.number('W'), 2100U);
  EXPECT_EQ(name.number('U'), std::nullopt);
}

TEST(MaildirFileName, OfOtherPrograms) {
  const auto mbsync = parse_file_name("1700000000.123_4.host,U=17:2,S");
  EXPECT_EQ(mbsync.unique, "1700000000.123_4.host");
  EXPECT_EQ(mbsync.number('U'), 17U);
  EXPECT_EQ(mbsync.letters, "S");

  const auto bare = parse_file_name("1700000000.V801I1234M567890.host");
  EXPECT_EQ(bare.unique, "1700000000.V801I1234M567890.host");
  EXPECT_EQ(bare.letters, "");

  const auto more = parse_file_name("x:2,FS,foo=1");
  EXPECT_EQ(more.letters, "FS");
  EXPECT_EQ(more.rest, ",foo=1");

  const auto experimental = parse_file_name("x:1,abc");
  EXPECT_EQ(experimental.unique, "x");
  EXPECT_EQ(experimental.letters, "");
  EXPECT_EQ(experimental.rest, "1,abc");
}

TEST(MaildirFileName, NumbersAreWholeFields) {
  EXPECT_EQ(parse_file_name("x,S=12x").number('S'), std::nullopt);
  EXPECT_EQ(parse_file_name("x,S=").number('S'), std::nullopt);
  EXPECT_EQ(parse_file_name("x,S=99999999999999999999999").number('S'), std::nullopt);
  EXPECT_EQ(parse_file_name("x,US=3,S=4").number('S'), 4U);
  EXPECT_EQ(parse_file_name(",S=4").unique, ",S=4");
}

TEST(MaildirFileName, TellsItsTimeWhereItHasOne) {
  EXPECT_EQ(time_of("1700000000.M123456P42.host"), 1'700'000'000'123'456U);
  EXPECT_EQ(time_of("1700000000.V801I1234M567890.host"), 1'700'000'000'567'890U);
  EXPECT_EQ(time_of("1700000000.M5.host"), 1'700'000'000'000'005U);
  EXPECT_EQ(time_of("1700000000.123_4.Mail7"), 1'700'000'000'000'004U);
  EXPECT_EQ(time_of("1700000000.123_4x.Mail7"), 1'700'000'000'000'000U);
  EXPECT_EQ(time_of("1700000000.123_.Mail7"), 1'700'000'000'000'000U);
  EXPECT_EQ(time_of("1700000000.123.Mail7"), 1'700'000'000'000'000U);
  EXPECT_EQ(time_of("1700000000._4.Mail7"), 1'700'000'000'000'000U);
  EXPECT_EQ(time_of("1700000000.HM7.x"), 1'700'000'000'000'000U);
  EXPECT_EQ(time_of("1700000000.M1234567.x"), 1'700'000'000'000'000U);
  EXPECT_EQ(time_of("1700000000"), 1'700'000'000'000'000U);
  EXPECT_EQ(time_of("1700000000x"), 0U);
  EXPECT_EQ(time_of("message"), 0U);
  EXPECT_EQ(time_of(""), 0U);
  EXPECT_EQ(time_of("123456789012.M1.x"), 0U);  // no time that ever was
}

TEST(MaildirRef, IsTheSameWhateverTheFlagsSizesAndUids) {
  const auto ref = ref_of(parse_file_name("1700000000.M1P2.host").unique);
  for (const auto* name : {"1700000000.M1P2.host:2,", "1700000000.M1P2.host,S=1,W=2:2,FS",
                           "1700000000.M1P2.host,U=3:2,S", "1700000000.M1P2.host,U=3,S=4"})
    EXPECT_EQ(ref_of(parse_file_name(name).unique), ref) << name;
  EXPECT_EQ(text_of(ref), "1700000000.M1P2.host");
}

TEST(MaildirRef, OrderIsThatOfDelivery) {
  EXPECT_LT(ref_of("999999999.M9.host"), ref_of("1700000000.M1.host"));
  EXPECT_LT(ref_of("1700000000.M2.host"), ref_of("1700000000.M10.host"));
  EXPECT_LT(ref_of("no time"), ref_of("1.M1.host"));
  EXPECT_LT(ref_of("1700000000.M2.host"), MessageRef(border_at(1'700'000'000'000'003)));
  EXPECT_LT(MessageRef(border_at(1'700'000'000'000'002)), ref_of("1700000000.M2.host"));
}

RC_GTEST_PROP(MaildirRef, IsShortAndOfOneNameOnly, (std::string one, std::string other)) {
  const auto clean = [](std::string text) {
    std::erase_if(text, [](char c) { return c == '\0' || c == '/'; });
    return text + std::string(*rc::gen::inRange<std::size_t>(0, 120), 'x');
  };
  one = clean(one);
  other = clean(other);
  RC_ASSERT(ref_of(one).bytes().size() <= 64U);
  RC_ASSERT((ref_of(one) == ref_of(other)) == (one == other));
}

RC_GTEST_PROP(MaildirFileName, AnyNameCanBeTakenApart, (const std::string& text)) {
  const auto name = parse_file_name(text);
  RC_ASSERT(text.starts_with(std::string(name.unique) + std::string(name.fields)));
  RC_ASSERT(name.unique.empty() == (text.empty() || text.front() == ':'));
  (void)time_of(name.unique);
}

TEST(MaildirRef, TwinsDifferFromEachOtherAndFromTheFirst) {
  const auto name = parse_file_name("1.M1.host,U=4:2,S");
  EXPECT_NE(ref_of_twin(name, 1), ref_of(name.unique));
  EXPECT_NE(ref_of_twin(name, 1), ref_of_twin(name, 2));
  EXPECT_LE(ref_of_twin(name, 1).bytes().size(), 64U);
  EXPECT_EQ(text_of(ref_of_twin(name, 1)), "1.M1...");
}

}  // namespace
}  // namespace pf::store::maildir
