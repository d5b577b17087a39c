#include "config/bulk_config.h"

#include "base/printable.h"
#include "config/bulk_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace pf::config {
namespace {

// Its password, or where that is to be found.
void read_password(Json& object, std::string_view where, BulkEnd& end, BulkReader& reader) {
  auto& account = end.account;
  const std::array places = {std::pair{"password_file", &account.password_file},
                             std::pair{"password_env", &account.password_env},
                             std::pair{"password_command", &account.password_command}};
  bool elsewhere = false;
  for (const auto& [key, slot] : places) {
    *slot = reader.text(object, where, key).value_or("");
    elsewhere = elsewhere || BulkReader::member(object, key) != nullptr;
  }
  const auto given = object.find("password");
  if (given == object.end() && elsewhere) return;
  if (given == object.end() || !given->is_string())
    return reader.problem(fmt::format("{}password must be a string (can be empty)", where));
  end.password = Secret(std::move(given->get_ref<std::string&>()));
}

void read_one_server(Json& root, BulkConfig& config, BulkReader& reader) {
  Account server;
  const auto* object = BulkReader::member(root, "server");
  if (object == nullptr || !object->is_object()) {
    reader.problem("Config must include 'server' object");
  } else {
    server = reader.server(*object, "server.");
  }
  reader.each_account(root, [&](Json& item, std::size_t /*number*/, const std::string& where) {
    BulkAccount account;
    account.email = reader.email(item, where, "email");
    account.source.account = server;
    account.source.account.user = account.email;
    read_password(item, where, account.source, reader);
    account.target = account.source;
    config.accounts.push_back(std::move(account));
  });
}

// Two of the same would write one archive side by side.
void check_unique(const BulkConfig& config, BulkReader& reader) {
  const auto* key = config.two_servers ? "source_email" : "email";
  std::map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < config.accounts.size(); ++i) {
    const auto& email = config.accounts[i].email;
    if (email.empty()) continue;
    const auto [first, added] = seen.emplace(email, i);
    if (!added)
      reader.problem(fmt::format("accounts[{}].{} '{}' is that of accounts[{}], too", i, key,
                                 printable(email), first->second));
  }
}

}  // namespace

BulkParsed parse_bulk_config(std::string_view text, const std::filesystem::path& directory) {
  BulkParsed parsed;
  BulkReader reader(parsed.problems);
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  Json root;
  try {
    root = Json::parse(text);
  } catch (const Json::parse_error& error) {  // the library's way to refuse; its words would quote the file
    const auto upto = text.substr(0, std::min(error.byte, text.size()));
    reader.problem(fmt::format("not valid JSON (line {})", 1 + std::ranges::count(upto, '\n')));
    return parsed;
  }
  if (!root.is_object()) {
    reader.problem("Config root must be an object");
    return parsed;
  }
  auto& config = parsed.config;
  config.two_servers = root.contains("source") || root.contains("target");
  if (config.two_servers)
    read_two_servers(root, config, reader);
  else
    read_one_server(root, config, reader);
  check_unique(config, reader);
  for (auto& account : config.accounts) {
    for (auto* end : {&account.source, &account.target}) {
      for (auto* file : {&end->account.password_file, &end->account.ca_file})
        if (!file->empty()) *file = (directory / *file).string();
    }
  }
  return parsed;
}

Secret import_template(const BulkConfig& config) {
  const auto& server = config.accounts.front().source.account;
  Json root = {{"server",
                {{"host", server.host},
                 {"port", server.port},
                 {"ssl", server.tls == Tls::implicit},
                 {"starttls", server.tls == Tls::starttls}}}};
  if (!server.ca_file.empty()) root["server"]["ca"] = server.ca_file;
  if (!server.pin.empty()) root["server"]["pin"] = server.pin;
  auto& accounts = root["accounts"] = Json::array();
  for (const auto& account : config.accounts) {
    const auto& from = account.source.account;
    Json item = {{"email", account.email}, {"password", account.source.password.reveal()}};
    for (const auto& [key, place] :
         {std::pair{"password_file", &from.password_file}, std::pair{"password_env", &from.password_env},
          std::pair{"password_command", &from.password_command}})
      if (!place->empty()) item[key] = *place;
    accounts.push_back(std::move(item));
  }
  constexpr int indent = 2;
  Secret text(root.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n");
  for (auto& item : accounts) Secret::wipe(item["password"].get_ref<std::string&>());
  return text;
}

}  // namespace pf::config
