#include "state/pair_lock.h"

#include "base/digest.h"

#include <fmt/format.h>

#include <utility>

namespace pf::state {
namespace {

// Labels hold characters no file name should; the length in front keeps "a"+"bc" and "ab"+"c" apart.
std::string file_name(const std::string& source, const std::string& target) {
  const auto digest = sha256(fmt::format("{} {} {}", source.size(), source, target));
  return "pair-" + hex(digest).substr(0, 32) + ".lock";
}

}  // namespace

Result<PairLock> PairLock::acquire(const std::string& dir, const std::string& source_account,
                                   const std::string& target_account) {
  auto lock = [&]() -> Result<os::FileLock> {
    PF_TRYV(os::make_private_dir(dir));
    return os::FileLock::acquire(os::Path(dir) / file_name(source_account, target_account));
  }();
  if (lock) return PairLock(*std::move(lock));
  Error error = std::move(lock).error();
  if (error.code == Errc::locked) {
    error.hint = "wait until that run has ended, or stop it";
  } else {
    error.code = Errc::state;
  }
  return error.at(fmt::format("{} to {}", source_account, target_account));
}

}  // namespace pf::state
