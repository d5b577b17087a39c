#include "support/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <mutex>
#include <poll.h>
#include <pwd.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

extern char** environ;  // NOLINT(readability-redundant-declaration): glibc declares it only for _GNU_SOURCE

namespace pf::test {

namespace {

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_end(std::size_t i) {
    if (ends[i] >= 0) ::close(std::exchange(ends[i], -1));
  }
};

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
};

std::optional<Identity> identity_to_become(const std::string& user) {
  if (user.empty() || ::geteuid() != 0) return std::nullopt;
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) throw std::runtime_error("no such user: " + user);
  if (entry->pw_uid == 0) return std::nullopt;
  return Identity{entry->pw_uid, entry->pw_gid};
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  // sbin: servers live there, and an ordinary user's PATH leaves it out.
  std::string dirs =
      std::string(path != nullptr ? path : "/usr/bin:/bin") + ":/usr/local/sbin:/usr/sbin:/sbin";
  for (std::size_t begin = 0; begin <= dirs.size();) {
    const auto end = std::min(dirs.find(':', begin), dirs.size());
    const auto candidate = dirs.substr(begin, end - begin) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  throw std::runtime_error("no such program: " + name);
}

std::vector<std::string> environment_of(const ProcessOptions& options) {
  std::vector<std::string> all;
  all.reserve(options.env.size());
  for (const auto& [key, value] : options.env) all.push_back(std::string(key).append("=").append(value));
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto key = text.substr(0, text.find('='));
    bool replaced = options.clean_env && key != "PATH";
    for (const auto& [name, value] : options.env) replaced = replaced || key == name;
    if (!replaced) all.emplace_back(text);
  }
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> all;
  all.reserve(strings.size() + 1);
  for (auto& s : strings) all.push_back(s.data());
  all.push_back(nullptr);
  return all;
}

// All the child needs, made before fork(): between fork and exec only async-signal-safe calls are allowed,
// because the parent has threads.
struct ChildPlan {
  std::string program;
  std::vector<std::string> argv;
  std::vector<std::string> env;
  std::vector<char*> argv_pointers;
  std::vector<char*> env_pointers;
  std::optional<Identity> identity;
  const char* directory = nullptr;
  bool own_group = false;
  bool die_with_parent = false;
  pid_t parent = 0;
};

// Some process of the group still runs.  Zombies do not count: where nobody reaps orphans they stay for ever.
bool group_lives(pid_t group) {
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", gone)) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "stat");
    std::string line;
    if (!std::getline(file, line)) continue;
    // "pid (name) state ppid pgrp ...", and the name may hold anything.
    const auto behind_name = line.rfind(')');
    if (behind_name == std::string::npos || behind_name + 2 >= line.size()) continue;
    const char state = line[behind_name + 2];
    const auto parent = line.find(' ', behind_name + 2) + 1;
    const auto its_group = line.find(' ', parent) + 1;
    if (state != 'Z' && state != 'X' && std::strtol(line.c_str() + its_group, nullptr, 10) == group)
      return true;
  }
  return false;
}

[[noreturn]] void become_child(const ChildPlan& plan, int in, int out, int err, int failure) {
  const auto fail = [&] {
    const int code = errno;
    // Nothing can be done about a failing write here.
    [[maybe_unused]] const auto n = ::write(failure, &code, sizeof code);
    ::_exit(127);
  };
  if (::dup2(in, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(err, 2) < 0) fail();
  if (plan.own_group) ::setpgid(0, 0);
  if (plan.identity) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(plan.identity->gid) != 0 ||
        ::setuid(plan.identity->uid) != 0)
      fail();
  }
  if (plan.die_with_parent) {  // after setuid, which clears it
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != plan.parent) ::_exit(127);
  }
  if (plan.directory != nullptr && ::chdir(plan.directory) != 0) fail();
  // Sockets of the test itself are not all close-on-exec; one kept open by a server hides a disconnect.
  constexpr unsigned close_on_exec = 4;
  if (::close_range(3, ~0U, close_on_exec) != 0) {
    for (int fd = 3; fd < 1024; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::execve(plan.program.c_str(), plan.argv_pointers.data(), plan.env_pointers.data());
  fail();
  ::_exit(127);
}

}  // namespace

struct Process::Impl {
  pid_t pid = -1;
  bool own_group = false;
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::optional<ExitStatus> status;  // set when reaped
  bool output_ended = false;
  std::string out;
  std::string err;
  // Closed when the child has ended: the reader takes what is still in the pipes and stops, although a
  // grandchild may hold them open.
  Pipe ended;
  std::unique_ptr<Pipe> in;
  std::unique_ptr<Pipe> out_pipe;
  std::unique_ptr<Pipe> err_pipe;
  std::thread waiter;
  std::thread reader;

  void reap();
  void read_outputs(std::string stdin_text);
};

void Process::Impl::reap() {
  siginfo_t info{};
  // WNOWAIT: the pid stays ours until the lock is held, so signal() never hits a stranger.
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  const std::scoped_lock lock(mutex);
  int raw = 0;
  ExitStatus done;
  while (::wait4(pid, &raw, 0, &done.usage) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(raw)) done.code = WEXITSTATUS(raw);
  if (WIFSIGNALED(raw)) done.signal = WTERMSIG(raw);
  status = done;
  ended.close_end(1);
  changed.notify_all();
}

