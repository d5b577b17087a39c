// Counts what has been done and says so now and then.
#pragma once

#include "base/clock.h"
#include "sync/report.h"

#include <string>

namespace pf::sync {

class Meter {
 public:
  explicit Meter(const Observer& observer) : observer_(observer), started_(MonoClock::now()) {}

  void start_mailboxes(std::uint64_t total) { progress_.mailboxes_total = total; }
  void expect(std::uint64_t messages, std::uint64_t bytes);
  void done(const std::string& mailbox, std::uint64_t messages, std::uint64_t bytes);
  void mailbox_done() { ++progress_.mailboxes_done; }
  // Emits a Progress event unless one was emitted less than `interval` ago.
  void tick(Duration interval = std::chrono::milliseconds(200));
  [[nodiscard]] Duration elapsed() const { return MonoClock::now() - started_; }
  [[nodiscard]] double seconds() const { return to_seconds(elapsed()); }
  // Anything that moved since the last call; for the watchdog of a whole run.
  [[nodiscard]] const Progress& progress() const { return progress_; }

 private:
  const Observer& observer_;
  TimePoint started_;
  TimePoint last_{};
  Progress progress_;
};

}  // namespace pf::sync
