// Sets of uids as intervals.  They are never expanded: "1:4294967295" costs eight bytes (threat: range
// bombs). RFC 3501 sequence-set; RFC 4315 uid-set (no '*').
#pragma once

#include "imap/types.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::imap {

// Both ends belong to it; first <= last, first > 0.
struct UidRange {
  Uid first;
  Uid last;
  [[nodiscard]] std::uint64_t count() const { return std::uint64_t{last.value()} - first.value() + 1; }
  friend bool operator==(const UidRange&, const UidRange&) = default;
};

// Every uid of a list of intervals, one after the other, without a copy of them.
class UidIterator {
 public:
  using value_type = Uid;
  using difference_type = std::ptrdiff_t;
  using reference = Uid;
  using iterator_category = std::input_iterator_tag;

  UidIterator() = default;
  UidIterator(const UidRange* range, const UidRange* end)
      : range_(range), end_(end), uid_(range != end ? range->first : Uid{}) {}
  Uid operator*() const { return uid_; }
  UidIterator& operator++() {
    if (uid_ != range_->last) {
      uid_ = Uid{uid_.value() + 1};
    } else {
      ++range_;
      uid_ = range_ != end_ ? range_->first : Uid{};
    }
    return *this;
  }
  UidIterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const UidIterator& a, const UidIterator& b) {
    return a.range_ == b.range_ && a.uid_ == b.uid_;
  }

 private:
  const UidRange* range_ = nullptr;
  const UidRange* end_ = nullptr;
  Uid uid_;
};

// for (Uid uid : set.uids()).  Valid as long as the set is unchanged.  Check count() before walking what a
// server sent.
class UidWalk {
 public:
  explicit UidWalk(const std::vector<UidRange>& ranges)
      : first_(ranges.data()), last_(ranges.data() + ranges.size()) {}
  [[nodiscard]] UidIterator begin() const { return {first_, last_}; }
  [[nodiscard]] UidIterator end() const { return {last_, last_}; }

 private:
  const UidRange* first_;
  const UidRange* last_;
};

// Sorted, disjoint, not adjacent: equal sets have equal intervals.
class UidSet {
 public:
  UidSet() = default;
  UidSet(std::initializer_list<Uid> uids) {
    for (auto uid : uids) add(uid);
  }
  // Any order, overlaps allowed: O(n log n).  The way to build a large set from numbers in a server's order.
  static UidSet of(std::vector<UidRange> ranges);

  // At the end in O(1), elsewhere O(intervals).  Uid 0 and swapped ends: 0 is left out, ends are put in
  // order.
  void add(Uid uid) { add(UidRange{uid, uid}); }
  void add(UidRange range);
  void add(const UidSet& other);

  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] bool contains(Uid uid) const;
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] std::optional<Uid> min() const;
  [[nodiscard]] std::optional<Uid> max() const;
  [[nodiscard]] const std::vector<UidRange>& intervals() const { return ranges_; }
  [[nodiscard]] UidWalk uids() const { return UidWalk{ranges_}; }

  [[nodiscard]] UidSet intersect(const UidSet& other) const;
  [[nodiscard]] UidSet subtract(const UidSet& other) const;

  // "1:3,7", ascending (QQ answers BAD to descending sets); empty for the empty set, which has no wire form.
  [[nodiscard]] std::string to_string() const;
  // The same in pieces of at most max_octets (at least 21) so that a command line stays short: RFC
  // 2683 3.2.1.5 and RFC 7162 4 say 8192 for modern servers, Yahoo and UW take 1,000, Courier drops the
  // connection above 16 k.
  [[nodiscard]] std::vector<std::string> chunks(std::size_t max_octets) const;
  // The same, as sets.
  [[nodiscard]] std::vector<UidSet> split(std::size_t max_octets) const;

  // What a server sent.  Tolerates swapped ends, overlaps, any order, blanks around it; nothing for 0,
  // numbers above 32 bit and rubbish.  `star` is what '*' means; without it '*' is refused.
  static std::optional<UidSet> parse(std::string_view text, std::optional<Uid> star = std::nullopt);

  friend bool operator==(const UidSet&, const UidSet&) = default;

 private:
  void insert(UidRange range);

  std::vector<UidRange> ranges_;
};

// A uid-set whose order counts: APPENDUID and COPYUID pair the n-th uid with the n-th message (RFC 4315 3).
class UidList {
 public:
  static std::optional<UidList> parse(std::string_view text);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  // The n-th, from 0.
  [[nodiscard]] std::optional<Uid> at(std::uint64_t index) const;
  // Where `uid` stands.
  [[nodiscard]] std::optional<std::uint64_t> index_of(Uid uid) const;
  [[nodiscard]] const std::vector<UidRange>& ranges() const { return ranges_; }
  [[nodiscard]] UidWalk uids() const { return UidWalk{ranges_}; }
  // Each uid once, ascending.
  [[nodiscard]] UidSet to_set() const { return UidSet::of(ranges_); }
  // No uid twice and each greater than the one before: as an honest server numbers appended messages.
  [[nodiscard]] bool ascending() const;

  friend bool operator==(const UidList&, const UidList&) = default;

 private:
  std::vector<UidRange> ranges_;
  std::uint64_t count_ = 0;
};

}  // namespace pf::imap
