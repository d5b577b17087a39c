#include "store/maildir/unique_name.h"

#include "base/clock.h"
#include "store/maildir/file_name.h"

#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace pf::store::maildir {
namespace {

TEST(MaildirUniqueName, TellsTheTimeAndIsLaterThanTheOneBefore) {
  const auto before = static_cast<std::uint64_t>(wall_seconds());
  const auto first = unique_name(0);
  EXPECT_GE(time_of(first) / 1'000'000, before);
  EXPECT_LE(time_of(first) / 1'000'000, static_cast<std::uint64_t>(wall_seconds()) + 1);
  EXPECT_GT(time_of(unique_name(0)), time_of(first));
  EXPECT_EQ(parse_file_name(first).unique, first);
  // Short enough that its reference holds all of it.
  EXPECT_EQ(text_of(ref_of(first)), first);
}

TEST(MaildirUniqueName, IsLaterThanWhatIsThere) {
  const std::uint64_t ahead = (static_cast<std::uint64_t>(wall_seconds()) + 100) * 1'000'000;
  const auto name = unique_name(ahead);
  EXPECT_EQ(time_of(name), ahead + 1);
  EXPECT_NE(unique_name(ahead), name);
  // One mailbox from the future does not tell the time to others.
  EXPECT_LT(time_of(unique_name(0)), ahead);
}

TEST(MaildirUniqueName, ThreadsGetDifferentOnes) {
  std::mutex mutex;
  std::set<std::string> names;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) {
        auto name = unique_name(0);
        const std::lock_guard lock(mutex);
        names.insert(std::move(name));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(names.size(), 4000U);
}

}  // namespace
}  // namespace pf::store::maildir
