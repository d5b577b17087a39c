#include "net/connect.h"

#include "async/event.h"
#include "net/socket_error.h"
#include "net/tcp_stream.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace pf::net {

namespace {

using asio::ip::tcp;
constexpr auto as_result = asio::experimental::as_tuple(asio::use_awaitable);

struct Attempt {
  tcp::endpoint address;
  tcp::socket socket;
  asio::error_code failure;
  bool ended = false;

  Attempt(tcp::endpoint a, const asio::any_io_executor& executor) : address(std::move(a)), socket(executor) {}
};

// Shared with the attempts, which may end after the race is decided.
struct Race {
  std::vector<Attempt> attempts;
  std::size_t started = 0;
  std::size_t failed = 0;
  Attempt* winner = nullptr;
  bool over = false;
  std::size_t receive_buffer = 0;
  Event changed;
};

asio::error_code open(Attempt& a, std::size_t receive_buffer) {
  asio::error_code ec;
  a.socket.open(a.address.protocol(), ec);
  // Before connect: the window scale is fixed by the SYN.
  if (!ec && receive_buffer > 0) {
    a.socket.set_option(asio::socket_base::receive_buffer_size(static_cast<int>(receive_buffer)), ec);
  }
  return ec;
}

asio::awaitable<void> attempt(std::shared_ptr<Race> race, std::size_t index) {
  if (race->over) co_return;
  Attempt& a = race->attempts[index];
  a.failure = open(a, race->receive_buffer);
  if (!a.failure) {
    auto [ec] = co_await a.socket.async_connect(a.address, as_result);
    a.failure = ec;
  }
  a.ended = true;
  if (a.failure) {
    ++race->failed;
  } else if (race->winner == nullptr) {
    race->winner = &a;
  }
  race->changed.notify_all();
}

void end(Race& race) {
  race.over = true;
  for (Attempt& a : race.attempts) {
    asio::error_code ec;
    if (&a != race.winner) a.socket.close(ec);
  }
}

std::string tried(const Race& race) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < race.started; ++i) {
    const Attempt& a = race.attempts[i];
    if (a.ended) {
      lines.push_back(fmt::format("{} {}", to_text(a.address), a.failure.message()));
    } else {
      lines.push_back(fmt::format("{} no answer", to_text(a.address)));
    }
  }
  return fmt::format("{}", fmt::join(lines, "; "));
}

Error timed_out(const Race& race, const ConnectOptions& options) {
  return {Errc::timeout, Scope::connection, Retry::later,
          fmt::format("connecting to {} took too long ({})", options.target, tried(race))};
}

// One that answered and hung up before we looked was reached.
bool hung_up(const Race& race) {
  return std::ranges::any_of(race.attempts,
                             [](const Attempt& a) { return a.failure == asio::error::connection_reset; });
}

Error all_failed(const Race& race, const ConnectOptions& options) {
  if (hung_up(race)) {
    return {Errc::disconnected, Scope::connection, Retry::now,
            fmt::format("cannot connect to {} ({})", options.target, tried(race))};
  }
  const Errc code = socket_error(race.attempts.back().failure, {}).code;
  return {code == Errc::timeout ? Errc::timeout : Errc::refused, Scope::connection, Retry::later,
          fmt::format("cannot connect to {} ({})", options.target, tried(race))};
}

Error cancelled(const ConnectOptions& options) {
  return {Errc::cancelled, Scope::connection, Retry::never, fmt::format("connecting to {}", options.target)};
}

}  // namespace

std::vector<tcp::endpoint> interleave(const std::vector<tcp::endpoint>& resolved) {
  std::vector<tcp::endpoint> first, second, out;
  for (const auto& e : resolved) {
    const bool same = e.protocol() == resolved.front().protocol();
    (same ? first : second).push_back(e);
  }
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) out.push_back(first[i]);
    if (i < second.size()) out.push_back(second[i]);
  }
  return out;
}

Task<tcp::socket> connect_any(std::vector<tcp::endpoint> addresses, ConnectOptions options) {
  auto race = std::make_shared<Race>();
  race->receive_buffer = options.receive_buffer;
  const auto executor = co_await asio::this_coro::executor;
  for (auto& a : addresses) race->attempts.emplace_back(std::move(a), executor);

  CancelSignal::Hook hook;
  if (options.cancel != nullptr) hook = options.cancel->on_cancel([&race] { race->changed.notify_all(); });
  TimePoint next_start = MonoClock::now();
  while (race->winner == nullptr && race->failed < race->attempts.size()) {
    const TimePoint now = MonoClock::now();
    if (options.cancel != nullptr && options.cancel->cancelled()) {
      end(*race);
      co_return cancelled(options);
    }
    if (now >= options.deadline) {
      end(*race);
      co_return timed_out(*race, options);
    }
    const bool all_started = race->started == race->attempts.size();
    const bool none_open = race->failed == race->started;
    if (!all_started && (none_open || now >= next_start)) {
      asio::co_spawn(executor, attempt(race, race->started++), asio::detached);
      next_start = now + options.stagger;
      continue;
    }
    const TimePoint wake = all_started ? options.deadline : std::min(options.deadline, next_start);
    (void)co_await race->changed.wait_until(wake);
  }
  end(*race);
  if (race->winner == nullptr) co_return all_failed(*race, options);
  co_return std::move(race->winner->socket);
}

}  // namespace pf::net
