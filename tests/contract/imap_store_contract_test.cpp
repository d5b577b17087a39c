// ImapStore on real servers.
#include "base/clock.h"
#include "contract/store_contract.h"
#include "store/imap/imap_store.h"
#include "support/cyrus_server.h"
#include "support/dovecot_server.h"

namespace pf::test {
namespace {

// An account nobody used before.
class ImapSite final : public StoreSite {
 public:
  explicit ImapSite(store::ImapStoreOptions options) : options_(std::move(options)) {}
  std::unique_ptr<store::Store> store() override { return std::make_unique<store::ImapStore>(options_); }

 private:
  store::ImapStoreOptions options_;
};

store::ImapStoreOptions account(const std::string& user, const std::string& password) {
  store::ImapStoreOptions options;
  options.login.label = "imap://" + user + "@localhost";
  options.login.dial.host = "127.0.0.1";
  options.login.user = user;
  options.login.password = Secret(password);
  options.login.timeout = std::chrono::minutes(3);
  return options;
}

constexpr int most_tests = 200;

// One server for all tests of a kind that run in this process.
class Dovecot {
 public:
  explicit Dovecot(DovecotOptions options) : server_(with_users(std::move(options))) {}

  std::unique_ptr<StoreSite> fresh_account() {
    auto options = account(fmt::format("user{}", next_++), "pw");
    options.login.tls = imap::LoginOptions::Tls::none;
    options.login.dial.port = server_.imap_port();
    return std::make_unique<ImapSite>(std::move(options));
  }

 private:
  static DovecotOptions with_users(DovecotOptions options) {
    for (int i = 0; i < most_tests; ++i) options.users.emplace_back(fmt::format("user{}", i), "pw");
    return options;
  }

  int next_ = 0;
  DovecotServer server_;
};

std::unique_ptr<StoreSite> on_dovecot() {
  static Dovecot dovecot({});
  return dovecot.fresh_account();
}

// No extension but what nobody can do without, and names as Courier and old Cyrus have them.
std::unique_ptr<StoreSite> on_plain_dovecot() {
  static Dovecot dovecot(
      {.separator = '.', .prefix = "INBOX.", .capability = "IMAP4rev1 LITERAL- NAMESPACE CHILDREN"});
  return dovecot.fresh_account();
}

// Moves by copying, and tells no uid that is gone.
std::unique_ptr<StoreSite> on_older_dovecot() {
  static Dovecot dovecot({.capability = "IMAP4rev1 LITERAL+ NAMESPACE ENABLE CONDSTORE UIDPLUS UNSELECT"});
  return dovecot.fresh_account();
}

// The administrator may act for anybody, and an account is made at its first login; over STARTTLS.
std::unique_ptr<StoreSite> on_cyrus() {
  static const CyrusServer server;
  static int next = 0;
  auto options = account(fmt::format("user{}", next++), "cyruspw");
  options.login.admin = "cyrus";
  // It offers -PLUS too, refuses our channel binding (tls-exporter), and then pauses for 3 s.
  options.login.mechanism = "SCRAM-SHA-256";
  options.login.tls = imap::LoginOptions::Tls::starttls;
  options.login.trust = {"127.0.0.1", server.ca_file(), {}};
  options.login.dial.port = server.imap_port();
  return std::make_unique<ImapSite>(std::move(options));
}

// A date in the future becomes the time of the APPEND.
StoreManners of_dovecot() {
  return {.last_date = wall_seconds()};
}
// A date before 1970 is refused, 1970 itself becomes the time of the APPEND.
StoreManners of_cyrus() {
  return {.picky = true, .first_date = 1};
}

INSTANTIATE_TEST_SUITE_P(Imap, StoreContract,
                         ::testing::Values(StoreKind{"Dovecot", on_dovecot, of_dovecot()},
                                           StoreKind{"PlainDovecot", on_plain_dovecot, of_dovecot()},
                                           StoreKind{"OlderDovecot", on_older_dovecot, of_dovecot()},
                                           StoreKind{"Cyrus", on_cyrus, of_cyrus()}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace pf::test
