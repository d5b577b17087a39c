#include "fleet/list_builder.h"

#include "base/ascii.h"
#include "config/percent.h"
#include "config/usage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace pf::fleet {
namespace {

constexpr std::string_view user_mark = "{user}";
constexpr std::size_t max_cell = 4096;
constexpr std::size_t max_problems = 10'000;

std::string with_user(std::string_view url, std::string_view user) {
  std::string out;
  for (auto at = url.find(user_mark); at != std::string_view::npos; at = url.find(user_mark)) {
    out += url.substr(0, at);
    out += user;
    url.remove_prefix(at + user_mark.size());
  }
  return out.append(url);
}

bool is_imap(std::string_view url) {
  return iequals(url.substr(0, 4), "imap");
}

// A user's name becomes the name of a directory: one level, and nothing a shell or a system takes for its
// own.
bool may_name_a_directory(std::string_view user) {
  const auto bad = [](char c) {
    return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  };
  return !user.empty() && user.front() != '.' && std::ranges::none_of(user, bad);
}

// What a cell of this column has to be.  Its value is not repeated: a quote forgotten, and it is a password.
std::string_view expected(std::string_view item) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> all = {
      {{"host", "is no host name"},
       {"port", "is no port: a number from 1 to 65535"},
       {"tls", "is unknown: use implicit, starttls or none"},
       {"user", "holds control characters"},
       {"admin", "holds control characters"},
       {"admin-form", "is unknown: use authzid, star or proxyauth"},
       {"auth", "is no name of a mechanism, such as PLAIN"},
       {"pin", "is no SHA-256: 64 hex digits or 44 of base64"}}};
  const auto found = std::ranges::find(all, item, [](const auto& entry) { return entry.first; });
  return found == all.end() ? "is not understood" : found->second;
}

std::string column_of(Field field) {
  auto item = std::string(field.item);
  std::ranges::replace(item, '-', '_');
  return fmt::format("{}_{}", name(field.end), item);
}

std::string_view value_of(const Row& row, End end, std::string_view item) {
  const auto found = std::ranges::find_if(
      row.cells, [&](const Cell& cell) { return cell.field.end == end && cell.field.item == item; });
  return found == row.cells.end() ? std::string_view() : std::string_view(found->value);
}

std::string no_place(End end) {
  return fmt::format("the name of the user cannot be put into the URL of the {}", name(end));
}

End other(End end) {
  return end == End::source ? End::target : End::source;
}

void set_password_source(config::Account& account, const CommonEnd& common) {
  account.password_env = common.password_env;
  account.password_file = common.password_file;
  account.password_command = common.password_command;
}

bool has_password_source(const config::Account& account) {
  return !account.password_env.empty() || !account.password_file.empty() || !account.password_command.empty();
}

}  // namespace

ListBuilder::ListBuilder(const CommonEnd& from, const CommonEnd& to) : from_(from), to_(to) {
  check_common(End::source, "--from");
  check_common(End::target, "--to");
}

std::string ListBuilder::place(std::size_t row) const {
  return rows_are_accounts_ ? fmt::format("accounts[{}]", row - 1) : fmt::format("line {}", row);
}

void ListBuilder::problem(std::size_t row, std::string_view sentence) {
  if (list_.problems.size() >= max_problems) {
    if (!std::exchange(overflowing_, true))
      list_.problems.push_back({std::numeric_limits<std::size_t>::max(), "and more"});
    return;
  }
  list_.problems.push_back(
      {row, row == 0 ? std::string(sentence) : fmt::format("{}: {}", place(row), sentence)});
}

void ListBuilder::check_common(End end, std::string_view option) {
  if (!common(end)) return;
  if (of(end).url.find(user_mark) == std::string::npos)
    return problem(
        0, fmt::format("{} names no {{user}}: write {{user}} where each account has its name", option));
  const auto account = common_account(end, "user");
  if (!account) problem(0, fmt::format("{}: {}", option, account.error().context));
}

Result<config::Account> ListBuilder::common_account(End end, std::string_view user) const {
  const auto& url = of(end).url;
  if (!is_imap(url) && !may_name_a_directory(user)) return config::usage_error(no_place(end));
  const auto written = is_imap(url) ? config::percent_encode(user) : std::string(user);
  PF_TRY(auto account, config::parse_account_url(with_user(url, written)));
  set_password_source(account, of(end));
  return account;
}

// False: a problem was noted.
bool ListBuilder::apply(const Row& row, const Cell& cell, config::AccountDraft& draft, Secret& password) {
  const auto& [field, value] = cell;
  if (value.empty() || field.item == "user") return true;
  if (field.item == "password") {
    password = Secret(value);
    list_.holds_passwords = true;
    return true;
  }
  if (field.item == "password_file") {
    set_password_source(draft.account, {.password_file = value});
    return true;
  }
  Status applied;
  if (field.item == "host") {
    applied = config::check_host(value);
    draft.account.host = ascii_lower(value);
  } else if (field.item == "port") {
    auto port = config::parse_port(value);
    if (port) draft.port = *port;
    if (!port) applied = Status(std::unexpect, std::move(port.error()));
  } else {
    applied = config::apply_item(draft, field.item, value);
  }
  if (!applied) problem(row.number, fmt::format("{} {}", column_of(field), expected(field.item)));
  return applied.ok();
}

