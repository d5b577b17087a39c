// What both forms of a bulk run's JSON are read with: members by type, and every mistake noted.
#pragma once

#include "config/bulk_config.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::config {

using Json = nlohmann::ordered_json;

class BulkReader {
 public:
  explicit BulkReader(std::vector<std::string>& problems) : problems_(problems) {}

  void problem(std::string sentence) { problems_.push_back(std::move(sentence)); }

  // Null when there is none, or it is null.
  static const Json* member(const Json& object, std::string_view key);
  // A member that may be absent.  `where` is "server." or "accounts[3].": what stands before the key in
  // errors.
  std::optional<std::string> text(const Json& object, std::string_view where, std::string_view key);
  bool boolean(const Json& object, std::string_view where, std::string_view key, bool fallback);
  std::optional<std::uint64_t> count(const Json& object, std::string_view where, std::string_view key);
  std::uint16_t port(const Json& object, std::string_view where, std::uint16_t fallback);

  // host, port, ssl, starttls, ca and pin of `object`; without a user.
  Account server(const Json& object, std::string_view where, std::string_view default_host = {});
  // Each object of the array "accounts", with its number and "accounts[3]."; what is wrong with the array is
  // noted.
  void each_account(
      Json& root,
      const std::function<void(Json& account, std::size_t number, const std::string& where)>& visit);
  // The name of an account, checked; empty when it is none.
  std::string email(const Json& object, std::string_view where, std::string_view key);

 private:
  std::vector<std::string>& problems_;
};

// The form with "source" and "target"; bulk_provider.cpp.
void read_two_servers(Json& root, BulkConfig& config, BulkReader& reader);

}  // namespace pf::config
