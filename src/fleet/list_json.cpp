#include "config/bulk_config.h"
#include "fleet/list_builder.h"

#include <utility>

namespace pf::fleet {
namespace {

// With one server the other end is the URL given besides; the account is called the same there and, where
// that names no password and no admin, has the same password, as the reference assumes.
bool set_end(ListBuilder& builder, std::size_t row, End end, const config::BulkAccount& entry,
             const config::BulkEnd& own, bool from_file, config::Account& account, Secret& password) {
  if (from_file) {
    account = own.account;
    password = own.password;
    return true;
  }
  auto common = builder.common_account(end, entry.email);
  if (!common) {
    builder.problem(row, common.error().context);
    return false;
  }
  account = *std::move(common);
  const bool said = !account.admin.empty() || !account.password_env.empty() ||
                    !account.password_file.empty() || !account.password_command.empty();
  if (!said) password = own.password;
  return true;
}

}  // namespace

void read_json_list(std::string_view text, ListBuilder& builder) {
  builder.rows_are_accounts();
  auto parsed = config::parse_bulk_config(text);
  for (const auto& problem : parsed.problems) builder.problem(0, problem);
  auto& config = parsed.config;
  const bool from = builder.common(End::source);
  const bool to = builder.common(End::target);
  if (config.two_servers && (from || to))
    return builder.problem(0, "the list has source and target: --from and --to are of no use");
  if (!config.two_servers && from == to)
    return builder.problem(0, "the list has one server: name the other with --from URL or --to URL");
  if (!builder.list().problems.empty()) return;
  auto& list = builder.list();
  list.folder_map = std::move(config.folder_map);
  list.bytes_per_second = config.bytes_per_second;
  list.notes = std::move(config.notes);
  for (std::size_t i = 0; i < config.accounts.size() && !builder.overflowing(); ++i) {
    const auto& entry = config.accounts[i];
    Pair pair;
    pair.name = entry.email;
    pair.row = i + 1;
    const bool source =
        set_end(builder, i + 1, End::source, entry, entry.source, !from, pair.from, pair.from_password);
    const bool target =
        set_end(builder, i + 1, End::target, entry, entry.target, !to, pair.to, pair.to_password);
    if (!source || !target) continue;
    list.holds_passwords = list.holds_passwords || !pair.from_password.empty() || !pair.to_password.empty();
    builder.add(std::move(pair));
  }
}

}  // namespace pf::fleet
