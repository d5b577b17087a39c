#include "base/ascii.h"
#include "fleet/list_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pf::fleet {
namespace {

struct Item {
  std::string_view column;  // behind "source_"
  std::string_view item;    // as config/account_items.h calls it
};
constexpr std::array<Item, 11> items = {{{"host", "host"},
                                         {"port", "port"},
                                         {"tls", "tls"},
                                         {"user", "user"},
                                         {"password", "password"},
                                         {"password_file", "password_file"},
                                         {"admin", "admin"},
                                         {"admin_form", "admin-form"},
                                         {"auth", "auth"},
                                         {"ca", "ca"},
                                         {"pin", "pin"}}};

constexpr std::array<End, 2> ends = {End::source, End::target};

}  // namespace

std::string_view name(End end) {
  return end == End::source ? "source" : "target";
}

std::optional<Field> field_of(std::string_view column) {
  for (const auto end : ends) {
    const auto front = name(end);
    if (column.size() <= front.size() || !iequals(column.substr(0, front.size()), front)) continue;
    if (column[front.size()] != '_') continue;
    const auto found = std::ranges::find_if(
        items,
        [rest = column.substr(front.size() + 1)](const Item& item) { return iequals(item.column, rest); });
    if (found != items.end()) return Field{end, found->item};
  }
  return std::nullopt;
}

std::string field_names() {
  std::string out;
  for (const auto end : ends)
    for (const auto& item : items)
      out += fmt::format("{}{}_{}", out.empty() ? "" : ", ", name(end), item.column);
  return out;
}

}  // namespace pf::fleet
