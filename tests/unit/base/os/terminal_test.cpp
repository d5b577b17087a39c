#include "base/os/terminal.h"

#include "base/os/fd.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string>
#include <sys/ioctl.h>
#include <termios.h>
#include <thread>
#include <unistd.h>

namespace pf::os {
namespace {

// A terminal and the person at it.
class Terminal {
 public:
  Terminal() : person_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    EXPECT_EQ(::grantpt(person_.get()), 0);
    EXPECT_EQ(::unlockpt(person_.get()), 0);
    program_ = Fd(::open(::ptsname(person_.get()), O_RDWR | O_NOCTTY));
    EXPECT_TRUE(program_.valid());
  }

  [[nodiscard]] int fd() const { return program_.get(); }
  void type(std::string_view keys) const {
    EXPECT_EQ(::write(person_.get(), keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  // What the screen shows, up to and with `end`.
  [[nodiscard]] std::string screen_until(std::string_view end) const {
    std::string shown;
    while (!shown.ends_with(end)) {
      pollfd waiting{person_.get(), POLLIN, 0};
      if (::poll(&waiting, 1, 120'000) != 1) return shown + " (nothing more came)";
      char c = 0;
      if (::read(person_.get(), &c, 1) != 1) return shown + " (closed)";
      shown += c;
    }
    return shown;
  }

 private:
  Fd person_, program_;
};

struct Asked {
  Result<Secret> answer;
  std::string screen;
};

Asked ask(const Terminal& terminal, std::string_view keys) {
  Result<Secret> answer = Error{};
  std::thread program([&] { answer = read_password_from(terminal.fd(), "Password: "); });
  std::string screen = terminal.screen_until("Password: ");  // from here on the echo is off
  terminal.type(keys);
  program.join();
  screen += terminal.screen_until("\n");
  return {std::move(answer), screen};
}

TEST(ReadLine, IsWhatIsTypedUpToTheEndOfTheLine) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Fd out(ends[0]);
  Fd in(ends[1]);
  const std::string typed = "yes\n\n" + std::string(5000, 'x') + "\nlast";
  ASSERT_EQ(::write(in.get(), typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
  in = Fd();
  EXPECT_EQ(read_line_from(out.get()).value(), "yes");
  EXPECT_EQ(read_line_from(out.get()).value(), "");
  EXPECT_EQ(read_line_from(out.get()).value(), std::string(4096, 'x'));
  EXPECT_EQ(read_line_from(out.get()).value(), "last");
  EXPECT_EQ(read_line_from(out.get()).error().code, Errc::cancelled);
}

TEST(ReadPassword, ShowsThePromptAndNothingOfTheAnswer) {
  const Terminal terminal;
  const auto asked = ask(terminal, "hunter2\n");
  EXPECT_EQ(asked.answer.value().reveal(), "hunter2");
  EXPECT_EQ(asked.screen, "Password: \r\n");
}

TEST(ReadPassword, LetsOneCorrectOneself) {
  const Terminal terminal;
  EXPECT_EQ(ask(terminal, "wrong\x15pasx\x7Fsw\xC3\xB6\x7For\bord\r").answer.value().reveal(), "passwoord");
}

TEST(ReadPassword, CtrlCAndCtrlDCancel) {
  const Terminal terminal;
  for (const std::string_view keys : {"half\x03", "\x04"}) {
    const auto asked = ask(terminal, keys);
    ASSERT_FALSE(asked.answer);
    EXPECT_EQ(asked.answer.error().code, Errc::cancelled);
  }
  EXPECT_EQ(ask(terminal, "whole\x04").answer.value().reveal(), "whole");
}

TEST(ReadPassword, PutsTheTerminalBackAsItWas) {
  const Terminal terminal;
  termios before{};
  ASSERT_EQ(::tcgetattr(terminal.fd(), &before), 0);
  EXPECT_FALSE(ask(terminal, "\x03").answer);
  termios after{};
  ASSERT_EQ(::tcgetattr(terminal.fd(), &after), 0);
  EXPECT_EQ(after.c_lflag, before.c_lflag);
}

TEST(ReadPassword, NeedsATerminal) {
  const Fd null(::open("/dev/null", O_RDWR));
  const auto answer = read_password_from(null.get(), "Password: ");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::unsupported);
}

TEST(TerminalSize, IsToldByTerminalsOnly) {
  const Terminal terminal;
  const winsize size{24, 97, 0, 0};
  ASSERT_EQ(::ioctl(terminal.fd(), TIOCSWINSZ, &size), 0);
  EXPECT_TRUE(is_terminal(terminal.fd()));
  EXPECT_EQ(terminal_width(terminal.fd()), 97U);
  const Fd null(::open("/dev/null", O_RDWR));
  EXPECT_FALSE(is_terminal(null.get()));
  EXPECT_EQ(terminal_width(null.get()), std::nullopt);
}

}  // namespace
}  // namespace pf::os
