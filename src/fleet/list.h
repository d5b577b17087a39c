// Lists of accounts: text in; pairs out, or everything that is wrong with it at once.  Four forms, told apart
// by their beginning (docs/bulk.md):
//
//   JSON            what `postferry bulk export` takes, with "source" and "target"; see config/bulk_config.h
//   a table         CSV with a header of source_host, source_user, source_password, target_host, ...
//   Microsoft's     CSV with the header EmailAddress,UserName,Password
//   imapsync's      host1;user1;password1;host2;user2;password2;   no header, no quoting, # for comments
//
// What is the same for all accounts is given once, as a URL with {user} in it.
#pragma once

#include "fleet/fleet.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pf::fleet {

inline constexpr std::size_t max_list_bytes = std::size_t{64} << 20U;
inline constexpr std::size_t max_list_accounts = 100'000;

// One end, as far as it is the same for all accounts.  A cell of the list wins over it.
struct CommonEnd {
  std::string url = {};  // "imaps://{user}@old.example?admin=root"; empty: the list says all
  std::string password_env = {}, password_file = {}, password_command = {};
};

struct ListProblem {
  std::size_t row = 0;  // the line where the row begins, of JSON the account, from 1; 0: the list as a whole
  // "line 7: source_host is missing", "accounts[6]: ...": never the value of a cell, which may be a password
  // in the wrong place.
  std::string text;
};

struct AccountList {
  std::vector<Pair> pairs;            // each with its row
  std::vector<ListProblem> problems;  // by row; when there are any, `pairs` is not to be used
  bool holds_passwords = false;
  // JSON only: what it asks for besides accounts.
  std::vector<std::pair<std::string, std::string>> folder_map;
  std::optional<std::uint64_t> bytes_per_second;
  std::vector<std::string> notes;  // what was not taken as written, for a person
};

// An account without a password is fine where an admin logs in, or by a mechanism that needs none.
AccountList parse_list(std::string_view text, const CommonEnd& from, const CommonEnd& to);

}  // namespace pf::fleet
