// Cyrus stores X for octets beyond ASCII in a header.  Its copy must be known for ours when the answer to the
// append is lost.
#include "support/cyrus_server.h"
#include "support/dovecot_server.h"
#include "support/fault_proxy.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <gtest/gtest.h>

namespace pf::test {
namespace {

class Munged : public testing::Test {
 protected:
  // Starts a run and returns when Cyrus has the message while its answer is still on the way.
  std::unique_ptr<Process> start_and_wait_until_stored() {
    oracle_of(source_, "alice")->append("INBOX", message_);
    proxy_.dam_answers_after("Message-ID: <m@example.com>");
    auto process = ferry_.start_sync(end_at(source_, "alice"), through());
    EXPECT_TRUE(eventually([&] { return stored() != 0 || !process->running(); }));
    EXPECT_TRUE(process->running());
    return process;
  }
  [[nodiscard]] End through() const { return end_through(proxy_.port(), target_, "bob"); }
  std::uint64_t stored() { return counter_->select("INBOX", true).exists; }
  void expect_one_munged_copy() {
    const auto there = oracle_of(target_, "bob")->fetch_all("INBOX");
    ASSERT_EQ(there.size(), 1U);
    EXPECT_NE(there[0].bytes.find("Subject: GrXXe\r\n"), std::string::npos) << there[0].bytes;
  }

  static constexpr std::string_view message_ =
      "From: a@example.com\r\nMessage-ID: <m@example.com>\r\nSubject: Gr\xFC\xDF"
      "e\r\n\r\ntext\r\n";

  DovecotServer source_;
  CyrusServer target_;
  FaultProxy proxy_{{.target_port = target_.imap_port()}};
  Ferry ferry_;
  std::unique_ptr<ImapOracle> counter_ = oracle_of(target_, "bob");
};

TEST_F(Munged, ACopyWhoseAnswerWasCutOffIsFound) {
  auto process = start_and_wait_until_stored();
  proxy_.cut_all(Cut::rst);
  proxy_.open_dam(Direction::to_client);
  const auto ran = Ferry::finish(*process);
  EXPECT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["copied"], 1U) << ran;
  expect_one_munged_copy();
}

TEST_F(Munged, ACopyNobodyHeardOfIsFoundAfterAKill) {
  auto process = start_and_wait_until_stored();
  process->kill();
  EXPECT_EQ(Ferry::finish(*process).signal, 9);
  proxy_.open_dam(Direction::to_client);
  for (int i = 0; i < 2; ++i) {
    const auto next = ferry_.sync(end_at(source_, "alice"), through());
    EXPECT_EQ(next.code, 0) << next;
    EXPECT_EQ(next["copied"] + next["restored"], 0U) << next;
    expect_one_munged_copy();
  }
}

}  // namespace
}  // namespace pf::test
