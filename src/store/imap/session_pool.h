// The connections of one account: made when needed, reused, never more than the server takes.
#pragma once

#include "async/event.h"
#include "store/imap/session.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pf::store {

class SessionPool : public std::enable_shared_from_this<SessionPool> {
 public:
  // `thrift`: as in ImapStoreOptions.
  SessionPool(imap::LoginOptions login, std::size_t limit, Duration thrift = {})
      : login_(std::move(login)), limit_(limit), thrift_(thrift) {
    login_.dial.cancel = cancel_;
  }

  // An idle session, one that has `mailbox` selected if there is one, else a new one; waits while all are
  // lent.  Where some are, it first waits for as long as a login takes whether one comes free.  When the
  // server says "too many connections" the limit becomes what we have.  `appending`: its connection must end
  // by RST.
  // `along`: for log_in(), if it comes to that.
  Task<std::unique_ptr<Session>> take(const std::string& mailbox, bool appending, imap::Along along = {});
  void give_back(std::unique_ptr<Session> session);
  // So many sessions, as far as the limit goes: those that are missing log in now, for whoever takes them.
  // One that cannot be had is not missed before somebody wants it.
  asio::awaitable<void> expect(std::size_t sessions);
  // Idle sessions in which a mailbox is selected whose name `which` accepts.  To be given back.
  std::vector<std::unique_ptr<Session>> take_selected(const std::function<bool(const std::string&)>& which);

  [[nodiscard]] std::size_t limit() const { return limit_; }
  [[nodiscard]] std::size_t open() const { return open_; }
  void set_limit(std::size_t limit) { limit_ = limit; }

  struct Totals {
    std::uint64_t sent = 0, received = 0, writes = 0;
    std::size_t awaited = 0;  // as in store::Store::Traffic
  };
  [[nodiscard]] Totals totals() const;

  // Says goodbye, behind what is under way, and lets go of `holder` when that has been answered.
  asio::awaitable<void> leave(std::shared_ptr<imap::Connection> connection, std::shared_ptr<void> holder);
  // All that are idle.
  asio::awaitable<void> leave_idle();
  // The same, and waits for all of it.
  Task<void> close();
  void abort();

  // As in store::Store.
  std::function<void(const Error&)> on_throttled;

 private:
  std::unique_ptr<Session> pick_idle(const std::string& mailbox, bool appending);
  Task<std::unique_ptr<Session>> connect(bool appending, imap::Along along, bool ahead);
  asio::awaitable<void> connect_ahead();
  asio::awaitable<void> log_out(std::shared_ptr<imap::Connection> connection, std::shared_ptr<void> holder);
  void retire(std::unique_ptr<Session> session);
  void tell_if_throttled(const Error& error) const;
  static void add(Totals& totals, const imap::Connection& connection);

  std::shared_ptr<CancelSignal> cancel_ = std::make_shared<CancelSignal>();        // of logins under way
  std::shared_ptr<CancelSignal> cancel_ahead_ = std::make_shared<CancelSignal>();  // of those nobody took
  imap::LoginOptions login_;
  imap::Known known_;
  std::size_t limit_;
  Duration thrift_;
  Duration login_took_{};    // the last one, from dialling on
  std::size_t open_ = 0;     // lent, idle or being made
  std::size_t coming_ = 0;   // being made for whoever takes them
  std::size_t leaving_ = 0;  // whose goodbye has not been answered
  std::size_t claimed_ = 0;  // who waits for one of those
  std::size_t made_ = 0;
  std::size_t logging_in_ = 0;
  std::vector<std::unique_ptr<Session>> idle_;
  std::vector<std::weak_ptr<imap::Connection>> all_;
  Totals retired_;
  bool fewer_than_wanted_ = false;  // the server set the limit
  Event changed_;
};

}  // namespace pf::store
