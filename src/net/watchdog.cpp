#include "net/watchdog.h"

#include "async/timer.h"

namespace pf::net {

struct Watchdog::Impl {
  Timer timer;
  std::function<void()> on_expiry;
  bool expired = false;

  Impl(const asio::any_io_executor& executor, TimePoint deadline) : timer(executor, deadline) {}
};

Watchdog::Watchdog(const asio::any_io_executor& executor, TimePoint deadline, std::function<void()> on_expiry)
    : impl_(std::make_shared<Impl>(executor, deadline)) {
  impl_->on_expiry = std::move(on_expiry);
  // The expiry may be queued already when we go: then the emptied function tells.
  impl_->timer.async_wait([impl = impl_](const asio::error_code& ec) {
    if (ec || !impl->on_expiry) return;
    impl->expired = true;
    impl->on_expiry();
  });
}

Watchdog::~Watchdog() {
  impl_->on_expiry = nullptr;
  impl_->timer.cancel();
}

bool Watchdog::expired() const {
  return impl_->expired;
}

}  // namespace pf::net
