// The tables of the state database and how an older file becomes a newer one.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace pf::state {

class Database;

// Marks the file as ours (PRAGMA application_id).
inline constexpr std::int64_t application_id = 0x50466A31;  // "PFj1"

// Entry i brings a file of version i (PRAGMA user_version) to version i + 1.  Only ever appended to.
struct Migration {
  std::string_view tables;
  Status (*rows)(Database&) = nullptr;  // what SQL alone cannot do, between the two
  std::string_view rest{};
};
[[nodiscard]] std::span<const Migration> migrations();
[[nodiscard]] std::int64_t schema_version();

// Brings the file to schema_version(), in one transaction.  Errc::state when the file is no database, is
// damaged, or is not of ours (Database::damaged() tells these), or was written by a newer postferry.
Status prepare_schema(Database& database);

}  // namespace pf::state
