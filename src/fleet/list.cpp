#include "fleet/list.h"

#include "base/utf8.h"
#include "fleet/list_builder.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::fleet {
namespace {

constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";
constexpr std::string_view blanks = " \t\r\n";

// Names every line that is not UTF-8, or holds an octet no text has.
bool check_text(std::string_view text, ListBuilder& builder) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    builder.problem(0, "the list is UTF-16: save it as UTF-8");
    return false;
  }
  bool fine = true;
  for (std::size_t row = 1; !text.empty(); ++row) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const bool nul = line.find('\0') != std::string_view::npos;
    if (!nul && is_valid_utf8(line)) continue;
    builder.problem(row, nul ? "a NUL octet stands here: this is no text"
                             : "these octets are no UTF-8: save the list as UTF-8");
    fine = false;
  }
  return fine;
}

void read(std::string_view text, ListBuilder& builder) {
  if (text.starts_with(utf8_mark)) text.remove_prefix(utf8_mark.size());
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return builder.problem(0, "the list is empty");
  if (!check_text(text, builder)) return;
  if (text[begin] == '{' || text[begin] == '[') return read_json_list(text, builder);
  if (!read_table(text, builder)) read_imapsync_list(text, builder);
}

}  // namespace

AccountList parse_list(std::string_view text, const CommonEnd& from, const CommonEnd& to) {
  ListBuilder builder(from, to);
  if (text.size() > max_list_bytes) {
    builder.problem(0, fmt::format("the list is larger than {} MB", max_list_bytes >> 20U));
    return std::move(builder).finish();
  }
  if (builder.list().problems.empty()) read(text, builder);
  return std::move(builder).finish();
}

}  // namespace pf::fleet
