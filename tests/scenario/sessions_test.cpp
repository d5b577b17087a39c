// When connections come and go.  What needs a server that serves several at a time is in
// tests/integration/sessions_test.cpp.
#include "async/group.h"
#include "scenario/play.h"

namespace pf::test {
namespace {

class Sessions : public StoreScenario {};

// The goodbye is there before the question is answered, and whoever comes all the same is served.
TEST_F(Sessions, TheGoodbyeGoesBehindTheLastQuestion) {
  play_all(login() + separator() + R"(
    C: $1 STATUS "Work" (MESSAGES UIDNEXT UIDVALIDITY)
    C: $2 LOGOUT
    S: * STATUS "Work" (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 5)
    S: $1 OK
    S: * BYE bye
    S: $2 OK
    C-eof
    --- connection 2
  )" + login() +
           R"(
    C: $1 EXAMINE "Work"
    S: * 3 EXISTS
    S: * OK [UIDVALIDITY 5] ok
    S: * OK [UIDNEXT 4] ok
    S: $1 OK
  )");
  std::optional<Result<store::MailboxStatus>> told;
  auto asking = [&]() -> Task<void> {
    PF_CO_TRY(const auto all, co_await store->status({mailbox_named("Work")}));
    told = all.front();
    co_return Status{};
  };
  auto scene = [&]() -> Task<void> {
    TaskGroup group;
    co_await group.spawn(asking());
    co_await store->farewell();
    auto done = co_await group.join();
    co_return done;
  };
  must(scene());
  ASSERT_TRUE(told && *told);
  EXPECT_EQ((*told)->count, 3U);
  must(open("Work", store::Access::read)->close());
}

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
