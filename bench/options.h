// --name value pairs of the benchmark programs.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace pf::bench {

class Options {
 public:
  // Throws std::runtime_error unless the arguments are `--name value` pairs with names from `known` ("a b
  // c").
  Options(int argc, char** argv, const std::string& known);

  [[nodiscard]] std::uint64_t number(const std::string& name, std::uint64_t otherwise) const;
  [[nodiscard]] std::uint16_t port(const std::string& name) const;  // required
  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise) const;

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace pf::bench
