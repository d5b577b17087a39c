#include "imap/uid_set.h"

#include "base/ascii.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace pf::imap {
namespace {

constexpr std::size_t longest_range = 21;  // "4294967295:4294967295"

std::string wire(UidRange range) {
  if (range.first == range.last) return fmt::format("{}", range.first.value());
  return fmt::format("{}:{}", range.first.value(), range.last.value());
}

// Touching counts: 1:3 and 4:5 are one interval.
bool joins(UidRange left, UidRange right) {
  return std::uint64_t{left.last.value()} + 1 >= right.first.value();
}

std::optional<Uid> parse_uid(std::string_view text, std::optional<Uid> star) {
  if (text == "*") return star;
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size() || value == 0) return std::nullopt;
  return Uid{value};
}

std::optional<UidRange> parse_range(std::string_view text, std::optional<Uid> star) {
  const auto colon = text.find(':');
  const auto first = parse_uid(text.substr(0, colon), star);
  const auto last = colon == std::string_view::npos ? first : parse_uid(text.substr(colon + 1), star);
  if (!first || !last) return std::nullopt;
  return UidRange{std::min(*first, *last), std::max(*first, *last)};
}

std::optional<std::vector<UidRange>> parse_ranges(std::string_view text, std::optional<Uid> star) {
  text = trim_blanks(text);
  std::vector<UidRange> ranges;
  for (;;) {
    const auto comma = text.find(',');
    const auto range = parse_range(text.substr(0, comma), star);
    if (!range) return std::nullopt;
    ranges.push_back(*range);
    if (comma == std::string_view::npos) return ranges;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

UidSet UidSet::of(std::vector<UidRange> ranges) {
  std::erase_if(ranges, [](UidRange range) { return range.last == Uid{}; });
  std::ranges::sort(ranges, {}, &UidRange::first);
  UidSet result;
  for (auto range : ranges) result.add(range);  // each at the end or into the last one
  return result;
}

void UidSet::add(UidRange range) {
  if (range.last < range.first) std::swap(range.first, range.last);
  if (range.first == Uid{}) range.first = Uid{1};
  if (range.last == Uid{}) return;
  if (ranges_.empty() || !joins(ranges_.back(), range)) {
    ranges_.push_back(range);
  } else if (range.first >= ranges_.back().first) {
    ranges_.back().last = std::max(ranges_.back().last, range.last);
  } else {
    insert(range);
  }
}

void UidSet::insert(UidRange range) {
  auto first = std::ranges::partition_point(ranges_, [&](UidRange each) { return !joins(each, range); });
  auto last = first;
  while (last != ranges_.end() && joins(range, *last)) {
    range.first = std::min(range.first, last->first);
    range.last = std::max(range.last, last->last);
    ++last;
  }
  if (first == last) {
    ranges_.insert(first, range);
  } else {
    *first = range;
    ranges_.erase(std::next(first), last);
  }
}

void UidSet::add(const UidSet& other) {
  if (other.ranges_.size() < 4) {
    for (auto range : std::vector(other.ranges_)) add(range);
    return;
  }
  auto all = ranges_;
  all.insert(all.end(), other.ranges_.begin(), other.ranges_.end());
  *this = of(std::move(all));
}

bool UidSet::contains(Uid uid) const {
  const auto at = std::ranges::partition_point(ranges_, [&](UidRange each) { return each.last < uid; });
  return at != ranges_.end() && at->first <= uid;
}

std::uint64_t UidSet::count() const {
  std::uint64_t sum = 0;
  for (auto range : ranges_) sum += range.count();
  return sum;
}

std::optional<Uid> UidSet::min() const {
  if (ranges_.empty()) return std::nullopt;
  return ranges_.front().first;
}

std::optional<Uid> UidSet::max() const {
  if (ranges_.empty()) return std::nullopt;
  return ranges_.back().last;
}

UidSet UidSet::intersect(const UidSet& other) const {
  UidSet result;
  auto a = ranges_.begin();
  auto b = other.ranges_.begin();
  while (a != ranges_.end() && b != other.ranges_.end()) {
    const UidRange common{std::max(a->first, b->first), std::min(a->last, b->last)};
    if (common.first <= common.last) result.ranges_.push_back(common);
    if (a->last < b->last) {
      ++a;
    } else {
      ++b;
    }
  }
  return result;
}

UidSet UidSet::subtract(const UidSet& other) const {
  UidSet result;
  auto b = other.ranges_.begin();
  for (auto a : ranges_) {
    while (b != other.ranges_.end() && b->last < a.first) ++b;
    auto from = std::uint64_t{a.first.value()};
    for (auto cut = b; cut != other.ranges_.end() && cut->first <= a.last; ++cut) {
      if (cut->first.value() > from) {
        result.ranges_.push_back({Uid{static_cast<std::uint32_t>(from)}, Uid{cut->first.value() - 1}});
      }
      from = std::uint64_t{cut->last.value()} + 1;
      b = cut;
    }
    if (from <= a.last.value()) result.ranges_.push_back({Uid{static_cast<std::uint32_t>(from)}, a.last});
  }
  return result;
}

std::string UidSet::to_string() const {
  std::string text;
  for (auto range : ranges_) {
    if (!text.empty()) text += ',';
    text += wire(range);
  }
  return text;
}

std::vector<UidSet> UidSet::split(std::size_t max_octets) const {
  max_octets = std::max(max_octets, longest_range);
  std::vector<UidSet> sets;
  std::size_t used = 0;
  for (auto range : ranges_) {
    const auto needed = wire(range).size() + 1;
    if (sets.empty() || used + needed > max_octets + 1) {
      sets.emplace_back();
      used = 0;
    }
    sets.back().ranges_.push_back(range);
    used += needed;
  }
  return sets;
}

std::vector<std::string> UidSet::chunks(std::size_t max_octets) const {
  std::vector<std::string> texts;
  for (const auto& set : split(max_octets)) texts.push_back(set.to_string());
  return texts;
}

std::optional<UidSet> UidSet::parse(std::string_view text, std::optional<Uid> star) {
  auto ranges = parse_ranges(text, star);
  if (!ranges) return std::nullopt;
  return of(*std::move(ranges));
}

std::optional<UidList> UidList::parse(std::string_view text) {
  auto ranges = parse_ranges(text, std::nullopt);
  if (!ranges) return std::nullopt;
  UidList list;
  list.ranges_ = *std::move(ranges);
  for (auto range : list.ranges_) list.count_ += range.count();
  return list;
}

std::optional<Uid> UidList::at(std::uint64_t index) const {
  for (auto range : ranges_) {
    if (index < range.count()) return Uid{range.first.value() + static_cast<std::uint32_t>(index)};
    index -= range.count();
  }
  return std::nullopt;
}

std::optional<std::uint64_t> UidList::index_of(Uid uid) const {
  std::uint64_t before = 0;
  for (auto range : ranges_) {
    if (range.first <= uid && uid <= range.last) return before + (uid.value() - range.first.value());
    before += range.count();
  }
  return std::nullopt;
}

bool UidList::ascending() const {
  const auto out_of_order = [](UidRange left, UidRange right) { return left.last >= right.first; };
  return std::ranges::adjacent_find(ranges_, out_of_order) == ranges_.end();
}

}  // namespace pf::imap
