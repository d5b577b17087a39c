// Pairs messages of two sides by who they are (the ladder of mail/message_key.h), as multisets: equal keys
// are counted, never collapsed, and nothing is skipped for lacking a Message-ID.  Pure.
#pragma once

#include "base/result.h"
#include "mail/message_meta.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace pf::sync {

struct MatchOptions {
  bool compare_object_ids = false;  // both sides are of one family
  // The target changes what it is given: equal ids and headers are the same message whatever the content
  // says.
  bool target_rewrites = false;
};

// Indexes into the two lists given to match().
struct MatchResult {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  // Only the content can tell which of these belong together: equal id and headers, but of several sizes, or
  // several of one size.  In the order in which equal contents shall meet.
  struct Open {
    std::vector<std::size_t> source, target;
  };
  std::vector<Open> open;
  // Of the source: may have a counterpart among messages of the target that cannot be read.  With one of the
  // errors.
  std::vector<std::pair<std::size_t, Error>> undecided;
};

// All messages must have a key.  What appears in no pair and no open group has no counterpart.
MatchResult match(const std::vector<MessageMeta>& source, const std::vector<MessageMeta>& target,
                  const MatchOptions& options);

}  // namespace pf::sync
