// The connections of an account: which are made when, and for whom.
#include "async/event.h"
#include "store/imap/imap_store.h"
#include "support/dovecot_server.h"
#include "support/fault_proxy.h"
#include "support/run_task.h"

#include <gtest/gtest.h>

namespace pf::test {
namespace {

class Sessions : public ::testing::Test {
 protected:
  void SetUp() override {
    store::ImapStoreOptions options;
    options.login.label = "alice";
    options.login.dial.host = "127.0.0.1";
    options.login.dial.port = line_.port();
    options.login.tls = imap::LoginOptions::Tls::none;
    options.login.user = "alice";
    options.login.password = Secret(server_.password("alice"));
    store_ = std::make_unique<store::ImapStore>(std::move(options));
    const auto listed = run(store_->connect_and_list());
    ASSERT_TRUE(listed) << listed.error().describe();
    inbox_ = listed->front();
  }
  void TearDown() override { EXPECT_TRUE(run(store_->close())); }

  void expect(std::size_t open) {
    auto expecting = [this, open]() -> Task<void> {
      co_await store_->expect(open);
      co_return Status{};
    };
    ASSERT_TRUE(run(expecting()));
  }
  // Nobody waits for the server any more.
  void settle() {
    auto settling = [this]() -> Task<void> {
      while (store_->traffic().awaited != 0) co_await sleep_for(std::chrono::milliseconds(1));
      co_return Status{};
    };
    ASSERT_TRUE(run(settling()));
  }
  void open_at_once(std::size_t mailboxes) {
    std::vector<std::unique_ptr<store::OpenMailbox>> opened;
    for (std::size_t i = 0; i < mailboxes; ++i) {
      auto one = run(store_->open(inbox_, store::Access::read));
      ASSERT_TRUE(one) << one.error().describe();
      opened.push_back(std::move(*one));
    }
    for (const auto& one : opened) EXPECT_TRUE(run(one->close()));
  }

  const DovecotServer server_;
  FaultProxy line_{{.target_port = server_.imap_port()}};
  std::unique_ptr<store::ImapStore> store_;
  store::MailboxInfo inbox_;
};

TEST_F(Sessions, ThatAreExpectedLogInBeforeAnybodyComes) {
  expect(3);
  EXPECT_EQ(store_->traffic().awaited, 2U);
  settle();
  EXPECT_EQ(line_.connections(), 3U);
  open_at_once(3);
  expect(3);  // they are there
  EXPECT_EQ(line_.connections(), 3U);
}

TEST_F(Sessions, WhoComesWhileOneIsLoggingInWaitsForThatOne) {
  expect(3);
  open_at_once(3);
  EXPECT_EQ(line_.connections(), 3U);
}

TEST_F(Sessions, OneThatCannotBeHadIsNotMissedBeforeSomebodyWantsIt) {
  line_.refuse_connections(true);
  expect(3);
  settle();
  line_.refuse_connections(false);
  open_at_once(3);
}

TEST_F(Sessions, WhoFindsAllLentWaitsNoLongerThanALoginTakes) {
  open_at_once(4);
  EXPECT_EQ(line_.connections(), 4U);
}

}  // namespace
}  // namespace pf::test
