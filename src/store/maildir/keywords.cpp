#include "store/maildir/keywords.h"

#include "base/ascii.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace pf::store::maildir {

namespace {

constexpr std::string_view forwarded = "$Forwarded";

struct Known {
  char letter;
  SystemFlag flag;
};
constexpr std::array known{Known{'D', SystemFlag::draft}, Known{'F', SystemFlag::flagged},
                           Known{'R', SystemFlag::answered}, Known{'S', SystemFlag::seen},
                           Known{'T', SystemFlag::deleted}};

bool is_keyword_letter(char c) {
  return c >= 'a' && c <= 'z';
}

bool means_something(char letter, const Keywords& keywords) {
  if (is_keyword_letter(letter)) return !keywords.meaning(letter).empty();
  return letter == 'P' || std::ranges::find(known, letter, &Known::letter) != known.end();
}

// Neither a system flag that somebody invented nor anything that would break the file's lines.
bool writable(std::string_view keyword) {
  return !keyword.empty() && keyword.front() != '\\' &&
         std::ranges::none_of(keyword, [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

}  // namespace

Keywords Keywords::parse(std::string_view text) {
  Keywords out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    std::size_t index = 0;
    const auto [at, error] = std::from_chars(line.data(), line.data() + line.size(), index);
    if (error != std::errc{} || index >= most || at == line.data() + line.size() || *at != ' ') continue;
    const auto name = line.substr(static_cast<std::size_t>(at - line.data()) + 1);
    if (writable(name) && !out.letter(name)) out.names_[index] = name;
  }
  return out;
}

std::string Keywords::to_text() const {
  std::string out;
  for (std::size_t i = 0; i < most; ++i) {
    if (!names_[i].empty()) out += fmt::format("{} {}\n", i, names_[i]);
  }
  return out;
}

std::optional<char> Keywords::letter(std::string_view keyword) const {
  for (std::size_t i = 0; i < most; ++i) {
    if (!names_[i].empty() && iequals(names_[i], keyword)) return static_cast<char>('a' + i);
  }
  return std::nullopt;
}

const std::string& Keywords::meaning(char letter) const {
  static const std::string none;
  return is_keyword_letter(letter) ? names_[static_cast<std::size_t>(letter - 'a')] : none;
}

bool Keywords::add(std::string_view keyword, std::string_view taken) {
  if (letter(keyword)) return true;
  if (!writable(keyword)) return false;
  for (std::size_t i = 0; i < most; ++i) {
    if (!names_[i].empty() || taken.find(static_cast<char>('a' + i)) != std::string_view::npos) continue;
    names_[i] = keyword;
    return true;
  }
  return false;
}

bool Keywords::full() const {
  return std::ranges::none_of(names_, &std::string::empty);
}

std::vector<std::string> Keywords::all() const {
  std::vector<std::string> out;
  std::ranges::copy_if(names_, std::back_inserter(out), [](const auto& name) { return !name.empty(); });
  return out;
}

FlagSet flags_of(std::string_view letters, const Keywords& keywords) {
  FlagSet out;
  for (const char c : letters) {
    if (const auto flag = std::ranges::find(known, c, &Known::letter); flag != known.end()) {
      out.add(flag->flag);
    } else if (c == 'P') {
      out.add(forwarded);
    } else if (const auto& keyword = keywords.meaning(c); !keyword.empty()) {
      out.add(keyword);
    }
  }
  return out;
}

std::string letters_of(const FlagSet& flags, const Keywords& keywords, std::string_view now) {
  std::string out;
  for (const char c : now) {
    if (!means_something(c, keywords)) out += c;
  }
  for (const auto& each : known) {
    if (flags.has(each.flag)) out += each.letter;
  }
  if (flags.has(forwarded)) out += 'P';
  for (const auto& keyword : flags.keywords()) {
    if (const auto letter = keywords.letter(keyword)) out += *letter;
  }
  std::ranges::sort(out);
  const auto twice = std::ranges::unique(out);
  out.erase(twice.begin(), twice.end());
  return out;
}

}  // namespace pf::store::maildir
