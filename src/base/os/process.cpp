#include "base/os/process.h"

#include "base/ascii.h"
#include "base/os/fd.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace pf::os {

namespace {

Error command_error(Errc code, std::string_view program, std::string_view what) {
  return {code, Scope::account, Retry::never, fmt::format("command {}: {}", program, what)};
}

// A started process that is never left behind: killed and waited for when nobody waited.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }

  // Its wait status; nothing when it still runs at the deadline.
  std::optional<int> wait_until(TimePoint deadline) {
    for (;;) {
      int status = 0;
      const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
      if (ended == pid_) {
        pid_ = -1;
        return status;
      }
      if (ended < 0 && errno != EINTR) return std::nullopt;
      if (MonoClock::now() >= deadline) return std::nullopt;
      const timespec pause{0, 2'000'000};
      ::nanosleep(&pause, nullptr);
    }
  }

 private:
  pid_t pid_;
};

struct SpawnSettings {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};

  explicit SpawnSettings(int output) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    // We ignore SIGPIPE; the child must not inherit that.
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
};

Result<pid_t> spawn(std::vector<std::string>& words, int output) {
  const SpawnSettings settings(output);
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int failed =
      ::posix_spawnp(&pid, argv[0], &settings.files, &settings.attributes, argv.data(), environ);
  if (failed != 0) {
    return command_error(Errc::usage, words[0],
                         fmt::format("cannot be started ({})", std::generic_category().message(failed)));
  }
  return pid;
}

int poll_timeout(TimePoint deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - MonoClock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000));
}

// Everything up to the end of the pipe, into `out`, whose room was reserved: growing would leave copies
// behind.
Status read_output(const Fd& pipe, std::string& out, TimePoint deadline, const CommandLimits& limits,
                   std::string_view program) {
  for (;;) {
    if (MonoClock::now() >= deadline) return command_error(Errc::timeout, program, "did not end in time");
    pollfd waiting{pipe.get(), POLLIN, 0};
    if (::poll(&waiting, 1, poll_timeout(deadline)) <= 0) continue;
    const std::size_t before = out.size();
    out.resize(std::min(before + 4096, limits.max_output + 1));
    const auto n = ::read(pipe.get(), out.data() + before, out.size() - before);
    out.resize(before + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (n == 0) return {};
    if (n < 0 && errno != EINTR) return command_error(Errc::io, program, "its output could not be read");
    if (out.size() > limits.max_output) return command_error(Errc::limit, program, "printed too much");
  }
}

Status check_ended_well(Child& child, TimePoint deadline, std::string_view program) {
  const auto status = child.wait_until(deadline);
  if (!status) return command_error(Errc::timeout, program, "did not end in time");
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return {};
  if (WIFEXITED(*status)) {
    return command_error(Errc::usage, program,
                         fmt::format("failed with exit status {}", WEXITSTATUS(*status)));
  }
  return command_error(Errc::usage, program, fmt::format("was ended by signal {}", WTERMSIG(*status)));
}

Result<Secret> first_line(std::string_view output, std::string_view program) {
  auto line = output.substr(0, output.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return command_error(Errc::usage, program, "printed nothing on its first line");
  return Secret(std::string(line));
}

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view line) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = '\0';
  const auto current = [&]() -> std::string& {
    if (!std::exchange(in_word, true)) words.emplace_back();
    return words.back();
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const char next = i + 1 < line.size() ? line[i + 1] : '\0';
    const bool escapes = quote == '\0' ? next != '\0' : quote == '"' && (next == '"' || next == '\\');
    if (c == '\\' && escapes) {
      current() += next;
      ++i;
    } else if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        current() += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      current();
    } else if (is_blank(c) || c == '\n') {
      in_word = false;
    } else {
      current() += c;
    }
  }
  if (quote != '\0')
    return Error{Errc::usage, Scope::account, Retry::never, "a quote in the command line is not closed"};
  if (words.empty() || words.front().empty()) {
    return Error{Errc::usage, Scope::account, Retry::never, "the command line names no program"};
  }
  return words;
}

Result<Secret> run_secret_command(std::string_view line, const CommandLimits& limits) {
  PF_TRY(auto words, split_command(line));
  const TimePoint deadline = MonoClock::now() + limits.timeout;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return command_error(Errc::io, words[0], "no pipe could be made");
  const Fd ours(ends[0]);
  Fd theirs(ends[1]);
  PF_TRY(const pid_t pid, spawn(words, theirs.get()));
  Child child(pid);
  theirs.reset();

  std::string output;
  output.reserve(limits.max_output + 1);
  Status ended = read_output(ours, output, deadline, limits, words[0]);
  if (ended) ended = check_ended_well(child, deadline, words[0]);
  Result<Secret> answer = ended ? first_line(output, words[0]) : Result<Secret>(ended.error());
  Secret::wipe(output);
  return answer;
}

}  // namespace pf::os
