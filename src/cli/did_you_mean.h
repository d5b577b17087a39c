// The word somebody meant.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace pf::cli {

// Number of insertions, deletions, replacements and swaps of neighbours that make `a` of `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, when it is near: a third of its length at most, or `word` is its
// beginning.
std::optional<std::string_view> did_you_mean(std::string_view word,
                                             std::span<const std::string_view> candidates);

}  // namespace pf::cli
