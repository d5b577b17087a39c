#include "base/ascii.h"
#include "fleet/list_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace pf::fleet {
namespace {

constexpr std::array<Field, 6> fields = {{{End::source, "host"},
                                          {End::source, "user"},
                                          {End::source, "password"},
                                          {End::target, "host"},
                                          {End::target, "user"},
                                          {End::target, "password"}}};
constexpr std::size_t most_parts = 64;

std::vector<std::string_view> parts_of(std::string_view line) {
  std::vector<std::string_view> parts;
  while (parts.size() < most_parts) {
    const auto end = line.find(';');
    parts.push_back(line.substr(0, end));
    if (end == std::string_view::npos) break;
    line.remove_prefix(end + 1);
  }
  return parts;
}

void read_line(std::string_view line, std::size_t number, ListBuilder& builder) {
  const auto parts = parts_of(line);
  if (parts.size() < fields.size())
    return builder.problem(number, "this is not host1;user1;password1;host2;user2;password2;");
  const bool more = std::ranges::any_of(parts.begin() + fields.size(), parts.end(),
                                        [](std::string_view part) { return !trim_blanks(part).empty(); });
  if (more)
    return builder.problem(number,
                           "something stands behind password2: options are given on the command line");
  Row row{.number = number, .cells = {}};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool password = fields[i].item == "password";
    row.cells.push_back({fields[i], std::string(password ? parts[i] : trim_blanks(parts[i]))});
  }
  builder.add(std::move(row));
}

}  // namespace

void read_imapsync_list(std::string_view text, ListBuilder& builder) {
  bool first = true;
  for (std::size_t number = 1; !text.empty() && !builder.overflowing(); ++number) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto content = trim_blanks(line);
    if (content.empty() || content.starts_with('#')) continue;
    if (first && parts_of(line).size() < fields.size())
      return builder.problem(
          number,
          fmt::format("this is no header and no line of imapsync's: known columns are {}", field_names()));
    first = false;
    read_line(line, number, builder);
  }
}

}  // namespace pf::fleet
