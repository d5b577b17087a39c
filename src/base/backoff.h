// When to try again, and when to give up.  Pure: the caller sleeps and tells the time.
#pragma once

#include "base/clock.h"

#include <cstddef>
#include <functional>
#include <optional>

namespace pf {

struct BackoffRules {
  Duration first = std::chrono::seconds(1);     // before the second retry; the first one is at once
  Duration ceiling = std::chrono::seconds(60);  // of the doubling, before the jitter
  double jitter = 0.2;                          // each wait is longer or shorter by up to this part
  std::size_t max_attempts = 15;                // retries in a row without progress
};

class Backoff {
 public:
  using Random = std::function<double()>;  // uniform in [0, 1)

  // `deadline`: no retry starts after it.
  explicit Backoff(BackoffRules rules, std::optional<TimePoint> deadline = {}, Random random = {});

  // How long to wait before the next try; nothing: give up.  `server_wish` (Error::retry_after) is waited
  // exactly, even above the ceiling: a throttling server counts an early retry against us.
  std::optional<Duration> next(TimePoint now, std::optional<Duration> server_wish = {});

  // Retries since the last progress.
  [[nodiscard]] std::size_t attempts() const { return attempts_; }
  // Something was achieved: the next failure starts from the beginning.
  void progress() { attempts_ = 0; }

 private:
  [[nodiscard]] Duration own_delay();

  BackoffRules rules_;
  std::optional<TimePoint> deadline_;
  Random random_;
  std::size_t attempts_ = 0;
};

}  // namespace pf
