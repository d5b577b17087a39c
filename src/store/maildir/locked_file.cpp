#include "store/maildir/locked_file.h"

#include "base/clock.h"
#include "base/os/fd_io.h"
#include "base/step.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

namespace pf::store::maildir {

namespace {

constexpr std::int64_t dead_seconds = 120;  // Dovecot's own measure
constexpr auto patience = std::chrono::seconds(10);
constexpr auto pause = std::chrono::milliseconds(20);
constexpr std::int64_t second = 1'000'000'000;

Result<os::Fd> take_lock(const os::Directory& directory, const std::string& lock) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto made = directory.create_file(lock);
    if (made || made.error().code != Errc::exists) return made;
    const auto there = directory.status(lock);
    if (there && there->changed / second + dead_seconds < wall_seconds()) {
      PF_TRYV(directory.remove_file(lock));
      continue;
    }
    if (std::chrono::steady_clock::now() > until) {
      return Error{Errc::locked, Scope::mailbox, Retry::later,
                   fmt::format("{} is held by another program", (directory.path() / lock).native())};
    }
    std::this_thread::sleep_for(pause);
  }
}

Status replace(const os::Directory& directory, const os::Fd& fd, const std::string& lock,
               const std::string& name, const std::string& content) {
  const auto path = directory.path() / lock;
  PF_TRYV(os::write_all(fd, as_bytes(content), path));
  PF_TRYV(os::sync_file(fd, path));
  PF_STEP(file);
  PF_TRYV(directory.rename(lock, directory, name));
  return directory.sync();
}

}  // namespace

Result<std::string> read_if_there(const os::Directory& directory, std::string_view name,
                                  std::size_t max_bytes) {
  auto content = directory.read_file(name, max_bytes);
  if (!content && content.error().code == Errc::not_found) return std::string();
  return content;
}

Status change_locked(const os::Directory& directory, const std::string& name, std::size_t max_bytes,
                     const std::function<std::optional<std::string>(const std::string& content)>& change) {
  const std::string lock = name + ".lock";
  PF_TRY(const os::Fd fd, take_lock(directory, lock));
  auto content = read_if_there(directory, name, max_bytes);
  Status done;
  if (!content) done = content.error();
  const auto wanted = content ? change(*content) : std::nullopt;
  if (wanted) done = replace(directory, fd, lock, name, *wanted);
  if (!wanted || !done) ignore(directory.remove_file(lock));
  return done;
}

}  // namespace pf::store::maildir
