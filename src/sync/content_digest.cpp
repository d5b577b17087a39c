#include "sync/content_digest.h"

#include <algorithm>

namespace pf::sync {

namespace {

constexpr std::size_t flush_at = std::size_t{16} << 10;

bool is_eight_bit(char c) {
  return static_cast<unsigned char>(c) > 127;
}

}  // namespace

void ContentDigester::feed(Bytes chunk) {
  exact_.update(as_text(chunk));
  size_ += chunk.size();
  const char* at = chunk.data();
  const char* const end = at + chunk.size();
  while (at != end) {
    // CR and NUL are rare: whole runs between them go over as they are.
    const char* stop = at;
    while (stop != end && *stop != '\r' && *stop != '\n' && *stop != '\0') ++stop;
    if (stop != at) take_run({at, stop});
    if (pending_.size() >= flush_at) flush_normal();
    if (stop == end) return;
    if (*stop == '\r') {
      ++carriage_returns_;
    } else if (*stop == '\n') {
      end_line();
    } else {
      take_run("\x80");
    }
    at = stop + 1;
  }
}

void ContentDigester::take_run(std::string_view run) {
  while (carriage_returns_ != 0) {  // bare CRs in the middle of a line stay
    const std::size_t some = std::min(carriage_returns_, flush_at);
    pending_.append(some, '\r');
    carriage_returns_ -= some;
    if (pending_.size() >= flush_at) flush_normal();
  }
  const std::size_t begin = pending_.size();
  pending_ += run;
  empty_line_ = false;
  if (!in_header_) return;
  std::replace_if(pending_.begin() + static_cast<std::ptrdiff_t>(begin), pending_.end(), is_eight_bit, 'X');
}

void ContentDigester::end_line() {
  pending_ += '\n';
  carriage_returns_ = 0;  // whatever run of CR came before it
  if (empty_line_) in_header_ = false;
  empty_line_ = true;
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
