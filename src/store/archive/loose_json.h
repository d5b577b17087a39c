// A JSON object of another program: its members that are texts, numbers or lists of texts, by name; what is
// deeper is passed over.  Read from hostile files: linear, bounded, no recursion.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::store {

struct LooseJson {
  std::map<std::string, std::string, std::less<>> texts;  // numbers as their digits
  std::map<std::string, std::vector<std::string>, std::less<>> lists;

  [[nodiscard]] std::string text(std::string_view key) const;  // empty when there is none
  // A list, or a text as a list of one.
  [[nodiscard]] std::vector<std::string> list(std::string_view key) const;
};

// Nothing for what is no object, or nested too deeply to be one of a mail program.
std::optional<LooseJson> parse_loose_json(std::string_view text);

}  // namespace pf::store
