// A TCP proxy on loopback that delays, counts, cuts, stalls and dribbles.  It stands in for the network: many
// kernels have no netem.  Its own thread does the work; every function here may be called from any other
// thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace pf::test {

enum class Direction : std::uint8_t { to_server, to_client };
enum class Cut : std::uint8_t { fin, rst };
// What becomes of octets the client had sent when the line was cut.
enum class Rest : std::uint8_t {
  lost,       // of all that goes to the server only what was delivered before arrives
  delivered,  // the server still gets all of them, and then the end of the connection
};

struct FaultProxyOptions {
  std::uint16_t target_port = 0;  // on 127.0.0.1
  std::uint16_t listen_port = 0;  // 0: any
  // Added to every octet, each way; connecting takes what a handshake over such a line takes.  Bandwidth is
  // unlimited.
  std::chrono::microseconds one_way_delay{0};
};

class FaultProxy {
 public:
  explicit FaultProxy(const FaultProxyOptions& options);  // throws std::system_error when it cannot listen
  ~FaultProxy();                                          // resets what is open
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  [[nodiscard]] std::uint16_t port() const;

  // Faults strike once.  `bytes` counts what goes that way from now on, over all connections; the connection
  // that carries the last of them is struck, both of its ends, when exactly that many were delivered.
  void cut_after(Direction direction, std::uint64_t bytes, Cut how, Rest rest = Rest::lost);
  void stall_after(Direction direction,
                   std::uint64_t bytes);  // nothing moves on that connection until release()
  // When so many more octets went that way over all connections, nothing goes that way on any of them until
  // open_dam() or release(): whoever looks on need not be quick.
  void dam_after(Direction direction, std::uint64_t bytes);
  // When `text` has been delivered to the server, no answer reaches a client until open_dam() or release().
  void dam_answers_after(std::string text);
  void open_dam(Direction direction);
  // From now on at most `bytes` an `interval` that way on each connection.
  void dribble(Direction direction, std::size_t bytes, std::chrono::microseconds interval);
  void cut_all(Cut how);
  void refuse_connections(bool refuse);  // accepted and reset at once
  void release();                        // ends stalls, dams, dribbling, armed faults and refusal
  void set_target(std::uint16_t port);   // of connections to come
  void set_delay(std::chrono::microseconds one_way);

  // `what` is called by the thread of the proxy after each strike: it may arm the next fault, here or
  // elsewhere.  What it uses must outlive the proxy.
  void when_struck(std::function<void()> what);
  [[nodiscard]] bool dammed(Direction direction) const;  // the dam is there and all it lets through has gone
  // False when the time is over and no armed fault has struck yet.
  [[nodiscard]] bool wait_until_struck(std::chrono::milliseconds timeout);
  [[nodiscard]] std::uint64_t strikes() const;      // armed faults that struck so far
  [[nodiscard]] std::uint64_t connections() const;  // accepted so far
  [[nodiscard]] std::uint64_t open_connections() const;
  [[nodiscard]] std::uint64_t most_open_connections() const;
  [[nodiscard]] std::uint64_t delivered(Direction direction) const;  // octets so far

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pf::test
