#include "net/stream.h"
#include "net/tls_engine.h"
#include "net/watchdog.h"

#include <asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace pf::net {

namespace {

constexpr std::size_t read_size = std::size_t{128} * 1024;
// What is encrypted before it is written.  There are two such buffers a connection, and four times as much
// gains nothing (measured on loopback).
constexpr std::size_t write_size = std::size_t{64} * 1024;
constexpr std::size_t record_size =
    std::size_t{16} * 1024;  // the largest TLS record; a smaller one costs the same work
// Answers to KeyUpdate that pile up while we have nothing to send: 30 octets each, so this is abuse.
constexpr std::size_t max_unsent_answers = std::size_t{64} * 1024;

// With what one write may add beyond it, so that no buffer grows to twice its size.
constexpr std::size_t output_size = write_size + std::size_t{2} * record_size;

struct Tls {
  std::unique_ptr<Stream> below;
  std::unique_ptr<TlsEngine> engine;
  TlsInfo info;
  std::unique_ptr<char[]> input = std::make_unique_for_overwrite<char[]>(read_size);
  std::vector<char> sending;                // what the current lower write refers to
  std::array<char, record_size> staging{};  // small pieces on their way into one record
  std::size_t staged = 0;
  bool closed = false;
};

Error cancelled(const Tls& s) {
  return {Errc::cancelled, Scope::connection, Retry::never,
          fmt::format("connection to {}", s.below->peer_address())};
}

Task<void> flush(Tls& s) {
  // Swapped out: a reader may add to output() while we wait.
  s.sending.clear();
  s.sending.reserve(output_size);
  std::swap(s.sending, s.engine->output());
  if (s.sending.empty()) co_return Status{};
  const std::array<Bytes, 1> pieces{Bytes(s.sending)};
  co_return co_await s.below->write(pieces);
}

Task<void> fill(Tls& s) {
  const MutableBytes buffer(s.input.get(), read_size);
  PF_CO_TRY(const std::size_t n, co_await s.below->read_some(buffer));
  s.engine->feed(Bytes(buffer.first(n)));
  co_return Status{};
}

Status encrypt_staged(Tls& s) {
  const std::size_t n = std::exchange(s.staged, 0);
  return s.engine->write(Bytes(s.staging).first(n));
}

// Encrypts a part of `piece` and returns how much: whole records straight from it where possible.
Result<std::size_t> encrypt_some(Tls& s, Bytes piece) {
  if (s.staged == 0 && piece.size() >= record_size) {
    const std::size_t room = write_size - std::min(write_size - record_size, s.engine->output().size());
    const std::size_t n = std::min(piece.size(), room) / record_size * record_size;
    PF_TRYV(s.engine->write(piece.first(n)));
    return n;
  }
  const std::size_t n = std::min(piece.size(), record_size - s.staged);
  std::copy_n(piece.data(), n, s.staging.data() + s.staged);
  s.staged += n;
  if (s.staged == record_size) {
    PF_TRYV(encrypt_staged(s));
  }
  return n;
}

class TlsStream final : public Stream {
 public:
  explicit TlsStream(std::shared_ptr<Tls> state) : s_(std::move(state)) {}
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;
  ~TlsStream() override { shut(false); }

  Task<std::size_t> read_some(MutableBytes into) override { return read(s_, into); }
  Task<void> write(std::span<const Bytes> pieces) override { return write_all(s_, pieces); }
  void close(bool abort) override { shut(abort); }
  void set_abort_on_close() override { s_->below->set_abort_on_close(); }

  [[nodiscard]] const TlsInfo* tls() const override { return &s_->info; }
  [[nodiscard]] std::string peer_address() const override { return s_->below->peer_address(); }
  [[nodiscard]] std::uint64_t wire_sent() const override { return s_->below->wire_sent(); }
  [[nodiscard]] std::uint64_t wire_received() const override { return s_->below->wire_received(); }

