#include "auth/secrets/secrets.h"

#include "base/os/file.h"
#include "base/os/process.h"

#include <fmt/format.h>

#include <cstdlib>

namespace pf::secrets {

namespace {

constexpr std::size_t max_file = std::size_t{64} * 1024;

Error usage(std::string what, std::string hint = {}) {
  return {Errc::usage, Scope::account, Retry::never, std::move(what), {}, std::move(hint)};
}

std::string_view first_line(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

Result<Secret> from_env(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr)
    return usage(fmt::format("the environment variable {} is not set", name), "export it, or name another");
  if (*value == '\0') return usage(fmt::format("the environment variable {} is empty", name));
  return Secret(value);
}

Result<Secret> from_file(const std::filesystem::path& path) {
  PF_TRY(std::string text, os::read_file(path, max_file));
  Secret secret{std::string(first_line(text))};
  Secret::wipe(text);
  if (secret.empty())
    return usage(fmt::format("the first line of the password file {} is empty", path.string()));
  if (secret.reveal().find('\0') != std::string_view::npos) {
    return usage(fmt::format("the password file {} holds a NUL, which no protocol can carry", path.string()));
  }
  return secret;
}

Result<bool> readable_by_others(const std::filesystem::path& path) {
  return os::open_to_others(path);
}

Result<Secret> from_command(std::string_view line) {
  return os::run_secret_command(line);
}

}  // namespace pf::secrets
