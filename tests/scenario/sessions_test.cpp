// A connection that is made before anybody wants it.  The rest of it needs a server that serves several at a
// time: tests/integration/sessions_test.cpp.
#include "scenario/play.h"

namespace pf::test {
namespace {

class Sessions : public StoreScenario {};

TEST_F(Sessions, TheEndWaitsForNoLoginNobodyWanted) {
  play_all(login() + separator() + R"(
    C: $1 LOGOUT
    S: * BYE bye
    S: $1 OK
    --- connection 2
    # it never greets
    C-eof
  )");
  auto scene = [&]() -> Task<void> {
    co_await store->expect(2);
    EXPECT_EQ(store->traffic().awaited, 1U);
    auto closed = co_await store->close();
    co_return closed;
  };
  must(scene());
}

}  // namespace
}  // namespace pf::test
