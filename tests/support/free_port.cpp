#include "support/free_port.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <random>
#include <stdexcept>
#include <string>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pf::test {

namespace {

bool can_bind(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return free;
}

}  // namespace

ReservedPort::ReservedPort() {
  const std::string dir = "/tmp/postferry-test-ports";
  if (::mkdir(dir.c_str(), 01777) == 0) ::chmod(dir.c_str(), 01777);
  std::random_device random;
  constexpr int tries = 2000;
  for (int i = 0; i < tries; ++i) {
    const auto port = static_cast<std::uint16_t>(16000 + random() % 16000);
    const auto file = dir + "/" + std::to_string(port);
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0) continue;
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0 && can_bind(port)) {
      number_ = port;
      lock_ = fd;
      return;
    }
    ::close(fd);
  }
  throw std::runtime_error("no free port on loopback");
}

// The file stays: removing it would let two programs lock two different files of one name.
ReservedPort::~ReservedPort() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace pf::test
