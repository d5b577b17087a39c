#include "support/fault_proxy.h"

#include "support/socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <fcntl.h>
#include <list>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace pf::test {

namespace {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

constexpr std::size_t read_size = 256UL * 1024;
// What may be under way in one direction.  Far above delay times any loopback bandwidth that matters: the
// delay alone must decide, not the window.
constexpr std::size_t most_queued = 256UL * 1024 * 1024;

ssize_t receive_now(const Socket& from, std::vector<char>& into) {
  // NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection): the socket does not block
  return ::recv(from.fd(), into.data(), into.size(), 0);
}

std::size_t index(Direction direction) {
  return static_cast<std::size_t>(direction);
}

struct Fault {
  std::uint64_t left = 0;
  bool stall = false;
  Cut how = Cut::fin;
  Rest rest = Rest::lost;
};

struct Dribble {
  std::size_t bytes = 0;
  std::chrono::microseconds interval{0};
};

struct Chunk {
  TimePoint due;
  std::string bytes;
  std::size_t sent = 0;
};

// One direction of one connection.
struct Lane {
  std::deque<Chunk> queue;
  std::size_t queued = 0;
  std::optional<TimePoint> end_due;  // the reading side ended; passed on after the queue
  bool end_sent = false;
  TimePoint next_write{};  // for dribbling
  bool blocked = false;    // the receiver's buffer is full: wait for POLLOUT
};

struct Link {
  std::array<Socket, 2>
      ends;  // [to_server]: the server's socket, [to_client]: the client's; where that lane writes to
  std::array<Lane, 2> lanes;
  TimePoint connect_at;
  bool connected = false;
  bool stalled = false;
  bool draining = false;  // cut by FIN: nothing is passed on any more
  bool headless = false;  // the client is gone; the server gets what it had sent
  bool dead = false;
  std::string said;  // the last octets the server got, as many as a text that is looked for may have

  Socket& sink(std::size_t lane) { return ends[lane]; }
  Socket& origin(std::size_t lane) { return ends[1 - lane]; }
};

}  // namespace

struct FaultProxy::Impl {
  Socket listener;
  std::uint16_t port = 0;
  int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::thread thread;

  mutable std::mutex mutex;  // guards all below
  std::condition_variable changed;
  std::uint16_t target_port = 0;
  std::chrono::microseconds delay{0};
  std::array<std::optional<Fault>, 2> faults;
  std::array<std::optional<Dribble>, 2> dribbles;
  std::array<std::optional<std::uint64_t>, 2> dams;  // octets left until nothing passes
  std::string dam_text;                              // that ends the way of the answers; empty: none
  std::function<void()> after_strike;
  bool struck = false;  // after_strike is to be called
  std::array<std::uint64_t, 2> delivered{};
  std::uint64_t accepted = 0;
  std::uint64_t most_open = 0;
  std::uint64_t strikes = 0;
  bool refuse = false;
  bool stop = false;
  std::list<Link> links;
  std::vector<char> buffer = std::vector<char>(read_size);

  ~Impl() { ::close(wake); }

  void poke() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = ::write(wake, &one, sizeof one);
  }

  void run();
  void accept_all();
  void connect(Link& link);
  void read_from(Link& link, std::size_t lane);
  void drain(Link& link);
  void write_due(Link& link, std::size_t lane, TimePoint now);
  std::size_t allowed(std::size_t lane, std::size_t wanted) const;
  void count(Link& link, std::size_t lane, std::size_t bytes);
  [[nodiscard]] bool held(std::size_t lane) const { return dams[lane] == 0; }
  void look_for_text(Link& link, std::string_view octets);
  void tell_of_strikes();
  void strike(Link& link, std::size_t lane);
  static void cut(Link& link, Cut how);
  void behead(Link& link, Cut how);
  [[nodiscard]] std::optional<TimePoint> next_event(Link& link) const;
  void poll_once();
  void advance();
};

