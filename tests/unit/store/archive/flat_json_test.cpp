#include "store/archive/flat_json.h"

#include "base/utf8.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pf::store {
namespace {

using Kind = JsonMember::Kind;

// "key=value" of all members; nothing when the text is no flat object.
std::optional<std::vector<std::string>> members(std::string_view text) {
  std::vector<std::string> out;
  FlatJsonReader reader(text);
  JsonMember m;
  while (reader.next(m)) {
    std::string value;
    if (m.kind == Kind::text) value = "'" + std::string(m.text) + "'";
    if (m.kind == Kind::number) value = std::to_string(m.number);
    if (m.kind == Kind::truth) value = m.truth ? "yes" : "no";
    if (m.kind == Kind::null) value = "-";
    out.push_back(std::string(m.key) + "=" + value);
  }
  if (!reader.ok()) return std::nullopt;
  return out;
}

using Members = std::vector<std::string>;

TEST(FlatJson, ReadsTextsNumbersAndTruthValues) {
  EXPECT_EQ(members("{}"), Members{});
  EXPECT_EQ(members(R"({"a":"x","b":12,"c":true,"d":false,"e":null})"),
            (Members{"a='x'", "b=12", "c=yes", "d=no", "e=-"}));
  EXPECT_EQ(members(" {\r\n\t\"a\" : \"x\" , \"b\" : 0 } \n"), (Members{"a='x'", "b=0"}));
  EXPECT_EQ(members(R"({"n":18446744073709551615})"), (Members{"n=18446744073709551615"}));
}

TEST(FlatJson, ReadsEscapes) {
  EXPECT_EQ(members(R"({"a":"\\Seen \"x\" \/ \n\t\u00e4\u20ac\ud83d\ude00"})"),
            (Members{"a='\\Seen \"x\" / \n\tä€😀'"}));
  EXPECT_EQ(members("{\"a\":\"\\udc80\\udcff\"}"), (Members{"a='\x80\xFF'"}));
}

TEST(FlatJson, RefusesWhatIsNoFlatObject) {
  for (const auto* text : {"",
                           "{",
                           "}",
                           "[]",
                           "{]",
                           "\"a\"",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1",
                           "{\"a\":1,}",
                           "{\"a\":1}x",
                           "{\"a\":1}{}",
                           "{\"a\":[1]}",
                           "{\"a\":{}}",
                           "{\"a\":-1}",
                           "{\"a\":1.5}",
                           "{\"a\":1e3}",
                           "{\"a\":18446744073709551616}",
                           "{\"a\":\"x}",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\u12\"}",
                           "{\"a\":\"\\ud800\"}",
                           "{\"a\":\"\\ud800\\u0041\"}",
                           "{\"a\":\"\\udc00\"}",
                           "{\"a\":\"\n\"}",
                           "{\"a\\u0041\":1}",
                           "{\"a\":tru}",
                           "{,\"a\":1}",
                           "{\"a\":1 \"b\":2}"})
    EXPECT_EQ(members(text), std::nullopt) << text;
}

TEST(FlatJson, IsWrittenTightOrLoose) {
  std::string tight, loose;
  FlatJsonWriter(tight).text("a", "\\Seen").number("b", 7).truth("c", true).end();
  FlatJsonWriter(loose, FlatJsonWriter::Style::loose).text("a", "x\x01").number("b", 7).end();
  EXPECT_EQ(tight, R"({"a":"\\Seen","b":7,"c":true})");
  EXPECT_EQ(loose, R"({"a": "x\u0001", "b": 7})");
}

RC_GTEST_PROP(FlatJson, AnyOctetsComeBackAndAreValidUtf8OnTheWay, (const std::string& text)) {
  std::string written;
  FlatJsonWriter(written).text("t", text).end();
  RC_ASSERT(is_valid_utf8(written));
  RC_ASSERT(written.find('\n') == std::string::npos);
  FlatJsonReader reader(written);
  JsonMember m;
  RC_ASSERT(reader.next(m));
  RC_ASSERT(m.text == text);
  RC_ASSERT(!reader.next(m));
  RC_ASSERT(reader.ok());
}

RC_GTEST_PROP(FlatJson, AnyTextIsReadToItsEnd, (const std::string& text)) {
  for (const auto& whole : {text, "{\"" + text, "{\"a\":\"" + text, "{\"a\":" + text}) {
    FlatJsonReader reader(whole);
    JsonMember m;
    std::size_t members = 0;
    while (reader.next(m)) RC_ASSERT(++members <= whole.size());
  }
}

}  // namespace
}  // namespace pf::store
