#include "store/maildir/locked_file.h"

#include "base/clock.h"
#include "base/os/fd_io.h"
#include "base/step.h"
#include "store/maildir/unique_name.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <thread>

namespace pf::store::maildir {

namespace {

constexpr std::int64_t dead_seconds = 120;  // Dovecot's own measure
constexpr auto pause = std::chrono::milliseconds(20);
constexpr std::int64_t second = 1'000'000'000;
constexpr std::string_view ours = "postferry\n";  // what such a lock holds

class DotLock {
 public:
  DotLock(const os::Directory& directory, const std::string& name)
      : directory_(directory), name_(name), lock_(name + ".lock") {}
  ~DotLock() {
    if (held_) ignore(directory_.remove_file(lock_));
    if (!held_ && !temporary_.empty()) ignore(directory_.remove_file(temporary_));
  }
  DotLock(const DotLock&) = delete;
  DotLock& operator=(const DotLock&) = delete;

  Status take(std::chrono::milliseconds patience) {
    PF_TRYV(make());
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
      const auto placed = temporary_.empty() ? directory_.give_new_name(alive_, lock_)
                                             : directory_.rename_to_new(temporary_, directory_, lock_);
      if (placed) {
        held_ = true;
        PF_STEP(file);
        return {};
      }
      if (placed.error().code != Errc::exists) return placed.error();
      PF_TRY(const bool removed, remove_dead());
      if (removed) continue;
      if (std::chrono::steady_clock::now() > until) {
        return Error{Errc::locked, Scope::mailbox, Retry::later,
                     fmt::format("{} is held by another program", (directory_.path() / lock_).native())};
      }
      std::this_thread::sleep_for(pause);
    }
  }

  // Only who has the lock comes here, so one name for what is on its way is enough.
  Status replace(const std::string& content) const {
    const std::string coming = name_ + ".postferry";
    const auto path = directory_.path() / coming;
    PF_TRYV(directory_.remove_file(coming));
    PF_TRY(const os::Fd fd, directory_.create_file(coming));
    PF_TRYV(os::write_all(fd, as_bytes(content), path));
    PF_TRYV(os::sync_file(fd, path));
    PF_STEP(file);
    PF_TRYV(directory_.rename(coming, directory_, name_));
    PF_STEP(file);
    return directory_.sync();
  }

 private:
  // Locked by the kernel and signed before it has its name: a run killed at any moment leaves no lock that
  // nobody can tell for its own.
  Status make() {
    auto file = directory_.create_nameless_file();
    if (!file && file.error().code == Errc::unsupported) {
      temporary_ = fmt::format("{}.{}", lock_, unique_name(0));
      file = directory_.create_file(temporary_);
    }
    if (!file) return file.error();
    alive_ = *std::move(file);
    // Some file systems have no such locks.  Unsigned it is a lock, too; it just outlives a killed run.
    if (!directory_.lock_open_file(alive_, lock_)) return {};
    return os::write_all(alive_, as_bytes(ours), directory_.path() / lock_);
  }

  Result<bool> remove_dead() const {
    const auto lock = directory_.status(lock_);
    if (!lock) return false;
    if (lock->changed / second + dead_seconds < wall_seconds()) {
      PF_TRYV(directory_.remove_file(lock_));
      return true;
    }
    const auto alone = directory_.lock_file(lock_);
    if (!alone) return false;
    std::array<char, 16> buffer{};
    const auto path = directory_.path() / lock_;
    PF_TRY(const std::size_t got, os::read_up_to(*alone, buffer, path));
    if (as_text(Bytes(buffer).first(got)) != ours) return false;
    // Somebody else may have taken it away, and a living one may stand there now.
    const auto now = directory_.status(lock_);
    PF_TRY(const auto mine, os::file_status(*alone, path));
    if (!now || now->inode != mine.inode) return false;
    PF_TRYV(directory_.remove_file(lock_));
    return true;
  }

  const os::Directory& directory_;
  std::string name_, lock_;
  std::string temporary_;  // where a file cannot be without a name
  os::Fd alive_;
  bool held_ = false;
};

}  // namespace

Result<std::string> read_if_there(const os::Directory& directory, std::string_view name,
                                  std::size_t max_bytes) {
  auto content = directory.read_file(name, max_bytes);
  if (!content && content.error().code == Errc::not_found) return std::string();
  return content;
}

Status change_locked(const os::Directory& directory, const std::string& name, std::size_t max_bytes,
                     const std::function<std::optional<std::string>(const std::string& content)>& change,
                     std::chrono::milliseconds patience) {
  DotLock lock(directory, name);
  PF_TRYV(lock.take(patience));
  PF_TRY(const std::string content, read_if_there(directory, name, max_bytes));
  const auto wanted = change(content);
  if (!wanted) return {};
  return lock.replace(*wanted);
}

}  // namespace pf::store::maildir
