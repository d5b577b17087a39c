#include "base/os/open_files.h"

#include <gtest/gtest.h>

#include <sys/resource.h>

namespace pf::os {
namespace {

TEST(OpenFiles, AsManyAsCanBeHadAreAllowed) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{.rlim_cur = 100, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(open_files_allowed(), 100U);
  allow_more_open_files();
  EXPECT_EQ(open_files_allowed(), std::min<rlim_t>(before.rlim_max, 16384));
  const auto more = open_files_allowed();
  allow_more_open_files();
  EXPECT_EQ(open_files_allowed(), more);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace pf::os
