#include "sync/meter.h"

namespace pf::sync {

void Meter::expect(std::uint64_t messages, std::uint64_t bytes) {
  progress_.messages_total += messages;
  progress_.bytes_total += bytes;
}

void Meter::done(const std::string& mailbox, std::uint64_t messages, std::uint64_t bytes) {
  progress_.mailbox = mailbox;
  progress_.messages_done += messages;
  progress_.bytes_done += bytes;
  tick();
}

void Meter::tick(Duration interval) {
  const TimePoint now = MonoClock::now();
  if (last_ != TimePoint{} && now - last_ < interval) return;
  last_ = now;
  progress_.seconds = seconds();
  observer_(Event(progress_));
}

}  // namespace pf::sync
