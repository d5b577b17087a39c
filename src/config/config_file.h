// The configuration file: accounts by name, and defaults.  It never holds a password, only where to find one.
//
//   [defaults]
//   state-dir = "/var/lib/postferry"     connections = 4     compress = "off"
//   [account.old]
//   url = "imaps://joe%40example.com@imap.example.com"       or host, user, port, tls
//   ca = "..."  pin = "..."  auth = "..."  admin = "..."  admin-form = "..."
//   password-env = "..."  or  password-file = "..."  or  password-command = "..."
#pragma once

#include "base/result.h"
#include "config/account.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace pf::config {

inline constexpr std::size_t max_connections = 32;

struct Defaults {
  std::optional<std::string> state_dir;
  std::optional<std::size_t> connections;
  std::optional<bool> compress;
};

struct ConfigFile {
  std::map<std::string, Account, std::less<>> accounts;
  Defaults defaults;
};

// `name` stands in error texts: "postferry.toml, line 7: unknown key 'prot' in [account.old]".
Result<ConfigFile> parse_config(std::string_view text, std::string_view name);
Result<ConfigFile> load_config(const std::string& path);

// "auto", "on" or "off": whether COMPRESS=DEFLATE is used where the server offers it.
Result<bool> parse_compress(std::string_view value);

}  // namespace pf::config