void Process::Impl::read_outputs(std::string stdin_text) {
  std::size_t written = 0;
  if (stdin_text.empty()) in->close_end(1);
  while (true) {
    std::array<pollfd, 4> fds{{{out_pipe->ends[0], POLLIN, 0},
                               {err_pipe->ends[0], POLLIN, 0},
                               {ended.ends[0], POLLIN, 0},
                               {in->ends[1], POLLOUT, 0}}};
    if (fds[0].fd < 0 && fds[1].fd < 0) break;
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) break;
    for (std::size_t i = 0; i < 2; ++i) {
      if (fds[i].revents == 0) continue;
      std::array<char, 65536> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
      const auto n = ::read(fds[i].fd, chunk.data(), chunk.size());
      if (n > 0) {
        const std::scoped_lock lock(mutex);
        (i == 0 ? out : err).append(chunk.data(), static_cast<std::size_t>(n));
      } else {
        (i == 0 ? out_pipe : err_pipe)->close_end(0);
      }
    }
    if (fds[3].revents != 0) {
      const auto n = ::write(fds[3].fd, stdin_text.data() + written, stdin_text.size() - written);
      if (n > 0) written += static_cast<std::size_t>(n);
      if (n <= 0 || written == stdin_text.size()) in->close_end(1);
    }
    if (fds[2].revents != 0 && fds[0].revents == 0 && fds[1].revents == 0) break;
  }
  const std::scoped_lock lock(mutex);
  output_ended = true;
  changed.notify_all();
}

Process::Process(ProcessOptions options) : impl_(std::make_unique<Impl>()) {
  ChildPlan plan;
  plan.program = find_program(options.argv.at(0));
  plan.argv = options.argv;
  plan.env = environment_of(options);
  plan.argv_pointers = pointers(plan.argv);
  plan.env_pointers = pointers(plan.env);
  plan.identity = identity_to_become(options.user);
  plan.directory = options.directory.empty() ? nullptr : options.directory.c_str();
  plan.own_group = options.own_group;
  plan.die_with_parent = options.die_with_parent;
  plan.parent = ::getpid();

  ::signal(SIGPIPE, SIG_IGN);  // a child that closes its stdin must not end the test
  Pipe failure;
  impl_->in = std::make_unique<Pipe>();
  impl_->out_pipe = std::make_unique<Pipe>();
  impl_->err_pipe = std::make_unique<Pipe>();
  impl_->own_group = options.own_group;
  impl_->pid = ::fork();
  if (impl_->pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (impl_->pid == 0) {
    become_child(plan, impl_->in->ends[0], impl_->out_pipe->ends[1], impl_->err_pipe->ends[1],
                 failure.ends[1]);
  }
  if (options.own_group) ::setpgid(impl_->pid, impl_->pid);
  impl_->in->close_end(0);
  impl_->out_pipe->close_end(1);
  impl_->err_pipe->close_end(1);
  failure.close_end(1);
  int code = 0;
  if (::read(failure.ends[0], &code, sizeof code) == static_cast<ssize_t>(sizeof code)) {
    ::waitpid(impl_->pid, nullptr, 0);
    throw std::system_error(code, std::generic_category(), "cannot start " + plan.program);
  }
  impl_->waiter = std::thread([impl = impl_.get()] { impl->reap(); });
  impl_->reader =
      std::thread([impl = impl_.get(), text = std::move(options.stdin_text)] { impl->read_outputs(text); });
}

Process::~Process() {
  if (!impl_) return;
  if (impl_->own_group && running()) kill_group();
  kill();
  if (impl_->waiter.joinable()) impl_->waiter.join();
  if (impl_->reader.joinable()) impl_->reader.join();
}

pid_t Process::pid() const {
  return impl_->pid;
}

bool Process::running() const {
  const std::scoped_lock lock(impl_->mutex);
  return !impl_->status.has_value();
}

std::optional<ExitStatus> Process::wait(std::chrono::milliseconds timeout) {
  std::unique_lock lock(impl_->mutex);
  const auto over = [&] { return impl_->status.has_value() && impl_->output_ended; };
  if (!impl_->changed.wait_for(lock, timeout, over)) return std::nullopt;
  return impl_->status;
}

void Process::signal(int number) {
  const std::scoped_lock lock(impl_->mutex);
  if (!impl_->status) ::kill(impl_->pid, number);
}

void Process::kill_group() {
  if (!impl_->own_group || ::kill(-impl_->pid, SIGKILL) != 0) return;
  // Until they are gone they hold the ports a server started next wants, and may write into a directory about
  // to be removed.  On a busy machine dying takes its time.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (group_lives(impl_->pid) && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::string Process::out() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->out;
}

std::string Process::err() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->err;
}

Output run(ProcessOptions options, std::chrono::milliseconds timeout) {
  const auto name = options.argv.at(0);
  Process process(std::move(options));
  const auto status = process.wait(timeout);
  if (!status)
    throw std::runtime_error(name + " did not end in time; it wrote: " + process.out() + process.err());
  return {.status = *status, .out = process.out(), .err = process.err()};
}

const std::string& server_user() {
  static const std::string name = [] {
    if (::geteuid() == 0) return std::string("nobody");
    const passwd* entry = ::getpwuid(::geteuid());
    return entry != nullptr ? std::string(entry->pw_name) : std::to_string(::geteuid());
  }();
  return name;
}

void give_to_server_user(const std::string& path) {
  const auto who = identity_to_become(server_user());
  if (!who) return;
  const auto give = [&](const std::string& file) {
    if (::lchown(file.c_str(), who->uid, who->gid) != 0 && errno != ENOENT) {  // a lock that is gone again
      throw std::system_error(errno, std::generic_category(), "chown " + file);
    }
  };
  give(path);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) give(entry.path().string());
}

}  // namespace pf::test
