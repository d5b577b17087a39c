#include "sync/match.h"

#include "sync/twins.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <span>
#include <tuple>

namespace pf::sync {

namespace {

using Index = std::size_t;
using Indexes = std::span<const Index>;

std::int64_t seconds(const MessageMeta& m) {
  return m.date ? m.date->unix_seconds() : 0;
}

// Everything that two messages must share to be worth comparing at all: the Message-ID and the headers.
// Without a Message-ID the key's id holds the size, which a normalising target changes, so there only the
// headers count.
auto identity(const MessageMeta& m) {
  static constexpr Digest128 no_message_id{};
  return std::tie(m.key->from_message_id ? m.key->id : no_message_id, m.key->headers);
}

class Matcher {
 public:
  Matcher(const std::vector<MessageMeta>& source, const std::vector<MessageMeta>& target,
          const MatchOptions& options)
      : source_(source),
        target_(target),
        options_(options),
        source_done_(source.size()),
        target_done_(target.size()) {}

  MatchResult run() {
    if (options_.compare_object_ids) match_object_ids();
    const auto source = order(source_, source_done_);
    const auto target = order(target_, target_done_);
    auto t = target.begin();
    for (auto s = source.begin(); s != source.end();) {
      const auto s_end = run_end(source_, s, source.end());
      while (t != target.end() && identity(target_[*t]) < identity(source_[*s])) ++t;
      auto t_end = t;
      if (t != target.end() && identity(target_[*t]) == identity(source_[*s]))
        t_end = run_end(target_, t, target.end());
      if (t != t_end) match_group({s, s_end}, {t, t_end});
      s = s_end;
      t = t_end;
    }
    return std::move(result_);
  }

 private:
  void match_object_ids() {
    std::multimap<std::string_view, Index> at_target;
    for (Index i = 0; i < target_.size(); ++i) {
      if (!target_[i].object_id.empty()) at_target.emplace(target_[i].object_id.bytes(), i);
    }
    for (Index i = 0; i < source_.size(); ++i) {
      if (source_[i].object_id.empty()) continue;
      if (auto found = at_target.find(source_[i].object_id.bytes()); found != at_target.end()) {
        pair(i, found->second);
        at_target.erase(found);
      }
    }
  }

  // Indexes of what is not yet paired, by identity, then size, date, flags and place: equals meet their
  // equals.
  static std::vector<Index> order(const std::vector<MessageMeta>& list, const std::vector<bool>& done) {
    std::vector<Index> out;
    for (Index i = 0; i < list.size(); ++i) {
      if (!done[i]) out.push_back(i);
    }
    std::ranges::sort(out, [&](Index a, Index b) {
      const auto ia = identity(list[a]);
      const auto ib = identity(list[b]);
      if (ia != ib) return ia < ib;
      const auto da = std::tuple(list[a].size, seconds(list[a]));
      const auto db = std::tuple(list[b].size, seconds(list[b]));
      if (da != db) return da < db;
      const auto fa = list[a].flags.to_string();
      const auto fb = list[b].flags.to_string();
      return fa != fb ? fa < fb : a < b;
    });
    return out;
  }

  template <class It>
  static It run_end(const std::vector<MessageMeta>& list, It at, It end) {
    const auto first = identity(list[*at]);
    return std::find_if(at, end, [&](Index i) { return identity(list[i]) != first; });
  }

  // One identity.  One message of a size here and one there are the same.  Of several, and of different
  // sizes, only the content tells who is who: as many here as there does not mean as many of each.
  void match_group(Indexes source, Indexes target) {
    if (options_.target_rewrites) {
      pair_most_alike(source, target);
      return;
    }
    MatchResult::Open open;
    auto size_run = [](const std::vector<MessageMeta>& list, Indexes in, std::uint64_t size) {
      auto n = std::ranges::find_if(in, [&](Index i) { return list[i].size != size; }) - in.begin();
      return in.first(static_cast<std::size_t>(n));
    };
    while (!source.empty() || !target.empty()) {
      std::uint64_t size = 0;
      if (source.empty()) {
        size = target_[target.front()].size;
      } else if (target.empty()) {
        size = source_[source.front()].size;
      } else {
        size = std::min(source_[source.front()].size, target_[target.front()].size);
      }
      const Indexes s = size_run(source_, source, size);
      const Indexes t = size_run(target_, target, size);
      source = source.subspan(s.size());
      target = target.subspan(t.size());
      pair_equal_sizes(s, t, open);
    }
    if (!open.source.empty() && !open.target.empty()) result_.open.push_back(std::move(open));
  }

  // The content proves nothing: those of one date and of equal flags meet first.
  void pair_most_alike(Indexes source, Indexes target) {
    std::vector<Index> s(source.begin(), source.end()), t(target.begin(), target.end());
    std::vector<std::pair<Index, Index>> found;
    for (const auto besides : all_besides) {
      pair_equal(
          s, t, [&](Index i) { return std::optional(traits(source_[i], besides)); },
          [&](Index i) { return std::optional(traits(target_[i], besides)); }, found);
    }
    for (const auto& [at_source, at_target] : found) pair(at_source, at_target);
  }

  void pair_equal_sizes(Indexes s, Indexes t, MatchResult::Open& open) {
    if (s.size() == 1 && t.size() == 1) {
      pair(s.front(), t.front());
      return;
    }
    open.source.insert(open.source.end(), s.begin(), s.end());
    open.target.insert(open.target.end(), t.begin(), t.end());
  }

  void pair(Index s, Index t) {
    source_done_[s] = true;
    target_done_[t] = true;
    result_.pairs.emplace_back(s, t);
  }

  const std::vector<MessageMeta>& source_;
  const std::vector<MessageMeta>& target_;
  const MatchOptions& options_;
  std::vector<bool> source_done_, target_done_;
  MatchResult result_;
};

}  // namespace

MatchResult match(const std::vector<MessageMeta>& source, const std::vector<MessageMeta>& target,
                  const MatchOptions& options) {
  return Matcher(source, target, options).run();
}

}  // namespace pf::sync
