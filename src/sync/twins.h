// Equal messages are interchangeable but for what each side knows of them besides: so that each stays what it
// was, those of one date and of equal flags meet first, then those of one date, then any.
#pragma once

#include "mail/message_meta.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace pf::sync {

enum class Besides : std::uint8_t { date_and_flags, date, nothing };
inline constexpr std::array all_besides{Besides::date_and_flags, Besides::date, Besides::nothing};

using Traits = std::pair<std::int64_t, std::string>;

inline Traits traits(const MessageMeta& m, Besides besides) {
  const bool date = besides != Besides::nothing && m.date;
  return {date ? m.date->unix_seconds() : 0,
          besides == Besides::date_and_flags ? m.flags.to_string() : std::string()};
}

// Takes each two of equal keys out of `source` and `target`, in their order.  A key is what `source_key` and
// `target_key` make of an index; nothing: that one meets nobody.
template <class SourceKey, class TargetKey>
void pair_equal(std::vector<std::size_t>& source, std::vector<std::size_t>& target,
                const SourceKey& source_key, const TargetKey& target_key,
                std::vector<std::pair<std::size_t, std::size_t>>& pairs) {
  std::multimap<typename decltype(target_key(0))::value_type, std::size_t> waiting;
  for (const std::size_t t : target) {
    if (auto key = target_key(t)) waiting.emplace(*std::move(key), t);
  }
  std::set<std::size_t> taken;
  std::erase_if(source, [&](std::size_t s) {
    const auto key = source_key(s);
    const auto hit = key ? waiting.lower_bound(*key) : waiting.end();
    if (hit == waiting.end() || hit->first != *key) return false;
    pairs.emplace_back(s, hit->second);
    taken.insert(hit->second);
    waiting.erase(hit);
    return true;
  });
  std::erase_if(target, [&](std::size_t t) { return taken.contains(t); });
}

}  // namespace pf::sync