void FaultProxy::Impl::accept_all() {
  while (true) {
    Socket client(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client.open()) return;
    ++accepted;
    if (refuse) {
      client.reset();
      continue;
    }
    const int yes = 1;
    ::setsockopt(client.fd(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    auto& link = links.emplace_back();
    link.ends[index(Direction::to_client)] = std::move(client);
    // SYN and its answer take one round trip, the server hears of the connection half of one later; our
    // kernel has answered at once instead.
    link.connect_at = Clock::now() + 3 * delay;
    most_open = std::max<std::uint64_t>(most_open, links.size());
  }
}

void FaultProxy::Impl::connect(Link& link) {
  try {
    auto server = Socket::connect(target_port);
    server.set_nonblocking();
    link.ends[index(Direction::to_server)] = std::move(server);
    link.connected = true;
  } catch (const std::system_error&) {  // as if nobody listened here
    cut(link, Cut::rst);
  }
}

void FaultProxy::Impl::read_from(Link& link, std::size_t lane_index) {
  auto& lane = link.lanes[lane_index];
  while (lane.queued < most_queued) {
    const auto n = receive_now(link.origin(lane_index), buffer);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) {
      cut(link, Cut::rst);
      return;
    }
    if (n == 0) {
      lane.end_due = Clock::now() + delay;
      return;
    }
    const auto size = static_cast<std::size_t>(n);
    lane.queue.push_back({.due = Clock::now() + delay, .bytes = std::string(buffer.data(), size)});
    lane.queued += size;
    if (size < buffer.size()) return;
  }
}

// After a cut by FIN both ends may still send; reading it away keeps our kernel from answering with RST.
void FaultProxy::Impl::drain(Link& link) {
  bool open = false;
  for (auto& end : link.ends) {
    while (end.open()) {
      const auto n = receive_now(end, buffer);
      if (n > 0) continue;
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) break;
      end.close();
    }
    open = open || end.open();
  }
  link.dead = !open;
}

std::size_t FaultProxy::Impl::allowed(std::size_t lane, std::size_t wanted) const {
  if (faults[lane]) wanted = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, faults[lane]->left));
  if (dribbles[lane]) wanted = std::min(wanted, dribbles[lane]->bytes);
  if (dams[lane]) wanted = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, *dams[lane]));
  return wanted;
}

void FaultProxy::Impl::count(Link& link, std::size_t lane, std::size_t bytes) {
  delivered[lane] += bytes;
  if (dams[lane]) *dams[lane] -= bytes;
  if (dribbles[lane]) link.lanes[lane].next_write = Clock::now() + dribbles[lane]->interval;
  if (!faults[lane]) return;
  faults[lane]->left -= bytes;
  if (faults[lane]->left == 0) strike(link, lane);
}

void FaultProxy::Impl::look_for_text(Link& link, std::string_view octets) {
  if (dam_text.empty()) return;
  link.said += octets;
  if (link.said.find(dam_text) != std::string::npos) dams[index(Direction::to_client)] = 0;
  if (link.said.size() > dam_text.size()) link.said.erase(0, link.said.size() - dam_text.size());
}

// Without the lock: what is called may ask for this proxy's or another's.
void FaultProxy::Impl::tell_of_strikes() {
  if (!std::exchange(struck, false) || !after_strike) return;
  const auto what = after_strike;
  mutex.unlock();
  what();
  mutex.lock();
}

void FaultProxy::Impl::strike(Link& link, std::size_t lane) {
  const auto fault = *faults[lane];
  faults[lane].reset();
  ++strikes;
  struck = true;
  if (fault.stall) {
    link.stalled = true;
  } else if (fault.rest == Rest::delivered) {
    behead(link, fault.how);
  } else {
    cut(link, fault.how);
  }
  changed.notify_all();
}

void FaultProxy::Impl::cut(Link& link, Cut how) {
  if (how == Cut::rst) {
    for (auto& end : link.ends) end.reset();
    link.dead = true;
    return;
  }
  link.draining = true;
  link.stalled = false;
  for (auto& lane : link.lanes) lane = Lane{};
  for (auto& end : link.ends) {
    if (end.open()) ::shutdown(end.fd(), SHUT_WR);
  }
}

void FaultProxy::Impl::behead(Link& link, Cut how) {
  const auto lane = index(Direction::to_server);
  if (!link.lanes[lane].end_due) read_from(link, lane);
  if (link.dead) return;
  link.lanes[lane].end_due = Clock::now() + delay;
  link.lanes[index(Direction::to_client)] = Lane{};
  auto& client = link.ends[index(Direction::to_client)];
  if (how == Cut::rst) {
    client.reset();
  } else {
    client.close();
  }
  link.headless = true;
}

