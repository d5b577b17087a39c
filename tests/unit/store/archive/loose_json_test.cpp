#include "store/archive/loose_json.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pf::store {
namespace {

TEST(LooseJson, KeepsTextsNumbersAndListsOfTheFirstLevel) {
  const auto json =
      parse_loose_json(R"({"a": "x\u00e9", "n": 12, "minus": -3, "f": 1.50, "t": true, "z": null,
      "list": ["p", ["deep"], {"k": "v"}, "q", 7], "object": {"a": "other", "l": ["m"]}, "empty": []})");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->text("a"), "x\xC3\xA9");
  EXPECT_EQ(json->text("n"), "12");
  EXPECT_EQ(json->text("minus"), "-3");
  EXPECT_EQ(json->text("f"), "1.50");
  EXPECT_EQ(json->text("t"), "");
  EXPECT_EQ(json->list("list"), (std::vector<std::string>{"p", "q", "7"}));
  EXPECT_EQ(json->list("a"), std::vector<std::string>{"x\xC3\xA9"});
  EXPECT_TRUE(json->list("empty").empty());
  EXPECT_TRUE(json->list("object").empty());
  EXPECT_TRUE(json->list("nothing").empty());
}

TEST(LooseJson, RefusesWhatIsNoObject) {
  for (const std::string text : {"", "[]", "7", "\"x\"", "null", "true", "{", "{\"a\":}", "{} {}",
                                 "{\"a\":1,}", "{\"a\":\"\xFF\"}", "{\"a\":\"\\ud800\"}"})
    EXPECT_FALSE(parse_loose_json(text)) << text;
}

TEST(LooseJson, RefusesWhatIsTooDeepOrHasTooManyMembers) {
  const auto deep = [](std::size_t levels) {
    return "{\"a\":" + std::string(levels, '[') + std::string(levels, ']') + "}";
  };
  EXPECT_TRUE(parse_loose_json(deep(31)));
  EXPECT_FALSE(parse_loose_json(deep(32)));
  EXPECT_FALSE(parse_loose_json("{\"a\":" + std::string(1'000'000, '[')));
  std::string many = "{\"a\":[0";
  for (int i = 0; i < 20'000; ++i) many += ",1";
  EXPECT_FALSE(parse_loose_json(many + "]}"));
}

RC_GTEST_PROP(LooseJson, AnyOctetsAreRead, (const std::string& text)) {
  static_cast<void>(parse_loose_json(text));
  static_cast<void>(parse_loose_json("{\"a\":" + text + "}"));
}

}  // namespace
}  // namespace pf::store
