#include "options.h"

#include <charconv>
#include <iterator>
#include <limits>
#include <set>
#include <sstream>
#include <stdexcept>

namespace pf::bench {

Options::Options(int argc, char** argv, const std::string& known) {
  std::istringstream words(known);
  const std::set<std::string> allowed{std::istream_iterator<std::string>(words), {}};
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    const auto word = name.starts_with("--") ? name.substr(2) : std::string("?");
    if (!allowed.contains(word) || i + 1 == argc) {
      throw std::runtime_error(
          std::string("cannot read ").append(name).append("; options, each with a value: ").append(known));
    }
    values_[word] = argv[i + 1];
  }
}

std::uint64_t Options::number(const std::string& name, std::uint64_t otherwise) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return otherwise;
  const auto& text = found->second;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::runtime_error("--" + name + ": not a number");
  return value;
}

std::uint16_t Options::port(const std::string& name) const {
  const auto value = number(name, 0);
  if (value == 0 || value > std::numeric_limits<std::uint16_t>::max()) {
    throw std::runtime_error("--" + name + " PORT is needed");
  }
  return static_cast<std::uint16_t>(value);
}

std::string Options::text(const std::string& name, const std::string& otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : found->second;
}

}  // namespace pf::bench
