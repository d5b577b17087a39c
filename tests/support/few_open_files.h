// A process that may have few files open, for as long as this lives: half of what is allowed is in use
// already.
#pragma once

#include <fcntl.h>
#include <stdexcept>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace pf::test {

class FewOpenFiles {
 public:
  explicit FewOpenFiles(rlim_t allowed = 200) {
    if (::getrlimit(RLIMIT_NOFILE, &before_) != 0) throw std::runtime_error("getrlimit");
    do {
      taken_.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    } while (taken_.back() >= 0 && static_cast<rlim_t>(taken_.back()) < allowed / 2);
    const rlimit few{.rlim_cur = allowed, .rlim_max = before_.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &few) != 0) throw std::runtime_error("setrlimit");
  }
  FewOpenFiles(const FewOpenFiles&) = delete;
  FewOpenFiles& operator=(const FewOpenFiles&) = delete;
  ~FewOpenFiles() {
    for (const int fd : taken_) ::close(fd);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  // So many of them are free again.
  void release(std::size_t files) {
    for (; files != 0 && !taken_.empty(); --files) {
      ::close(taken_.back());
      taken_.pop_back();
    }
  }

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

}  // namespace pf::test
