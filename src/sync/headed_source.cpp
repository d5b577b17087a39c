#include "sync/headed_source.h"

#include <utility>

namespace pf::sync {

Task<MessageKey> HeadedSource::read_head() {
  HeaderScan scan;
  while (!scan.done() && head_.size() < body_.size()) {
    PF_CO_TRY(const Bytes chunk, co_await body_.next());
    if (chunk.empty()) break;
    scan.feed(chunk);
    head_.append(chunk.begin(), chunk.end());
  }
  co_return scan.key(body_.size());
}

Task<Bytes> HeadedSource::next() {
  if (!std::exchange(head_given_, true) && !head_.empty()) co_return as_bytes(head_);
  if (head_.size() >= body_.size()) co_return Bytes{};
  auto chunk = co_await body_.next();
  co_return chunk;
}

}  // namespace pf::sync
