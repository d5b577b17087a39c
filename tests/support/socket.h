// A blocking TCP socket with a read deadline, for the test helpers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace pf::test {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() { close(); }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // To 127.0.0.1.  Throws std::system_error.
  static Socket connect(std::uint16_t port);
  // Listens on 127.0.0.1; port 0: any.  Throws std::system_error.
  static Socket listen(std::uint16_t port = 0);
  [[nodiscard]] std::uint16_t local_port() const;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }
  void set_read_timeout(std::chrono::milliseconds timeout) const;
  void set_nonblocking() const;
  // Throws std::system_error on a lost connection.
  void send_all(std::string_view bytes) const;
  // 0 at the end of the stream; throws std::system_error, also for a timeout.
  [[nodiscard]] std::size_t receive(std::span<char> into) const;
  void close();
  void reset();  // closes with RST

 private:
  int fd_ = -1;
};

}  // namespace pf::test
