// How fast one account is asked: not faster than the user allows, nor than the server has shown to bear, and
// not at all while it wants to be left alone.  One object an account and run, shared by all lanes.
//
// Each complaint halves the rate, at first that which was measured; while nobody complains it grows by a
// steady amount (AIMD).  The server's own back-off time is waited for by all.  docs/pace.md
#pragma once

#include "async/event.h"
#include "base/error.h"
#include "base/token_bucket.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pf::sync {

// A second; 0: no limit.
struct Rates {
  double messages = 0, octets = 0;
  friend bool operator==(const Rates&, const Rates&) = default;
};

// As remembered between runs, with the time by the wall clock.
[[nodiscard]] std::string encode_pace(const Rates& rates, std::int64_t wall_seconds);
// Nothing when it is no pace, or older than a day: servers forgive.
[[nodiscard]] std::optional<Rates> decode_pace(std::string_view text, std::int64_t wall_seconds);

class Pace {
 public:
  using Stopping = std::function<bool()>;
  using Say = std::function<void(std::string)>;

  // `most`: what the user allows.  `who`: the account, for people.
  Pace(std::string who, Rates most, Stopping stopping, Say say);

  // False for as long as nothing limits the account.
  [[nodiscard]] bool limited() const { return limited_; }
  // Waits until so much may go, first come, first served.  False: the run stops.
  asio::awaitable<bool> pass(std::uint64_t messages, std::uint64_t octets);
  // Waits until the server may be asked anything at all.  False: the run stops.
  asio::awaitable<bool> ready();
  // What goes at once without being felt as a burst: a second's worth, at least one.
  [[nodiscard]] std::uint64_t messages_at_once() const;
  [[nodiscard]] std::uint64_t octets_at_once() const;

  // The server asks to go slower (store::Store::on_throttled).
  void complained(const Error& error);
  // Found in an earlier run, or known of such servers.
  void begin_with(Rates rates);
  // What the server was found to bear; nothing when it never mattered.
  [[nodiscard]] std::optional<Rates> found() const;
  // The one who is told is gone.
  void mute() { say_ = nullptr; }

 private:
  // What passed lately.
  struct Seen {
    TimePoint since;
    double messages = 0, octets = 0;
  };

  [[nodiscard]] bool engaged() const { return borne_ != Rates{}; }
  [[nodiscard]] Rates effective() const;
  void note(std::uint64_t messages, std::uint64_t octets, TimePoint now);
  [[nodiscard]] Rates measured(TimePoint now) const;
  void halve(TimePoint now);
  void grow(TimePoint now);
  void set_buckets(TimePoint now);
  asio::awaitable<bool> pay(TokenBucket& bucket, std::uint64_t tokens);
  asio::awaitable<bool> wait(Duration time) const;
  [[nodiscard]] std::string in_words(const Error& error, TimePoint now) const;

  std::string who_;
  Rates most_;
  Stopping stopping_;
  Say say_;
  bool limited_ = false;
  Rates borne_;  // by the server; grows
  Rates step_;   // by so much a second
  TimePoint grown_{};
  TimePoint resume_{};      // nothing may go before
  TimePoint deaf_until_{};  // complaints up to here are of what was on its way at the last one
  Seen seen_, before_;
  TokenBucket messages_, octets_;  // of messages: thousandths
  AsyncMutex turn_;
};

}  // namespace pf::sync
