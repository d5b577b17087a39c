// Child processes for tests: arguments without a shell, both outputs captured, waited for with a deadline.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace pf::test {

struct ProcessOptions {
  std::vector<std::string> argv{};                         // argv[0] is looked up in PATH
  std::vector<std::pair<std::string, std::string>> env{};  // set on top of (or instead of) the parent's
  bool clean_env = false;                                  // true: only PATH and `env`
  std::string stdin_text{};
  std::string directory{};  // to start in; empty: the parent's
  std::string user{};       // dropped to when we are root; empty: stay
  bool own_group = false;   // a process group of its own, so that kill_group() takes its children along
  // SIGKILL to the child when the thread that started it ends: a crashed test leaves nothing behind.
  bool die_with_parent = true;
};

struct ExitStatus {
  int code = -1;   // exit status, -1 when killed by a signal
  int signal = 0;  // the signal, 0 when it exited
  rusage usage{};  // of the child and the children it waited for
  [[nodiscard]] bool success() const { return code == 0; }
};

class Process {
 public:
  // Throws std::runtime_error when the program cannot be started.
  explicit Process(ProcessOptions options);
  ~Process();  // kills (-9) what still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const;
  [[nodiscard]] bool running() const;
  // Nothing when the deadline passed first; the process then goes on.
  std::optional<ExitStatus> wait(std::chrono::milliseconds timeout);
  // No effect once it has ended.
  void signal(int number);
  void kill() { signal(9); }
  void kill_group();  // SIGKILL for the whole group of `own_group`; returns when it is gone

  // What it wrote so far; all of it once wait() has returned a status.
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct Output {
  ExitStatus status;
  std::string out;
  std::string err;
};

// Runs to the end.  Throws std::runtime_error when the time is over (the program is killed then).
Output run(ProcessOptions options, std::chrono::milliseconds timeout = std::chrono::minutes(5));

// The unprivileged user servers run as: "nobody" for root, else the current user.
[[nodiscard]] const std::string& server_user();
// Hands the tree over to server_user() (only root has to).
void give_to_server_user(const std::string& path);

}  // namespace pf::test