 private:
  static Task<std::size_t> read(std::shared_ptr<Tls> s, MutableBytes into) {
    while (!s->closed && !into.empty()) {
      PF_CO_TRY(const std::size_t n, s->engine->read(into));
      if (n > 0) co_return n;
      if (s->engine->output().size() > max_unsent_answers) {
        co_return Error(Errc::limit, Scope::connection, Retry::now,
                        "the server floods the connection with TLS key updates");
      }
      PF_CO_TRYV(co_await fill(*s));
    }
    if (s->closed) co_return cancelled(*s);
    co_return std::size_t{0};
  }

  static Task<void> write_all(std::shared_ptr<Tls> s, std::span<const Bytes> pieces) {
    for (Bytes piece : pieces) {
      while (!piece.empty()) {
        if (s->closed) co_return cancelled(*s);
        PF_CO_TRY(const std::size_t n, encrypt_some(*s, piece));
        piece = piece.subspan(n);
        if (s->engine->output().size() >= write_size) {
          PF_CO_TRYV(co_await flush(*s));
        }
      }
    }
    if (s->closed) co_return cancelled(*s);
    if (s->staged > 0) {
      PF_CO_TRYV(encrypt_staged(*s));
    }
    co_return co_await flush(*s);
  }

  // No close_notify: it would have to wait for its turn, and IMAP ends by LOGOUT and BYE, not by the end of
  // the stream.
  void shut(bool abort) {
    s_->closed = true;
    s_->below->close(abort);
  }

  std::shared_ptr<Tls> s_;
};

// A TLS record begins with its content type, 20 to 24, and the major version 3.
bool looks_like_tls(Bytes first) {
  return first.front() >= 20 && first.front() <= 24 && (first.size() < 2 || first[1] == 3);
}

Error clear_text(const std::string& host, Bytes first) {
  const std::string_view text = as_text(first.first(std::min<std::size_t>(first.size(), 120)));
  return {Errc::tls,
          Scope::account,
          Retry::never,
          fmt::format("TLS handshake with {}: the server answered in clear text", host),
          std::string(text.substr(0, text.find_first_of("\r\n"))),
          "is this a STARTTLS port (143)? use imap://"};
}

Task<void> shake_hands(Tls& s, const std::string& host) {
  const std::string where = fmt::format("TLS handshake with {}", host);
  for (bool first = true;; first = false) {
    const auto done = s.engine->handshake();
    auto sent = co_await flush(s);  // also the alert of a failure, but that failure is the news
    if (!done) co_return done.error();
    if (!sent) co_return std::move(sent.error().at(where));
    if (*done) co_return Status{};
    const MutableBytes buffer(s.input.get(), read_size);
    auto received = co_await s.below->read_some(buffer);
    if (!received) co_return std::move(received.error().at(where));
    const Bytes got(buffer.first(*received));
    if (first && !looks_like_tls(got)) co_return clear_text(host, got);
    s.engine->feed(got);
  }
}

}  // namespace

Task<std::unique_ptr<Stream>> start_tls(std::unique_ptr<Stream> below, TlsOptions options, Duration timeout,
                                        std::shared_ptr<CancelSignal> cancel) {
  auto state = std::make_shared<Tls>();
  PF_CO_TRY(state->engine, TlsEngine::create(options));
  state->below = std::move(below);

  Stream* const lower = state->below.get();
  const Watchdog watchdog(co_await asio::this_coro::executor, MonoClock::now() + timeout,
                          [lower] { lower->close(true); });
  CancelSignal::Hook hook;
  if (cancel) hook = cancel->on_cancel([lower] { lower->close(true); });
  if (cancel && cancel->cancelled()) lower->close(true);
  auto done = co_await shake_hands(*state, options.host);
  if (watchdog.expired()) {
    co_return Error(
        Errc::timeout, Scope::connection, Retry::later,
        fmt::format("TLS handshake with {} took longer than {} s", options.host, to_seconds(timeout)));
  }
  if (!done) co_return std::move(done).error();
  state->info = state->engine->info();
  co_return std::make_unique<TlsStream>(std::move(state));
}

}  // namespace pf::net
