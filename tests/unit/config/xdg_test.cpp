#include "config/xdg.h"

#include <gtest/gtest.h>

#include <map>

namespace pf::config {
namespace {

Environ environ_of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  };
}

TEST(Xdg, VariablesWinOverHome) {
  const auto env = environ_of({{"HOME", "/home/joe"}, {"XDG_STATE_HOME", "/s"}, {"XDG_CONFIG_HOME", "/c"}});
  EXPECT_EQ(default_state_dir(env).value(), "/s/postferry");
  EXPECT_EQ(default_config_file(env).value(), "/c/postferry/postferry.toml");
}

TEST(Xdg, HomeIsTheFallbackAndRelativePathsCountAsNotSet) {
  const auto env = environ_of({{"HOME", "/home/joe"}, {"XDG_STATE_HOME", "state"}});
  EXPECT_EQ(default_state_dir(env).value(), "/home/joe/.local/state/postferry");
  EXPECT_EQ(default_config_file(env).value(), "/home/joe/.config/postferry/postferry.toml");
}

TEST(Xdg, WithoutHomeTheOptionIsNamed) {
  const auto dir = default_state_dir(environ_of({}));
  ASSERT_FALSE(dir.ok());
  EXPECT_EQ(dir.error().code, Errc::usage);
  EXPECT_EQ(dir.error().context, "neither XDG_STATE_HOME nor HOME is an absolute path");
  EXPECT_EQ(dir.error().hint, "use --state-dir");
}

}  // namespace
}  // namespace pf::config
