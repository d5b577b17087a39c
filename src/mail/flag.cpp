#include "mail/flag.h"

#include "base/ascii.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

namespace pf {

namespace {

struct SystemName {
  SystemFlag flag;
  std::string_view name;
};

// In the order they are written.
constexpr std::array system_names{
    SystemName{SystemFlag::answered, "\\Answered"}, SystemName{SystemFlag::flagged, "\\Flagged"},
    SystemName{SystemFlag::deleted, "\\Deleted"},   SystemName{SystemFlag::seen, "\\Seen"},
    SystemName{SystemFlag::draft, "\\Draft"},
};

std::optional<SystemFlag> system_flag(std::string_view text) {
  const auto* const found =
      std::ranges::find_if(system_names, [&](const SystemName& s) { return iequals(s.name, text); });
  if (found == system_names.end()) return std::nullopt;
  return found->flag;
}

bool is_keyword(std::string_view text) {
  if (text.empty() || text == "\\*" || iequals(text, "\\Recent")) return false;
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7F'; });
}

constexpr auto by_name = [](std::string_view a, std::string_view b) { return iless(a, b); };

}  // namespace

void FlagSet::add(std::string_view flag) {
  if (const auto system = system_flag(flag)) {
    add(*system);
    return;
  }
  if (!is_keyword(flag) || keywords_.size() >= max_keywords) return;
  const auto place = std::ranges::lower_bound(keywords_, flag, by_name);
  if (place == keywords_.end() || !iequals(*place, flag)) keywords_.emplace(place, flag);
}

void FlagSet::remove(std::string_view flag) {
  if (const auto system = system_flag(flag)) {
    remove(*system);
    return;
  }
  const auto place = std::ranges::lower_bound(keywords_, flag, by_name);
  if (place != keywords_.end() && iequals(*place, flag)) keywords_.erase(place);
}

bool FlagSet::has(std::string_view flag) const {
  if (const auto system = system_flag(flag)) return has(*system);
  return std::ranges::binary_search(keywords_, flag, by_name);
}

std::string FlagSet::to_string() const {
  std::string out;
  const auto append = [&](std::string_view flag) {
    if (!out.empty()) out += ' ';
    out += flag;
  };
  for (const auto& [flag, text] : system_names) {
    if (has(flag)) append(text);
  }
  for (const auto& keyword : keywords_) append(keyword);
  return out;
}

FlagSet FlagSet::parse(std::string_view text) {
  FlagSet out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    out.add(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

FlagSet FlagSet::without(const FlagSet& other) const {
  FlagSet out;
  out.system_ = system_ & static_cast<std::uint8_t>(~other.system_);
  std::ranges::set_difference(keywords_, other.keywords_, std::back_inserter(out.keywords_), by_name);
  return out;
}

FlagSet FlagSet::intersect(const FlagSet& other) const {
  FlagSet out;
  out.system_ = system_ & other.system_;
  std::ranges::set_intersection(keywords_, other.keywords_, std::back_inserter(out.keywords_), by_name);
  return out;
}

FlagSet FlagSet::unite(const FlagSet& other) const {
  FlagSet out;
  out.system_ = system_ | other.system_;
  std::ranges::set_union(keywords_, other.keywords_, std::back_inserter(out.keywords_), by_name);
  return out;
}

bool operator==(const FlagSet& a, const FlagSet& b) {
  return a.system_ == b.system_ && std::ranges::equal(a.keywords_, b.keywords_, iequals);
}

FlagSet FlagRules::kept(const FlagSet& flags) const {
  if (!known) return flags;
  FlagSet out = flags.intersect(permanent);
  if (!new_keywords) return out;
  for (const auto& keyword : flags.keywords()) {
    if (!keyword.starts_with('\\')) out.add(keyword);
  }
  return out;
}

}  // namespace pf
