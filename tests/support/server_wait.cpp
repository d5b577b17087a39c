#include "support/server_wait.h"

#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <cstdlib>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>

namespace pf::test {

namespace {

// A login process that is still starting accepts and says nothing for a moment: the caller tries again.
bool greets(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bool ok = false;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::array<char, 4> start{};
    const auto n = ::recv(fd, start.data(), start.size(), MSG_WAITALL);
    ok = n == static_cast<ssize_t>(start.size()) && std::string_view(start.data(), start.size()) == "* OK";
    const std::string_view bye = "a LOGOUT\r\n";
    if (ok) ::send(fd, bye.data(), bye.size(), MSG_NOSIGNAL);
  }
  ::close(fd);
  return ok;
}

}  // namespace

void wait_for_greeting(std::uint16_t port, const Process& process, const std::function<std::string()>& log,
                       std::chrono::seconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!greets(port)) {
    const bool late = std::chrono::steady_clock::now() > end;
    if (late || !process.running()) {
      throw std::runtime_error(
          std::string(late ? "the server does not greet on port " : "the server ended; port ") +
          std::to_string(port) + "\n" + process.out() + process.err() + log());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // nothing to wait on before the port is open
  }
}

void stop_process(Process& process, std::chrono::seconds patience) {
  process.signal(SIGTERM);
  if (process.wait(patience)) return;
  process.kill_group();
  process.kill();
  process.wait(patience);
}

// script/lib.sh, server_cache(), is the same rule.
std::string server_prefix(const std::string& name) {
  if (const char* set = std::getenv("POSTFERRY_SERVERS"); set != nullptr && *set != '\0') {
    return std::string(set) + "/" + name;
  }
  if (::geteuid() == 0) return "/var/cache/postferry/servers/" + name;
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0') {
    return std::string(cache) + "/postferry/servers/" + name;
  }
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : "") + "/.cache/postferry/servers/" + name;
}

}  // namespace pf::test
