#include "store/imap/session_pool.h"

#include "async/group.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::store {

namespace {

// Somebody gives a connection back after a mailbox at the latest.  Longer than that, and a server that grants
// fewer connections than one run needs at a time would make it wait for ever.
constexpr auto max_wait = std::chrono::minutes(30);
// Where the server grants fewer than we counted on, those who hold a connection of one account and wait for
// one of the other can block each other in a circle: whoever waits so long goes without, and lets go of what
// it holds.
constexpr auto max_wait_when_few = std::chrono::seconds(3);

}  // namespace

Task<std::unique_ptr<Session>> SessionPool::take(const std::string& mailbox, bool appending,
                                                 imap::Along along) {
  const TimePoint another = MonoClock::now() + std::max(thrift_, login_took_);  // is made then
  for (;;) {
    if (cancel_->cancelled())
      co_return Error(Errc::cancelled, Scope::run, Retry::never, login_.label + ": stopped");
    if (auto session = pick_idle(mailbox, appending)) co_return session;
    if (coming_ > claimed_) {
      ++claimed_;
      co_await changed_.wait();
      --claimed_;
      continue;
    }
    const bool may_come_free = open_ > coming_ && MonoClock::now() < another;
    if (open_ < limit_ && may_come_free) {
      co_await changed_.wait_until(another);
      continue;
    }
    if (open_ < limit_) {
      auto session = co_await connect(appending, along, false);
      if (session) co_return session;
      const bool others = open_ != 0;
      if (session.error().code != Errc::too_many_connections || !others) co_return session;
      limit_ = open_;
      fewer_than_wanted_ = true;
    }
    const Duration patience = fewer_than_wanted_ ? Duration(max_wait_when_few) : Duration(max_wait);
    const bool moved = co_await changed_.wait_until(MonoClock::now() + patience);
    if (!moved && idle_.empty() && open_ >= limit_) {
      co_return Error(Errc::too_many_connections, Scope::connection, Retry::later,
                      login_.label + ": no connection became free");
    }
  }
}

std::unique_ptr<Session> SessionPool::pick_idle(const std::string& mailbox, bool appending) {
  while (true) {
    const auto dead = std::ranges::find_if(idle_, [](const auto& s) { return !s->connection().usable(); });
    if (dead == idle_.end()) break;
    auto session = std::move(*dead);
    idle_.erase(dead);
    retire(std::move(session));
  }
  if (idle_.empty()) return nullptr;
  auto best = std::ranges::find_if(
      idle_, [&](const auto& s) { return s->selected && s->selected->name() == mailbox; });
  if (best == idle_.end()) best = std::prev(idle_.end());
  auto session = std::move(*best);
  idle_.erase(best);
  if (appending) session->connection().set_abort_on_close();
  return session;
}

asio::awaitable<void> SessionPool::expect(std::size_t sessions) {
  if (thrift_ > Duration::zero()) co_return;
  while (open_ < std::min(sessions, limit_) && !cancel_->cancelled()) {
    ++coming_;
    co_await spawn_detached(connect_ahead());
  }
}

asio::awaitable<void> SessionPool::connect_ahead() {
  const auto self = shared_from_this();
  auto session = co_await connect(false, {}, true);
  --coming_;
  if (session) idle_.push_back(std::move(*session));  // its introduction may still be on its way
  changed_.notify_all();
}

Task<std::unique_ptr<Session>> SessionPool::connect(bool appending, imap::Along along, bool ahead) {
  ++open_;
  const TimePoint begun = MonoClock::now();
  imap::LoginOptions options = login_;
  options.abort_on_close = appending;
  if (ahead) options.dial.cancel = cancel_ahead_;
  if (++made_ > 1) options.label += fmt::format("#{}", made_);
  ++logging_in_;
  auto logged_in = co_await imap::log_in(std::move(options), known_, std::move(along));
  --logging_in_;
  if (!logged_in) {
    --open_;
    changed_.notify_all();
    tell_if_throttled(logged_in.error());
    co_return logged_in.error();
  }
  login_took_ = MonoClock::now() - begun;
  known_ = logged_in->known;
  auto session = std::make_unique<Session>(std::move(*logged_in),
                                           [this](const Error& error) { tell_if_throttled(error); });
  std::erase_if(all_, [](const auto& weak) { return weak.expired(); });
  all_.push_back(session->logged_in.connection);
  if (cancel_->cancelled()) session->connection().close();
  co_return session;
}

void SessionPool::give_back(std::unique_ptr<Session> session) {
  if (session->connection().usable() && session->connection().idle()) {
    idle_.push_back(std::move(session));
  } else {
    retire(std::move(session));
  }
  changed_.notify_all();
}

std::vector<std::unique_ptr<Session>> SessionPool::take_selected(
    const std::function<bool(const std::string&)>& which) {
  std::vector<std::unique_ptr<Session>> out;
  for (auto& session : idle_) {
    if (session->selected && which(session->selected->name())) out.push_back(std::move(session));
  }
  std::erase(idle_, nullptr);
  return out;
}

void SessionPool::tell_if_throttled(const Error& error) const {
  if (on_throttled && error.code == Errc::throttled) on_throttled(error);
}

void SessionPool::retire(std::unique_ptr<Session> session) {
  if (const auto& error = session->connection().error()) tell_if_throttled(*error);  // BYE says it, too
  add(retired_, session->connection());
  std::erase_if(all_, [&](const auto& weak) { return weak.lock() == session->logged_in.connection; });
  session.reset();
  --open_;
  changed_.notify_all();
}

void SessionPool::add(Totals& totals, const imap::Connection& connection) {
  totals.writes += connection.write_commands();
  if (connection.stream() == nullptr) return;
  totals.sent += connection.stream()->wire_sent();
  totals.received += connection.stream()->wire_received();
}

SessionPool::Totals SessionPool::totals() const {
  Totals totals = retired_;
  totals.awaited = logging_in_;
  for (const auto& weak : all_) {
    const auto connection = weak.lock();
    if (!connection) continue;
    add(totals, *connection);
    if (connection->waits_for_peer()) ++totals.awaited;
  }
  return totals;
}

asio::awaitable<void> SessionPool::leave(std::shared_ptr<imap::Connection> connection,
                                         std::shared_ptr<void> holder) {
  ++leaving_;
  co_await spawn_detached(log_out(std::move(connection), std::move(holder)));
}

asio::awaitable<void> SessionPool::log_out(std::shared_ptr<imap::Connection> connection,
                                           std::shared_ptr<void> holder) {
  const auto self = shared_from_this();
  ignore(co_await imap::log_out(std::move(connection)));
  holder.reset();
  --leaving_;
  changed_.notify_all();
}

asio::awaitable<void> SessionPool::leave_idle() {
  for (auto& session : std::exchange(idle_, {})) {
    auto connection = session->logged_in.connection;
    auto retiring = [self = shared_from_this()](Session* gone) {
      self->retire(std::unique_ptr<Session>(gone));
    };
    co_await leave(std::move(connection), std::shared_ptr<Session>(session.release(), retiring));
  }
}

Task<void> SessionPool::close() {
  std::exchange(cancel_ahead_, std::make_shared<CancelSignal>())->cancel();
  while (coming_ != 0) co_await changed_.wait();
  co_await leave_idle();
  while (leaving_ != 0) co_await changed_.wait();
  co_return Status{};
}

void SessionPool::abort() {
  cancel_->cancel();
  cancel_ahead_->cancel();
  for (const auto& weak : all_) {
    if (const auto connection = weak.lock()) connection->close(true);
  }
  changed_.notify_all();
}

}  // namespace pf::store
