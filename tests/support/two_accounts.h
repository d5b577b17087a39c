// Two accounts, each on a real server of its own, the program between them, and a judge at each.
#pragma once

#include "support/cyrus_server.h"
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <fmt/chrono.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <ctime>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace pf::test {

using MakeServer = std::unique_ptr<MailServer> (*)();

// "17-Jul-1996 09:44:25 +0000"
inline std::string date_time(std::int64_t seconds) {
  return fmt::format("{:%d-%b-%Y %H:%M:%S} +0000", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

// All of these name mailboxes alike: "/", and no prefix.
inline std::unique_ptr<MailServer> a_dovecot() {
  return std::make_unique<DovecotServer>();
}
// Tells neither what changed nor what is gone, and moves by copying.
inline std::unique_ptr<MailServer> a_plain_dovecot() {
  return std::make_unique<DovecotServer>(
      DovecotOptions{.capability = "IMAP4rev1 LITERAL+ NAMESPACE CHILDREN UIDPLUS UNSELECT"});
}
inline std::unique_ptr<MailServer> a_cyrus() {
  return std::make_unique<CyrusServer>();
}

struct Between {
  std::string name;
  MakeServer source = a_dovecot;
  MakeServer target = a_dovecot;
};
inline std::ostream& operator<<(std::ostream& out, const Between& between) {
  return out << between.name;
}
inline std::string name_of(const testing::TestParamInfo<Between>& info) {
  return info.param.name;
}
inline auto dovecots_and_cyrus() {
  return testing::Values(Between{"DovecotToDovecot", a_dovecot, a_dovecot},
                         Between{"DovecotToCyrus", a_dovecot, a_cyrus},
                         Between{"CyrusToDovecot", a_cyrus, a_dovecot});
}

class TwoAccounts : public testing::Test {
 protected:
  explicit TwoAccounts(const Between& between = {})
      : source_server_(between.source()), target_server_(between.target()) {}

  Ran sync(const std::string& mode, std::vector<std::string> options = {}) const {
    options.insert(options.end(), {"--mode", mode});
    return ferry_.sync(from_, to_, std::move(options));
  }
  static void lose(ImapOracle& at, const std::string& mailbox, const std::string& uids) {
    at.select(mailbox);
    at.store(uids, "+FLAGS", "\\Deleted");
    at.expunge();
  }
  // A mailbox of that name with the same messages, and a UIDVALIDITY of its own.
  static void recreate(ImapOracle& at, const std::string& mailbox) {
    const auto messages = at.fetch_all(mailbox);
    remake(at, mailbox);
    for (const auto& m : messages) {
      at.append(mailbox,
                {.bytes = m.bytes, .flags = {m.flags.begin(), m.flags.end()}, .date = date_time(m.date)});
    }
  }
  void expect_same(const std::string& mailbox) const {
    EXPECT_EQ(difference(*at_source_, mailbox, *at_target_, mailbox), "") << mailbox;
  }
  // Everything a client could notice on either side.
  [[nodiscard]] std::string state() const {
    return state_of(*at_source_, at_source_->names(), Recent::ignored) +
           state_of(*at_target_, at_target_->names(), Recent::ignored);
  }
  static void expect_idle(const Ran& ran) {
    EXPECT_EQ(ran.code, 0) << ran;
    for (const auto* what : {"copied", "copied_back", "deleted", "moved", "flags_changed", "restored"})
      EXPECT_EQ(ran[what], 0U) << what << ": " << ran;
  }

  std::unique_ptr<MailServer> source_server_, target_server_;
  std::unique_ptr<ImapOracle> at_source_ = oracle_of(*source_server_, "alice");
  std::unique_ptr<ImapOracle> at_target_ = oracle_of(*target_server_, "bob");
  End from_ = end_at(*source_server_, "alice"), to_ = end_at(*target_server_, "bob");
  Ferry ferry_;
};

// The same between each two of several kinds of servers.
class BetweenServers : public TwoAccounts, public testing::WithParamInterface<Between> {
 protected:
  BetweenServers() : TwoAccounts(GetParam()) {}
};

}  // namespace pf::test
