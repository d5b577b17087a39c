// measured FD PROGRAM [ARGUMENT...]: runs it and writes what it took to FD, as JSON.  Exit status: that of
// the program.  A process of its own because Linux counts to a program's peak memory that of whoever started
// it.
#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <string_view>
#include <sys/resource.h>
#include <sys/wait.h>

namespace {

constexpr int not_started = 127;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

int fail(std::string_view what, int error) {
  fmt::print(stderr, "measured: {}: {}\n", what, std::strerror(error));
  return not_started;
}

}  // namespace

int main(int argc, char** argv) {
  int report = -1;
  const std::string_view number = argc > 2 ? argv[1] : "";
  std::from_chars(number.data(), number.data() + number.size(), report);
  if (::fcntl(report, F_SETFD, FD_CLOEXEC) != 0) return fail("measured FD PROGRAM [ARGUMENT...]", errno);
  const auto start = std::chrono::steady_clock::now();
  pid_t child = 0;
  if (const int error = ::posix_spawnp(&child, argv[2], nullptr, nullptr, argv + 2, environ); error != 0)
    return fail(argv[2], error);
  int status = 0;
  rusage used{};
  while (::wait4(child, &status, 0, &used) < 0) {
    if (errno != EINTR) return fail("wait", errno);
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  const auto text = fmt::format(R"({{"seconds":{:.4f},"user":{:.4f},"system":{:.4f},"peak_kb":{}}})",
                                wall.count(), seconds(used.ru_utime), seconds(used.ru_stime), used.ru_maxrss);
  if (::dprintf(report, "%s\n", text.c_str()) < 0) return fail("write", errno);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
