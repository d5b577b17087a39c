#include "net/lookup.h"

#include "async/event.h"

#include <asio/any_io_executor.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace pf::net {

namespace {

using asio::ip::tcp;
using Addresses = std::vector<asio::ip::address>;

constexpr std::size_t max_threads = 32;  // further names wait for one that has ended
constexpr std::size_t max_remembered = 1024;

Error resolve_error(const std::string& host, const asio::error_code& ec) {
  const bool temporary = ec == asio::error::host_not_found_try_again;
  return {Errc::resolve,
          Scope::account,
          temporary ? Retry::later : Retry::never,
          fmt::format("looking up {}: {}", host, ec.message()),
          {},
          "check the host name"};
}

Result<Addresses> ask_system(const std::string& host) {
  asio::io_context unused;
  tcp::resolver resolver(unused);
  asio::error_code ec;
  // No AI_ADDRCONFIG: it hides ::1 and 127.0.0.1 on a machine that has nothing but loopback.
  const auto results = resolver.resolve(host, "0", tcp::resolver::numeric_service, ec);
  if (ec) return resolve_error(host, ec);
  Addresses found;
  for (const auto& entry : results) found.push_back(entry.endpoint().address());
  return found;
}

// Who asked, on its own loop.
struct Asker {
  explicit Asker(asio::any_io_executor e) : executor(std::move(e)) {}
  asio::any_io_executor executor;
  std::optional<Result<Addresses>> answer;  // of the loop
  Event changed;
};

// Everything under one mutex.  Never destroyed: a thread may hang in the system when the program ends.
class Lookups {
 public:
  using Askers = std::list<std::shared_ptr<Asker>>;

  // An answer at once, or a place among those who wait.
  std::optional<Addresses> ask(const std::string& host, const std::shared_ptr<Asker>& asker) {
    const std::lock_guard lock(mutex_);
    if (const auto known = known_.find(host); known != known_.end()) {
      if (MonoClock::now() < known->second.until) return known->second.addresses;
      known_.erase(known);
    }
    const auto [waiting, fresh] = waiting_.try_emplace(host);
    waiting->second.push_back(asker);
    if (!fresh) return {};
    queue_.push_back(host);
    if (threads_ < max_threads) {
      ++threads_;
      std::thread([this] { serve(); }).detach();
    }
    return {};
  }

  // Whoever asked goes, and its loop may go with it.
  void leave(const std::string& host, const std::shared_ptr<Asker>& asker) {
    const std::lock_guard lock(mutex_);
    if (const auto waiting = waiting_.find(host); waiting != waiting_.end()) waiting->second.remove(asker);
  }

  void replace(SystemLookup lookup) {
    const std::lock_guard lock(mutex_);
    system_ = lookup ? std::move(lookup) : SystemLookup(ask_system);
    known_.clear();
  }

 private:
  struct Known {
    Addresses addresses;
    TimePoint until;
  };

  void serve() {
    for (;;) {
      std::string host;
      SystemLookup system;
      {
        const std::lock_guard lock(mutex_);
        if (queue_.empty()) {
          --threads_;
          return;
        }
        host = std::move(queue_.front());
        queue_.pop_front();
        system = system_;
      }
      tell(host, system(host));
    }
  }

  void tell(const std::string& host, const Result<Addresses>& answer) {
    const std::lock_guard lock(mutex_);
    if (answer) {
      if (known_.size() >= max_remembered) known_.clear();
      known_[host] = {*answer, MonoClock::now() + lookup_memory};
    }
    const auto waiting = waiting_.find(host);
    for (const auto& asker : waiting->second) {
      asio::post(asker->executor, [asker, answer] {
        asker->answer = answer;
        asker->changed.notify_all();
      });
    }
    waiting_.erase(waiting);
  }

  std::mutex mutex_;
  std::map<std::string, Known> known_;
  std::map<std::string, Askers> waiting_;
  std::deque<std::string> queue_;
  std::size_t threads_ = 0;
  SystemLookup system_ = ask_system;
};

Lookups& lookups() {
  static auto* const all = new Lookups;
  return *all;
}

// Leaves however the coroutine ends.
class Place {
 public:
  Place(std::string host, std::shared_ptr<Asker> asker) : host_(std::move(host)), asker_(std::move(asker)) {}
  ~Place() { lookups().leave(host_, asker_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::string host_;
  std::shared_ptr<Asker> asker_;
};

}  // namespace

Task<Addresses> look_up(std::string host, TimePoint deadline, CancelSignal* cancel) {
  const auto asker = std::make_shared<Asker>(co_await asio::this_coro::executor);
  const Place place(host, asker);
  if (auto known = lookups().ask(host, asker)) co_return *std::move(known);
  CancelSignal::Hook hook;
  if (cancel != nullptr) hook = cancel->on_cancel([asker] { asker->changed.notify_all(); });
  while (!asker->answer) {
    if (cancel != nullptr && cancel->cancelled()) {
      co_return Error(Errc::cancelled, Scope::connection, Retry::never, fmt::format("looking up {}", host));
    }
    if (MonoClock::now() >= deadline) {
      co_return Error(Errc::timeout, Scope::connection, Retry::later,
                      fmt::format("looking up {} took too long", host));
    }
    (void)co_await asker->changed.wait_until(deadline);
  }
  co_return *asker->answer;
}

void replace_lookup(SystemLookup lookup) {
  lookups().replace(std::move(lookup));
}

}  // namespace pf::net
