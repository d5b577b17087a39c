// One run at a time for one pair of accounts, across processes.
#pragma once

#include "base/os/file.h"
#include "base/result.h"

#include <string>

namespace pf::state {

// Held while the object lives; released by the kernel when the process dies, however it dies.
class PairLock {
 public:
  // In state directory `dir` (made when missing).  Errc::locked, naming the process, when another run has the
  // pair in this direction; Errc::state when the directory cannot be used.
  static Result<PairLock> acquire(const std::string& dir, const std::string& source_account,
                                  const std::string& target_account);

 private:
  explicit PairLock(os::FileLock lock) : lock_(std::move(lock)) {}
  os::FileLock lock_;
};

}  // namespace pf::state