void FaultProxy::Impl::write_due(Link& link, std::size_t lane_index, TimePoint now) {
  auto& lane = link.lanes[lane_index];
  lane.blocked = false;
  while (!lane.queue.empty() && lane.queue.front().due <= now && lane.next_write <= now &&
         !held(lane_index)) {
    auto& chunk = lane.queue.front();
    const auto wanted = allowed(lane_index, chunk.bytes.size() - chunk.sent);
    const auto n = ::send(link.sink(lane_index).fd(), chunk.bytes.data() + chunk.sent, wanted, MSG_NOSIGNAL);
    if (n < 0) {
      lane.blocked = errno == EAGAIN || errno == EINTR;
      if (!lane.blocked) cut(link, Cut::rst);
      return;
    }
    const auto sent = static_cast<std::size_t>(n);
    if (lane_index == index(Direction::to_server))
      look_for_text(link, std::string_view(chunk.bytes).substr(chunk.sent, sent));
    chunk.sent += sent;
    lane.queued -= sent;
    if (chunk.sent == chunk.bytes.size()) lane.queue.pop_front();
    count(link, lane_index, sent);
    if (link.dead || link.draining || link.stalled) return;
    if (link.headless && lane_index == index(Direction::to_client)) return;
  }
  if (lane.queue.empty() && lane.end_due && !lane.end_sent && *lane.end_due <= now) {
    ::shutdown(link.sink(lane_index).fd(), SHUT_WR);
    lane.end_sent = true;
    link.draining = link.headless;
    link.dead = link.lanes[0].end_sent && link.lanes[1].end_sent;
  }
}

void FaultProxy::Impl::advance() {
  const auto now = Clock::now();
  for (auto& link : links) {
    if (link.stalled || link.draining || link.dead) continue;
    if (!link.connected) {
      if (link.connect_at <= now) connect(link);
      if (!link.connected) continue;
    }
    for (std::size_t lane = 0; lane < 2 && !link.dead && !link.draining && !link.stalled; ++lane) {
      write_due(link, lane, now);
    }
  }
  if (std::erase_if(links, [](const Link& link) { return link.dead; }) > 0) changed.notify_all();
}

