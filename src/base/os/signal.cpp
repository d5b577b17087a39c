#include "base/os/signal.h"

#include <csignal>

namespace pf::os {

namespace {

std::atomic<int> requests{0};
std::atomic<int> first_signal{0};
std::atomic<std::atomic<int>*> mirror{nullptr};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<std::atomic<int>*>::is_always_lock_free,
              "only lock-free atomics may be used in a signal handler");

void on_stop(int signal) {
  int none = 0;
  first_signal.compare_exchange_strong(none, signal);
  requests.fetch_add(1);
  if (auto* also = mirror.load()) also->fetch_add(1);
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

void install_signal_handlers(std::atomic<int>* also) {
  mirror = also;
  handle(SIGINT, on_stop);
  handle(SIGTERM, on_stop);
  handle(SIGPIPE, SIG_IGN);
}

int stop_requests() {
  return requests.load();
}
int stop_signal() {
  return first_signal.load();
}

void forget_stop_requests() {
  requests = 0;
  first_signal = 0;
}

}  // namespace pf::os
