#include "config/xdg.h"

#include "config/usage.h"

#include <fmt/format.h>

#include <string_view>

namespace pf::config {
namespace {

Result<std::string> base_dir(const Environ& env, const char* variable, std::string_view below_home,
                             std::string_view option) {
  if (auto dir = env(variable); dir.starts_with('/')) return dir;
  if (auto home = env("HOME"); home.starts_with('/')) return fmt::format("{}/{}", home, below_home);
  return usage_error(fmt::format("neither {} nor HOME is an absolute path", variable),
                     fmt::format("use {}", option));
}

}  // namespace

Result<std::string> default_state_dir(const Environ& env) {
  PF_TRY(auto base, base_dir(env, "XDG_STATE_HOME", ".local/state", "--state-dir"));
  return base + "/postferry";
}

Result<std::string> default_config_file(const Environ& env) {
  PF_TRY(auto base, base_dir(env, "XDG_CONFIG_HOME", ".config", "--config"));
  return base + "/postferry/postferry.toml";
}

}  // namespace pf::config