std::optional<TimePoint> FaultProxy::Impl::next_event(Link& link) const {
  if (link.stalled || link.draining) return std::nullopt;
  if (!link.connected) return link.connect_at;
  std::optional<TimePoint> next;
  for (std::size_t i = 0; i < link.lanes.size(); ++i) {
    const auto& lane = link.lanes[i];
    std::optional<TimePoint> due;
    if (!lane.queue.empty() && !lane.blocked && !held(i)) {
      due = std::max(lane.queue.front().due, lane.next_write);
    } else if (lane.queue.empty() && lane.end_due && !lane.end_sent) {
      due = lane.end_due;
    }
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

void FaultProxy::Impl::poll_once() {
  std::vector<pollfd> fds{{wake, POLLIN, 0}, {listener.fd(), POLLIN, 0}};
  struct Watched {
    Link* link;
    std::size_t end;
  };
  std::vector<Watched> watched;
  std::optional<TimePoint> next;
  for (auto& link : links) {
    if (const auto event = next_event(link); event && (!next || *event < *next)) next = event;
    for (std::size_t end = 0; end < 2; ++end) {
      if (!link.ends[end].open() || link.stalled) continue;
      short events = 0;
      // Data that arrives at this end travels in the other lane.
      const auto& incoming = link.lanes[1 - end];
      const bool wanted = !link.headless && !incoming.end_due && incoming.queued < most_queued;
      if (link.draining || wanted) events |= POLLIN;
      if (!link.draining && link.lanes[end].blocked) events |= POLLOUT;
      if (events == 0) continue;
      fds.push_back({link.ends[end].fd(), events, 0});
      watched.push_back({&link, end});
    }
  }
  timespec timeout{};
  if (next) {
    const auto wait = std::max(*next - Clock::now(), Clock::duration::zero());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
    timeout = {.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds(wait - seconds).count()};
  }
  // Links are added and removed by this thread only, so the pointers stay good while the lock is given up.
  mutex.unlock();
  const int ready = ::ppoll(fds.data(), fds.size(), next ? &timeout : nullptr, nullptr);
  mutex.lock();
  if (ready <= 0) return;
  if (fds[0].revents != 0) {
    eventfd_t ignored = 0;
    ::eventfd_read(wake, &ignored);
  }
  for (std::size_t i = 0; i < watched.size(); ++i) {
    auto& [link, end] = watched[i];
    if (fds[i + 2].revents == 0 || link->dead || link->stalled) continue;
    if (link->draining) {
      drain(*link);
    } else if ((fds[i + 2].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !link->headless &&
               !link->lanes[1 - end].end_due) {
      read_from(*link, 1 - end);
    }
  }
  if (fds[1].revents != 0) accept_all();
}

void FaultProxy::Impl::run() {
  const std::scoped_lock lock(mutex);
  while (!stop) {
    advance();
    tell_of_strikes();
    poll_once();
  }
  for (auto& link : links) cut(link, Cut::rst);
}

FaultProxy::FaultProxy(const FaultProxyOptions& options) : impl_(std::make_unique<Impl>()) {
  impl_->listener = Socket::listen(options.listen_port);
  impl_->listener.set_nonblocking();
  impl_->port = impl_->listener.local_port();
  impl_->target_port = options.target_port;
  impl_->delay = options.one_way_delay;
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

FaultProxy::~FaultProxy() {
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->stop = true;
  }
  impl_->poke();
  impl_->thread.join();
}

std::uint16_t FaultProxy::port() const {
  return impl_->port;
}

void FaultProxy::cut_after(Direction direction, std::uint64_t bytes, Cut how, Rest rest) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->faults[index(direction)] =
      Fault{.left = std::max<std::uint64_t>(bytes, 1), .stall = false, .how = how, .rest = rest};
}

void FaultProxy::stall_after(Direction direction, std::uint64_t bytes) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->faults[index(direction)] = Fault{.left = std::max<std::uint64_t>(bytes, 1), .stall = true};
}

void FaultProxy::dam_after(Direction direction, std::uint64_t bytes) {
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->dams[index(direction)] = bytes;
  }
  impl_->poke();
}

void FaultProxy::dam_answers_after(std::string text) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->dam_text = std::move(text);
}

void FaultProxy::open_dam(Direction direction) {
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->dams[index(direction)].reset();
    impl_->dam_text.clear();
  }
  impl_->poke();
}

bool FaultProxy::dammed(Direction direction) const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->held(index(direction));
}

void FaultProxy::when_struck(std::function<void()> what) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->after_strike = std::move(what);
}

void FaultProxy::dribble(Direction direction, std::size_t bytes, std::chrono::microseconds interval) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->dribbles[index(direction)] = Dribble{.bytes = std::max<std::size_t>(bytes, 1), .interval = interval};
}

void FaultProxy::cut_all(Cut how) {
  {
    const std::scoped_lock lock(impl_->mutex);
    for (auto& link : impl_->links) Impl::cut(link, how);
  }
  impl_->poke();
}

void FaultProxy::refuse_connections(bool refuse) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->refuse = refuse;
}

void FaultProxy::release() {
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->faults = {};
    impl_->dribbles = {};
    impl_->dams = {};
    impl_->dam_text.clear();
    impl_->refuse = false;
    for (auto& link : impl_->links) {
      link.stalled = false;
      for (auto& lane : link.lanes) lane.next_write = {};
    }
  }
  impl_->poke();
}

void FaultProxy::set_target(std::uint16_t port) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->target_port = port;
}

void FaultProxy::set_delay(std::chrono::microseconds one_way) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->delay = one_way;
}

bool FaultProxy::wait_until_struck(std::chrono::milliseconds timeout) {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, timeout, [&] { return impl_->strikes > 0; });
}

std::uint64_t FaultProxy::strikes() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->strikes;
}

std::uint64_t FaultProxy::connections() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->accepted;
}

std::uint64_t FaultProxy::open_connections() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->links.size();
}

std::uint64_t FaultProxy::most_open_connections() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->most_open;
}

std::uint64_t FaultProxy::delivered(Direction direction) const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->delivered[index(direction)];
}

}  // namespace pf::test
