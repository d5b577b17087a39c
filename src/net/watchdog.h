// A deadline over several awaits: when it passes, it does one thing (closes the stream everybody waits on).
#pragma once

#include "base/clock.h"

#include <asio/any_io_executor.hpp>

#include <functional>
#include <memory>

namespace pf::net {

class Watchdog {
 public:
  // `on_expiry` runs at most once, on the executor, and never after the Watchdog is gone.
  Watchdog(const asio::any_io_executor& executor, TimePoint deadline, std::function<void()> on_expiry);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  [[nodiscard]] bool expired() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pf::net
