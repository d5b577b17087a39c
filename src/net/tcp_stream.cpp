#include "net/tcp_stream.h"

#include "net/socket_error.h"

#include <asio/buffer.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <netinet/tcp.h>

namespace pf::net {

namespace {

constexpr auto as_result = asio::experimental::as_tuple(asio::use_awaitable);
// What one sendmsg carries at most; asio prepares no more than this many itself.
constexpr std::size_t max_pieces = 64;

// One setsockopt of level TCP with an int, in the shape asio wants.
class TcpOption {
 public:
  TcpOption(int name, int value) : name_(name), value_(value) {}
  template <class Protocol>
  [[nodiscard]] int level(const Protocol& /*protocol*/) const {
    return IPPROTO_TCP;
  }
  template <class Protocol>
  [[nodiscard]] int name(const Protocol& /*protocol*/) const {
    return name_;
  }
  template <class Protocol>
  [[nodiscard]] const void* data(const Protocol& /*protocol*/) const {
    return &value_;
  }
  template <class Protocol>
  [[nodiscard]] std::size_t size(const Protocol& /*protocol*/) const {
    return sizeof value_;
  }

 private:
  int name_;
  int value_;
};

struct Socket {
  asio::ip::tcp::socket socket;
  std::string peer;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  bool closed = false;

  explicit Socket(asio::ip::tcp::socket s) : socket(std::move(s)) {}
};

// The part of `pieces` that is not written yet, front first.
class Unsent {
 public:
  explicit Unsent(std::span<const Bytes> pieces) : pieces_(pieces) { skip_empty(); }

  [[nodiscard]] bool empty() const { return pieces_.empty(); }

  std::span<const asio::const_buffer> gather() {
    std::size_t count = 0;
    for (const Bytes& piece : pieces_.first(std::min(pieces_.size(), max_pieces))) {
      const Bytes rest = count == 0 ? piece.subspan(offset_) : piece;
      buffers_[count++] = asio::const_buffer(rest.data(), rest.size());
    }
    return std::span(buffers_).first(count);
  }

  void written(std::size_t n) {
    while (n > 0) {
      const std::size_t rest = pieces_.front().size() - offset_;
      if (n < rest) {
        offset_ += n;
        return;
      }
      n -= rest;
      drop_front();
    }
    skip_empty();
  }

 private:
  void drop_front() {
    pieces_ = pieces_.subspan(1);
    offset_ = 0;
  }
  void skip_empty() {
    while (!pieces_.empty() && pieces_.front().size() == offset_) drop_front();
  }

  std::span<const Bytes> pieces_;
  std::size_t offset_ = 0;
  std::array<asio::const_buffer, max_pieces> buffers_;
};

class TcpStream final : public Stream {
 public:
  explicit TcpStream(std::shared_ptr<Socket> socket) : s_(std::move(socket)) {}
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;
  ~TcpStream() override { shut(false); }

  Task<std::size_t> read_some(MutableBytes into) override { return read(s_, into); }
  Task<void> write(std::span<const Bytes> pieces) override { return write_all(s_, pieces); }
  void close(bool abort) override { shut(abort); }

  void set_abort_on_close() override {
    asio::error_code ec;
    s_->socket.set_option(asio::socket_base::linger(true, 0), ec);
  }

  [[nodiscard]] std::string peer_address() const override { return s_->peer; }
  [[nodiscard]] std::uint64_t wire_sent() const override { return s_->sent; }
  [[nodiscard]] std::uint64_t wire_received() const override { return s_->received; }

 private:
  // The operations hold the socket themselves: closing or destroying the stream under them only ends them.
  static Task<std::size_t> read(std::shared_ptr<Socket> s, MutableBytes into) {
    if (s->closed) co_return cancelled(*s);
    const auto buffer = asio::buffer(into.data(), into.size());
    auto [ec, n] = co_await s->socket.async_read_some(buffer, as_result);
    if (s->closed) co_return cancelled(*s);
    if (ec) co_return socket_error(ec, fmt::format("reading from {}", s->peer));
    s->received += n;
    co_return n;
  }

  static Task<void> write_all(std::shared_ptr<Socket> s, std::span<const Bytes> pieces) {
    // Not asio::async_write: it sends 64 KiB a call at most.
    Unsent unsent(pieces);
    while (!unsent.empty()) {
      if (s->closed) co_return cancelled(*s);
      const auto buffers = unsent.gather();
      auto [ec, n] = co_await s->socket.async_write_some(buffers, as_result);
      if (s->closed) co_return cancelled(*s);
      if (ec) co_return socket_error(ec, fmt::format("writing to {}", s->peer));
      s->sent += n;
      unsent.written(n);
    }
    co_return Status{};
  }

  static Error cancelled(const Socket& s) {
    return {Errc::cancelled, Scope::connection, Retry::never, fmt::format("connection to {}", s.peer)};
  }

  void shut(bool abort) {
    if (s_->closed) return;
    if (abort) set_abort_on_close();
    s_->closed = true;
    asio::error_code ec;
    s_->socket.close(ec);
  }

  std::shared_ptr<Socket> s_;
};

// Best effort: a kernel that refuses one of these still moves mail.
void tune(asio::ip::tcp::socket& socket) {
  asio::error_code ec;
  socket.set_option(asio::ip::tcp::no_delay(true), ec);
  socket.set_option(asio::socket_base::keep_alive(true), ec);
  socket.set_option(TcpOption(TCP_KEEPIDLE, 60), ec);
  socket.set_option(TcpOption(TCP_KEEPINTVL, 15), ec);
  socket.set_option(TcpOption(TCP_KEEPCNT, 4), ec);
}

}  // namespace

std::unique_ptr<Stream> make_tcp_stream(asio::ip::tcp::socket socket) {
  tune(socket);
  auto shared = std::make_shared<Socket>(std::move(socket));
  asio::error_code ec;
  const auto peer = shared->socket.remote_endpoint(ec);
  shared->peer = ec ? std::string("a closed peer") : to_text(peer);
  return std::make_unique<TcpStream>(std::move(shared));
}

std::string to_text(const asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return fmt::format(fmt::runtime(endpoint.address().is_v6() ? "[{}]:{}" : "{}:{}"), address,
                     endpoint.port());
}

}  // namespace pf::net
