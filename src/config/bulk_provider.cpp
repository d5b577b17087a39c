// The newer form: two servers, each of a provider, and accounts that may be called differently on them.
#include "base/ascii.h"
#include "base/printable.h"
#include "config/bulk_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace pf::config {
namespace {

struct Provider {
  std::string_view name, host;
  std::vector<std::string_view> hosts;  // that are this provider's, and nobody else's
};

const std::vector<Provider>& providers() {
  static const std::vector<Provider> all = {
      {"gmail", "imap.gmail.com", {"imap.gmail.com", "imap.googlemail.com"}},
      {"icloud", "imap.mail.me.com", {"imap.mail.me.com"}},
      {"imap", "", {}},
  };
  return all;
}

// One side's login as said for all accounts or for one.
struct Auth {
  bool given = false, has_secret = false;
  std::string username;
  Account places;  // password_file, password_env
  Secret password;
};

struct Side {
  std::string_view key;  // "source" or "target"
  bool icloud = false;
  Account server;
  Auth auth;
};

Auth read_auth(Json& owner, std::string_view where, std::string_view key, BulkReader& reader) {
  Auth auth;
  const auto found = owner.find(key);
  if (found == owner.end() || found->is_null()) return auth;
  auth.given = true;
  if (!found->is_object()) {
    reader.problem(fmt::format("{}{} must be an object", where, key));
    return auth;
  }
  auto& object = *found;
  const auto inner = fmt::format("{}{}.", where, key);
  const auto method = reader.text(object, inner, "method").value_or("password");
  if (method == "xoauth2")
    reader.problem(fmt::format("{}method xoauth2 is not offered yet: use password or app_password", inner));
  else if (method != "password" && method != "app_password")
    reader.problem(fmt::format("{}method must be password, app_password or xoauth2", inner));
  auth.username = reader.text(object, inner, "username").value_or("");
  auth.places.password_file = reader.text(object, inner, "password_file").value_or("");
  auth.places.password_env = reader.text(object, inner, "env_var").value_or("");
  constexpr std::array<std::string_view, 4> secrets = {"password", "password_file", "token_file", "env_var"};
  const auto there =
      std::ranges::count_if(secrets, [&](auto name) { return BulkReader::member(object, name) != nullptr; });
  auth.has_secret = there > 0;
  if (there > 1)
    reader.problem(fmt::format("{} must hold at most one of password, password_file, token_file and env_var",
                               inner.substr(0, inner.size() - 1)));
  if (BulkReader::member(object, "token_file") != nullptr && method != "xoauth2")
    reader.problem(fmt::format("{}token_file belongs to method xoauth2, which is not offered yet", inner));
  if (const auto password = object.find("password"); password != object.end() && !password->is_null()) {
    if (password->is_string())
      auth.password = Secret(std::move(password->get_ref<std::string&>()));
    else
      reader.problem(fmt::format("{}password must be a string (can be empty)", inner));
  }
  return auth;
}

void check_host_of(std::string_view provider, const Account& server, std::string_view where,
                   BulkReader& reader) {
  for (const auto& known : providers()) {
    const bool its_host = std::ranges::find(known.hosts, server.host) != known.hosts.end();
    if (its_host && known.name != provider)
      reader.problem(fmt::format("{}host {} belongs to provider {}", where, server.host, known.name));
  }
}

Side read_side(Json& root, std::string_view key, BulkConfig& config, BulkReader& reader) {
  Side side;
  side.key = key;
  const auto found = root.find(key);
  if (found == root.end() || !found->is_object()) {
    reader.problem(fmt::format("Config must include '{}' object", key));
    return side;
  }
  const auto where = fmt::format("{}.", key);
  const auto name = reader.text(*found, where, "provider").value_or("imap");
  const auto known = std::ranges::find(providers(), name, &Provider::name);
  if (known == providers().end())
    reader.problem(
        fmt::format("{}provider '{}' is unknown: use gmail, icloud or imap", where, printable(name)));
  side.icloud = name == "icloud";
  side.server = reader.server(*found, where, known == providers().end() ? "" : known->host);
  if (known != providers().end()) check_host_of(name, side.server, where, reader);
  side.auth = read_auth(*found, where, "auth", reader);
  if (name == "gmail")
    config.notes.push_back(fmt::format(
        "{}.provider gmail: labels are carried as mailboxes; a message with several labels is in each", key));
  const auto available = reader.count(*found, where, "available_bytes");
  if (key == "target") config.target_available_bytes = available;
  return side;
}

// Gmail knows neither dots nor case in what stands before its '@'.
std::string folded(std::string_view email) {
  auto out = ascii_lower(email);
  const auto at = out.rfind('@');
  if (at == std::string::npos) return out;
  const auto domain = out.substr(at);
  if (domain != "@gmail.com" && domain != "@googlemail.com") return out;
  auto user = out.substr(0, std::min(at, out.find('+')));
  std::erase(user, '.');
  return user + "@gmail.com";
}

BulkEnd end_of(Side& side, Json& item, const std::string& where, const std::string& email, bool several,
               BulkReader& reader) {
  auto own = read_auth(item, where, fmt::format("{}_auth", side.key), reader);
  if (several && !own.has_secret)
    reader.problem(
        fmt::format("{0}{1}_auth must hold the password: with several accounts that of {1}.auth "
                    "would be everybody's",
                    where, side.key));
  const Auth& secret = own.has_secret ? own : side.auth;
  if (!several && !secret.has_secret)
    reader.problem(fmt::format("{}.auth or {}{}_auth must hold a password", side.key, where, side.key));
  BulkEnd end;
  end.account = side.server;
  end.account.user = !own.username.empty()                     ? own.username
                     : !several && !side.auth.username.empty() ? side.auth.username
                     : side.icloud                             ? email.substr(0, email.find('@'))
                                                               : email;
  end.account.password_file = secret.places.password_file;
  end.account.password_env = secret.places.password_env;
  end.password = secret.password;
  return end;
}

void read_accounts(Json& root, Side& source, Side& target, BulkConfig& config, BulkReader& reader) {
  const auto* accounts = BulkReader::member(root, "accounts");
  const bool several = accounts != nullptr && accounts->size() > 1;
  std::map<std::string, std::size_t> targets;
  reader.each_account(root, [&](Json& item, std::size_t i, const std::string& where) {
    BulkAccount account;
    account.email = reader.email(item, where, "source_email");
    const auto target_email = reader.email(item, where, "target_email");
    account.source = end_of(source, item, where, account.email, several, reader);
    account.target = end_of(target, item, where, target_email, several, reader);
    config.accounts.push_back(std::move(account));
    if (target_email.empty()) return;
    const auto [first, added] = targets.emplace(folded(target_email), i);
    if (!added)
      reader.problem(
          fmt::format("accounts[{}].target_email {} is that of accounts[{}], too: several accounts "
                      "into one are not offered yet",
                      i, printable(target_email), first->second));
  });
}

// A word that must be one of a few; those behind the first get a note or a problem of the caller's.
std::string choice(const Json& object, std::string_view where, std::string_view key,
                   std::initializer_list<std::string_view> words, BulkReader& reader) {
  const auto value = reader.text(object, where, key);
  if (!value) return std::string(*words.begin());
  if (std::ranges::find(words, *value) == words.end())
    reader.problem(fmt::format("{}{} must be {}", where, key, fmt::join(words, " or ")));
  return *value;
}

void read_migration(const Json& root, BulkConfig& config, BulkReader& reader) {
  const auto* object = BulkReader::member(root, "migration");
  if (object == nullptr) return;
  if (!object->is_object()) return reader.problem("migration must be an object");
  constexpr std::string_view where = "migration.";
  if (choice(*object, where, "target_mode", {"merge", "empty"}, reader) == "empty")
    config.notes.emplace_back(
        "migration.target_mode empty is not enforced: what a target has already is not sent again");
  if (choice(*object, where, "account_merge_mode", {"one_to_one", "many_to_one"}, reader) == "many_to_one")
    reader.problem("migration.account_merge_mode many_to_one is not offered yet");
  if (const auto labels = reader.text(*object, where, "label_policy"))
    config.notes.push_back(fmt::format(
        "migration.label_policy {} is not offered yet: labels are carried as mailboxes", printable(*labels)));
  (void)choice(*object, where, "validation", {"manifest_exact"}, reader);
  const auto* folders = BulkReader::member(*object, "folder_map");
  if (folders == nullptr) return;
  if (!folders->is_object()) return reader.problem("migration.folder_map must be an object");
  for (const auto& [from, to] : folders->items()) {
    if (to.is_string() && !from.empty() && !to.get_ref<const std::string&>().empty())
      config.folder_map.emplace_back(from, to.get<std::string>());
    else
      reader.problem(fmt::format("migration.folder_map['{}'] must be a non-empty string", printable(from)));
  }
}

void read_limits(const Json& root, BulkConfig& config, BulkReader& reader) {
  const auto* object = BulkReader::member(root, "limits");
  if (object == nullptr) return;
  if (!object->is_object()) return reader.problem("limits must be an object");
  (void)reader.count(*object, "limits.", "retry_max_attempts");  // checked; ours go on while they get ahead
  const auto* throttle = BulkReader::member(*object, "throttle");
  if (throttle == nullptr) return;
  if (!throttle->is_object()) return reader.problem("limits.throttle must be an object");
  const auto rate = reader.count(*throttle, "limits.throttle.", "max_bytes_per_second");
  if (rate && *rate > 0) config.bytes_per_second = rate;
}

}  // namespace

void read_two_servers(Json& root, BulkConfig& config, BulkReader& reader) {
  auto source = read_side(root, "source", config, reader);
  auto target = read_side(root, "target", config, reader);
  read_accounts(root, source, target, config, reader);
  read_migration(root, config, reader);
  read_limits(root, config, reader);
}

}  // namespace pf::config
