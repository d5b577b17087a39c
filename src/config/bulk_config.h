// The JSON of a bulk run, as imapsync_bulk_migrator's users have it:
//
//   {"server": {"host": "imap.example.com", "port": 993, "ssl": true, "starttls": false},
//    "accounts": [{"email": "joe@example.com", "password": "..."}]}
//
// and the form of its newer editions that names two servers (bulk_provider.h).  Keys that mean nothing here
// are ignored, as they are there.  Ours besides: server.ca (a file with certificates of authorities),
// server.pin (see Account::pin), and password_file, password_env or password_command in place of an account's
// password.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "config/account.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pf::config {

struct BulkEnd {
  Account account;
  Secret password;  // empty: where the account says
};

struct BulkAccount {
  std::string email;       // names the account in logs, and its archive
  BulkEnd source, target;  // the same with one "server"
};

struct BulkConfig {
  std::vector<BulkAccount> accounts;
  bool two_servers = false;  // the newer form, with "source" and "target"
  std::vector<std::pair<std::string, std::string>> folder_map;
  std::optional<std::uint64_t> bytes_per_second;
  std::optional<std::uint64_t> target_available_bytes;
  std::vector<std::string> notes;  // what the file asks for and gets otherwise, or not at all
};

struct BulkParsed {
  BulkConfig config;
  std::vector<std::string> problems;  // all of them, a sentence each; empty: `config` is whole
};

// Names of files in it that are not absolute belong to `directory`, that of the file; empty: to the current
// one.
BulkParsed parse_bulk_config(std::string_view text, const std::filesystem::path& directory = {});

// What `bulk export` leaves for `bulk import`: the same server and accounts, in the form above.  It holds
// passwords.
Secret import_template(const BulkConfig& config);

}  // namespace pf::config
