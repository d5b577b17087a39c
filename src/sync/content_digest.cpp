#include "sync/content_digest.h"

#include <cstring>

namespace pf::sync {

namespace {
constexpr std::size_t flush_at = std::size_t{16} << 10;
}

void ContentDigester::feed(Bytes chunk) {
  exact_.update(as_text(chunk));
  size_ += chunk.size();
  const char* at = chunk.data();
  const char* const end = at + chunk.size();
  while (at != end) {
    // CR and NUL are rare: whole runs between them go over as they are.
    const char* stop = at;
    while (stop != end && *stop != '\r' && *stop != '\n' && *stop != '\0') ++stop;
    if (stop != at) {
      if (carriage_returns_) {
        pending_.append(run_, '\r');  // bare CRs in the middle of a line stay
        carriage_returns_ = false;
        run_ = 0;
      }
      pending_.append(at, stop);
    }
    if (pending_.size() >= flush_at) flush_normal();
    if (stop == end) return;
    if (*stop == '\r') {
      carriage_returns_ = true;
      ++run_;
    } else if (*stop == '\n') {
      pending_ += '\n';  // whatever run of CR came before it
      carriage_returns_ = false;
      run_ = 0;
    } else {
      if (carriage_returns_) pending_.append(run_, '\r');
      carriage_returns_ = false;
      run_ = 0;
      pending_ += '\x80';
    }
    at = stop + 1;
  }
}

void ContentDigester::flush_normal() {
  normal_.update(pending_);
  pending_.clear();
}

ContentDigest ContentDigester::finish() {
  flush_normal();  // a run of CR at the very end is not part of the normal form
  ContentDigest digest{exact_.finish(), normal_.finish(), size_};
  *this = ContentDigester{};
  return digest;
}

}  // namespace pf::sync