bool ListBuilder::build(const Row& row, End end, std::string_view user, config::Account& account,
                        Secret& password) {
  if (!config::check_user(user)) {
    problem(row.number, fmt::format("{}_user {}", name(end), expected("user")));
    return false;
  }
  config::AccountDraft draft;
  if (common(end)) {
    auto parsed = common_account(end, user);
    if (!parsed) {
      problem(row.number, no_place(end));
      return false;
    }
    if (!is_imap(of(end).url)) {  // a directory: there is nothing a row could say of it
      account = *std::move(parsed);
      return true;
    }
    draft.account = *std::move(parsed);
    draft.tls = draft.account.tls;
    // A port that goes with the URL's kind of TLS does not go with another.
    if (value_of(row, end, "tls").empty()) draft.port = draft.account.port;
  } else {
    set_password_source(draft.account, of(end));
    if (value_of(row, end, "host").empty()) {
      problem(row.number, fmt::format("{}_host is missing", name(end)));
      return false;
    }
    draft.account.user = user;
  }
  bool fine = true;
  for (const auto& cell : row.cells)
    if (cell.field.end == end) fine = apply(row, cell, draft, password) && fine;
  if (!fine) return false;
  if (draft.admin_form_given && draft.account.admin.empty()) {
    problem(row.number, fmt::format("{0}_admin_form is of no use without {0}_admin", name(end)));
    return false;
  }
  auto finished = config::finish_account(std::move(draft));
  if (!finished) {
    problem(row.number, fmt::format("the {} is no whole account", name(end)));
    return false;
  }
  account = *std::move(finished);
  if (!password.empty()) set_password_source(account, {});
  return true;
}

void ListBuilder::add(Row row) {
  for (const auto& cell : row.cells)
    if (cell.value.size() > max_cell)
      return problem(row.number, fmt::format("{} is longer than {} octets", column_of(cell.field), max_cell));
  Pair pair;
  pair.row = row.number;
  const auto user_at = [&](End end) {
    const auto own = value_of(row, end, "user");
    return own.empty() ? value_of(row, other(end), "user") : own;
  };
  const auto source_user = user_at(End::source);
  if (source_user.empty()) return problem(row.number, "source_user and target_user are missing");
  const bool source = build(row, End::source, source_user, pair.from, pair.from_password);
  const bool target = build(row, End::target, user_at(End::target), pair.to, pair.to_password);
  for (auto& cell : row.cells)
    if (cell.field.item == "password") Secret::wipe(cell.value);
  if (source && target) add(std::move(pair));
}

void ListBuilder::check_password(const Pair& pair, End end) {
  const auto& account = end == End::source ? pair.from : pair.to;
  const auto& password = end == End::source ? pair.from_password : pair.to_password;
  if (password.empty() && !has_password_source(account) && account.admin.empty() &&
      config::needs_password(account))
    problem(pair.row, fmt::format("there is no password for the {}", name(end)));
}

void ListBuilder::check_unique(const Pair& pair) {
  const auto from = ascii_lower(pair.from.label());
  const auto to = ascii_lower(pair.to.label());
  if (from == to) return problem(pair.row, "source and target are the same account");
  const auto [first, added] = targets_.emplace(to, pair.row);
  if (!added)
    problem(pair.row,
            fmt::format("the target is that of {} too: one target takes one source", place(first->second)));
}

void ListBuilder::add(Pair pair) {
  if (list_.pairs.size() >= max_list_accounts) {
    overflowing_ = true;
    return problem(0, fmt::format("more than {} accounts: make several lists of it", max_list_accounts));
  }
  check_unique(pair);
  check_password(pair, End::source);
  check_password(pair, End::target);
  const bool address = pair.from.user.find('@') != std::string::npos;
  if (pair.name.empty())
    pair.name = !address && pair.to.user.find('@') != std::string::npos ? pair.to.user : pair.from.user;
  list_.pairs.push_back(std::move(pair));
}

AccountList ListBuilder::finish() && {
  std::unordered_map<std::string_view, std::size_t> times;
  for (const auto& pair : list_.pairs) ++times[pair.name];
  std::vector<std::string> names;
  names.reserve(list_.pairs.size());
  for (const auto& pair : list_.pairs)
    names.push_back(times[pair.name] == 1 ? pair.name : fmt::format("{} -> {}", pair.name, pair.to.label()));
  for (std::size_t i = 0; i < names.size(); ++i) list_.pairs[i].name = std::move(names[i]);
  if (list_.pairs.empty() && list_.problems.empty()) problem(0, "the list names no account");
  return std::move(list_);
}

}  // namespace pf::fleet
