#include "store/archive/manifest_chain.h"

#include <gtest/gtest.h>

#include <sstream>

namespace pf::store {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) out.push_back(line);
  return out;
}

// Which of these, taken one after the other, are not sound.
std::vector<std::size_t> unsound(const std::vector<std::string>& lines) {
  ManifestChain chain;
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!chain.take(lines[i])) out.push_back(i);
  }
  return out;
}

std::vector<std::string> some_lines() {
  return lines_of(ManifestChain().sealed("{\"a\":1}\n{\"b\":2}\n{\"b\":2}\n{\"c\":\"x\"}\n"));
}

TEST(ManifestChain, PutsASumAtTheEndOfEachLine) {
  // printf '{"a":1' | sha256sum
  EXPECT_EQ(ManifestChain().sealed("{\"a\":1}\n"),
            "{\"a\":1,\"sum\":\"" + hex(sha256("{\"a\":1")).substr(0, 16) + "\"}\n");
  EXPECT_EQ(ManifestChain().sealed(""), "");
  EXPECT_EQ(unsound(some_lines()), std::vector<std::size_t>{});
}

TEST(ManifestChain, GoesOnBehindWhatWasTaken) {
  const auto lines = some_lines();
  ManifestChain chain;
  EXPECT_TRUE(chain.take(lines[0]));
  EXPECT_EQ(chain.sealed("{\"b\":2}\n"), lines[1] + "\n");
  EXPECT_TRUE(chain.take(lines[1]));
}

TEST(ManifestChain, NoticesEveryBitOfEveryLine) {
  const auto lines = some_lines();
  for (std::size_t line = 0; line < lines.size(); ++line) {
    for (std::size_t bit = 0; bit < lines[line].size() * 8; ++bit) {
      auto changed = lines;
      changed[line][bit / 8] = static_cast<char>(changed[line][bit / 8] ^ (1 << (bit % 8)));
      const auto found = unsound(changed);
      ASSERT_FALSE(found.empty()) << line << " " << bit;
      EXPECT_EQ(found.front(), line);
      EXPECT_LE(found.size(), 2U);  // and perhaps the one behind it
    }
  }
}

TEST(ManifestChain, NoticesLinesThatAreLeftOutPutInOrExchanged) {
  const auto lines = some_lines();
  EXPECT_EQ(unsound({lines[0], lines[2], lines[3]}), std::vector<std::size_t>{1});
  EXPECT_EQ(unsound({lines[1], lines[2], lines[3]}), std::vector<std::size_t>{0});
  EXPECT_EQ(unsound({lines[0], lines[1], lines[1], lines[2], lines[3]}), (std::vector<std::size_t>{2}));
  EXPECT_EQ(unsound({lines[0], lines[2], lines[1], lines[3]}).front(), 1U);
  EXPECT_EQ(unsound({lines[0], "{\"a\":1}", lines[1]}), (std::vector<std::size_t>{1, 2}));
}

TEST(ManifestChain, AnyOctetsAreALine) {
  const std::string seal = ",\"sum\":\"0123456789abcdef\"}";
  for (const std::string& line : {std::string(), std::string("}"), seal, seal.substr(1), std::string(25, '"'),
                                  "{" + seal, std::string(1000, '\0')})
    EXPECT_EQ(unsound({line}), std::vector<std::size_t>{0}) << line;
}

}  // namespace
}  // namespace pf::store
