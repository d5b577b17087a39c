#include "store/maildir/delivery.h"

#include "support/temp_dir.h"

#include <gtest/gtest.h>

namespace pf::store::maildir {
namespace {

// A batch may have hundreds of them.
TEST(MaildirParcel, KeepsNoMemoryOnceItsFileIsWhole) {
  const test::TempDir directory;
  auto at = os::Directory::open(directory.path());
  ASSERT_TRUE(at);
  auto folder = Folder::open_or_make(*std::move(at));
  ASSERT_TRUE(folder);
  Parcel parcel(std::make_shared<const Folder>(*std::move(folder)), {}, std::nullopt);
  parcel.waiting.assign(100'000, 'x');
  ASSERT_TRUE(parcel.finish());
  EXPECT_LT(parcel.waiting.capacity(), 100U);
}

}  // namespace
}  // namespace pf::store::maildir
