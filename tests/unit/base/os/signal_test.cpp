#include "base/os/signal.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <unistd.h>

namespace pf::os {
namespace {

TEST(Signal, CountsStopRequestsAndRemembersTheFirst) {
  forget_stop_requests();
  install_signal_handlers();
  EXPECT_EQ(stop_requests(), 0);
  EXPECT_EQ(stop_signal(), 0);
  ASSERT_EQ(::raise(SIGTERM), 0);
  ASSERT_EQ(::raise(SIGINT), 0);
  EXPECT_EQ(stop_requests(), 2);
  EXPECT_EQ(stop_signal(), SIGTERM);
}

TEST(Signal, CountsWhereItIsTold) {
  static std::atomic<int> also{0};
  install_signal_handlers(&also);
  ASSERT_EQ(::raise(SIGINT), 0);
  ASSERT_EQ(::raise(SIGINT), 0);
  EXPECT_EQ(also.load(), 2);
  install_signal_handlers();
  ASSERT_EQ(::raise(SIGINT), 0);
  EXPECT_EQ(also.load(), 2);
}

TEST(Signal, ABrokenPipeIsAnErrorAndNotTheEnd) {
  install_signal_handlers();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  EXPECT_EQ(::write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  ::close(ends[1]);
}

}  // namespace
}  // namespace pf::os
