// From the cells of one row to a pair of accounts.
#pragma once

#include "config/account_items.h"
#include "fleet/list.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pf::fleet {

enum class End : std::uint8_t { source, target };
std::string_view name(End end);  // "source", "target"

// What a column is about.
struct Field {
  End end = End::source;
  std::string_view item;  // "host", "port", "user", "password", "password_file", or one of config::is_item()
};
// "source_admin_form": source, "admin-form".  Any case; nothing for a name that is none.
std::optional<Field> field_of(std::string_view column);
// For error texts: "source_host, source_port, ...".
std::string field_names();

struct Cell {
  Field field;
  std::string value;  // empty: not said
};
struct Row {
  std::size_t number = 0;
  std::vector<Cell> cells;
};

class ListBuilder {
 public:
  ListBuilder(const CommonEnd& from, const CommonEnd& to);

  // True when a URL was given for this end.
  [[nodiscard]] bool common(End end) const { return !of(end).url.empty(); }
  // An account at this end as the URL has it, without a row to say more.
  Result<config::Account> common_account(End end, std::string_view user) const;

  void add(Row row);
  void add(Pair pair);
  void problem(std::size_t row, std::string_view sentence);
  // Rows are the objects of a JSON array, not lines.
  void rows_are_accounts() { rows_are_accounts_ = true; }
  [[nodiscard]] AccountList& list() { return list_; }
  // More than there may be: nothing is read any further.
  [[nodiscard]] bool overflowing() const { return overflowing_; }

  // Gives each account a name of its own.
  AccountList finish() &&;

 private:
  [[nodiscard]] const CommonEnd& of(End end) const { return end == End::source ? from_ : to_; }
  void check_common(End end, std::string_view option);
  bool build(const Row& row, End end, std::string_view user, config::Account& account, Secret& password);
  bool apply(const Row& row, const Cell& cell, config::AccountDraft& draft, Secret& password);
  void check_unique(const Pair& pair);
  void check_password(const Pair& pair, End end);
  [[nodiscard]] std::string place(std::size_t row) const;

  const CommonEnd& from_;
  const CommonEnd& to_;
  AccountList list_;
  bool rows_are_accounts_ = false;
  bool overflowing_ = false;
  std::unordered_map<std::string, std::size_t> targets_;  // label of the target, lower case: its row
};

// The readers of the forms; `text` begins without a byte order mark.
void read_json_list(std::string_view text, ListBuilder& builder);
void read_imapsync_list(std::string_view text, ListBuilder& builder);
// False when the first line is no header.
bool read_table(std::string_view text, ListBuilder& builder);

}  // namespace pf::fleet
