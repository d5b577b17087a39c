#include "base/os/terminal.h"

#include "base/os/fd.h"
#include "base/printable.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace pf::os {

namespace {

constexpr std::size_t max_password = 4096;
constexpr std::size_t max_line = 4096;

// No echo, no line editing and no signals by the terminal itself: were the program ended by Ctrl-C in here,
// the shell would be left without echo.
class QuietTerminal {
 public:
  explicit QuietTerminal(int fd) : fd_(fd) {
    if (::tcgetattr(fd, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    active_ = ::tcsetattr(fd, TCSAFLUSH, &quiet) == 0;
  }
  ~QuietTerminal() {
    if (active_) ::tcsetattr(fd_, TCSADRAIN, &before_);
  }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;
  [[nodiscard]] bool active() const { return active_; }

 private:
  int fd_;
  termios before_{};
  bool active_ = false;
};

Error cancelled() {
  return {Errc::cancelled, Scope::run, Retry::never, "password prompt"};
}

void show(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(fd, text.data(), text.size());
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

// Removes the last character, which may be several bytes of UTF-8.
void erase_last(std::string& typed) {
  while (!typed.empty()) {
    const auto last = static_cast<unsigned char>(typed.back());
    typed.pop_back();
    if ((last & 0xC0U) != 0x80U) return;
  }
}

enum class Key : std::uint8_t { more, done, cancel };

Key take_key(char c, std::string& typed) {
  constexpr char ctrl_c = 3, ctrl_d = 4, backspace = 8, ctrl_u = 21, del = 127;
  switch (c) {
    case '\r':
    case '\n':
      return Key::done;
    case ctrl_c:
      return Key::cancel;
    case ctrl_d:
      return typed.empty() ? Key::cancel : Key::done;
    case backspace:
    case del:
      erase_last(typed);
      return Key::more;
    case ctrl_u:
      typed.clear();
      return Key::more;
    default:
      if (typed.size() < max_password) typed += c;
      return Key::more;
  }
}

Result<Secret> read_keys(int fd) {
  std::string typed;
  typed.reserve(max_password);  // no copies of half the password left behind by growing
  for (;;) {
    char c = 0;
    const auto n = ::read(fd, &c, 1);
    const Key key = n == 1 ? take_key(c, typed) : Key::cancel;
    if (key == Key::more) continue;
    Secret answer(std::move(typed));
    if (key == Key::cancel) return cancelled();
    return answer;
  }
}

}  // namespace

bool is_terminal(int fd) {
  return ::isatty(fd) == 1;
}

std::optional<std::size_t> terminal_width(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

Result<Secret> read_password(std::string_view prompt) {
  const Fd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal.valid()) {
    return Error{Errc::unsupported,
                 Scope::run,
                 Retry::never,
                 "password prompt: there is no terminal",
                 {},
                 "Give the password by an environment variable, a file or a command."};
  }
  return read_password_from(terminal.get(), prompt);
}

Result<Secret> read_password_from(int fd, std::string_view prompt) {
  const QuietTerminal quiet(fd);
  if (!quiet.active()) {
    return Error{Errc::unsupported, Scope::run, Retry::never,
                 "password prompt: the terminal cannot hide what is typed"};
  }
  show(fd, printable(prompt));
  auto answer = read_keys(fd);
  show(fd, "\n");
  return answer;
}

Result<std::string> read_line_from(int fd) {
  std::string line;
  for (;;) {
    char c = 0;
    const auto n = ::read(fd, &c, 1);
    if (n < 0 || (n == 0 && line.empty()))
      return Error{Errc::cancelled, Scope::run, Retry::never, "question"};
    if (n == 0 || c == '\n') return line;
    if (line.size() < max_line) line += c;
  }
}

}  // namespace pf::os
