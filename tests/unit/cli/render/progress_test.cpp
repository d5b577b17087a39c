#include "cli/render/progress.h"

#include "base/stopped_clock.h"

#include <gtest/gtest.h>

namespace pf::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

sync::Progress at(double time, std::uint64_t messages, std::uint64_t bytes) {
  return {.mailbox = "INBOX/2019",
          .mailboxes_done = 3,
          .mailboxes_total = 12,
          .messages_done = messages,
          .messages_total = 5000,
          .bytes_done = bytes,
          .bytes_total = 50'000'000,
          .seconds = time};
}

TEST(Pace, IsTheMeanOfTheLastTenSeconds) {
  Pace pace;
  for (int s = 0; s <= 20; ++s)
    pace.feed(at(s, 0, s <= 10 ? static_cast<std::uint64_t>(s) * 1'000'000 : 10'000'000));
  EXPECT_DOUBLE_EQ(pace.bytes_per_second(), 0);
  pace.feed(at(21, 0, 15'000'000));
  EXPECT_DOUBLE_EQ(pace.bytes_per_second(), 500'000);
}

TEST(Pace, SaysNothingAtTheStartAndAtTheEnd) {
  Pace pace;
  EXPECT_FALSE(pace.to_go().has_value());
  pace.feed(at(0.1, 10, 1000));
  EXPECT_FALSE(pace.to_go().has_value());
  pace.feed(at(2, 5000, 50'000'000));
  EXPECT_FALSE(pace.to_go().has_value());
}

TEST(Pace, TakesTheLongerOfBytesAndMessages) {
  Pace pace;
  pace.feed(at(10, 1000, 40'000'000));  // 2.5 s by bytes, 40 s by messages
  ASSERT_TRUE(pace.to_go().has_value());
  EXPECT_NEAR(*pace.to_go(), 40, 0.001);
}

TEST(Pace, BearsCountersThatGoBack) {
  Pace pace;
  pace.feed(at(1, 100, 1'000'000));
  pace.feed(at(2, 0, 0));
  EXPECT_DOUBLE_EQ(pace.bytes_per_second(), 0);
}

TEST(ProgressLine, ShowsCountsRateAndTimeToGo) {
  Pace pace;
  const auto progress = at(10, 1234, 12'300'000);
  pace.feed(progress);
  EXPECT_EQ(progress_line(progress, pace),
            "3/12 mailboxes  1,234/5,000 messages  12.3 MB/50.0 MB  1.2 MB/s  ETA 0:31  INBOX/2019");
}

TEST(ProgressLine, EscapesTheNameOfTheMailbox) {
  auto progress = at(10, 1, 1);
  progress.mailbox = "a\x1b[2Jb";
  Pace pace;
  pace.feed(progress);
  EXPECT_EQ(progress_line(progress, pace).find('\x1b'), std::string::npos);
}

struct Screen {
  std::vector<std::string> written;
  ProgressView view;
  explicit Screen(bool terminal, std::size_t width = 80)
      : view({.write = [this](std::string_view text) { written.emplace_back(text); },
              .terminal = terminal,
              .width = [width] { return width; }}) {}
};

TEST(ProgressView, DrawsOverOneLineAtMostFiveTimesASecond) {
  const StoppedClock clock;
  Screen screen(true);
  for (int i = 0; i < 100; ++i) {
    screen.view.show(at(i * 0.02, 1, 1));
    MonoClock::advance(milliseconds(20));
  }
  EXPECT_GE(screen.written.size(), 5U);
  EXPECT_LE(screen.written.size(), 11U);
  for (const auto& line : screen.written) {
    EXPECT_TRUE(line.starts_with("\r"));
    EXPECT_TRUE(line.ends_with("\x1b[K"));
    EXPECT_EQ(line.find('\n'), std::string::npos);
  }
}

TEST(ProgressView, LeavesTheLastColumnFree) {
  Screen screen(true, 20);
  screen.view.show(at(10, 1234, 1));
  ASSERT_EQ(screen.written.size(), 1U);
  EXPECT_EQ(screen.written[0], "\r3/12 mailboxes  1,2\x1b[K");
}

TEST(ProgressView, ClearsOnlyWhatIsThere) {
  Screen screen(true);
  screen.view.clear();
  EXPECT_TRUE(screen.written.empty());
  screen.view.note("waiting");
  screen.view.clear();
  screen.view.clear();
  EXPECT_EQ(screen.written, (std::vector<std::string>{"\rwaiting\x1b[K", "\r\x1b[K"}));
}

TEST(ProgressView, WithoutATerminalPrintsALineEveryTenSeconds) {
  const StoppedClock clock;
  Screen screen(false);
  for (int s = 0; s < 35; ++s) {
    screen.view.show(at(s, 1, 1));
    MonoClock::advance(seconds(1));
  }
  ASSERT_EQ(screen.written.size(), 3U);
  for (const auto& line : screen.written) {
    EXPECT_TRUE(line.ends_with("INBOX/2019\n"));
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
  }
  screen.view.note("waiting");
  screen.view.clear();
  EXPECT_EQ(screen.written.size(), 3U);
}

}  // namespace
}  // namespace pf::cli
