// An archive that has lost a whole mailbox: whoever reads it says so, and nobody takes it for a deletion.
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

namespace pf::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* said = "the mailbox Work is missing";

std::map<std::string, std::set<std::string>> held_by(ImapOracle& oracle) {
  std::map<std::string, std::set<std::string>> out;
  for (const auto& mailbox : oracle.names()) {
    for (const auto& message : oracle.fetch_all(mailbox))
      out[mailbox].insert(fmt::format("{} {} {}", message.uid, fmt::join(message.flags, " "), message.bytes));
  }
  return out;
}

class ArchiveWithoutAMailbox : public testing::Test {
 protected:
  ArchiveWithoutAMailbox() {
    const auto oracle = oracle_of(server_, "alice");
    append_all(*oracle, "INBOX", small_messages(4));
    for (const auto* name : {"Work", "Other"}) {
      oracle->create(name);
      append_all(*oracle, name, small_messages(3));
    }
  }
  [[nodiscard]] fs::path at(const std::string& name) const { return ferry_.directory() / name; }
  [[nodiscard]] End archive() const { return {"archive:" + at("mail").native(), ""}; }
  [[nodiscard]] End of(const std::string& user) const { return end_at(server_, user); }
  void lose_work(const fs::path& archive) const {
    for (const auto& entry : fs::directory_iterator(archive)) {
      if (!entry.path().filename().native().starts_with("Work")) continue;
      fs::rename(entry, at("away"));
      return;
    }
    throw std::runtime_error("no folder of Work");
  }

  const DovecotServer server_;
  const Ferry ferry_;
};

TEST_F(ArchiveWithoutAMailbox, IsReadButForThatAndFailsEachRun) {
  ASSERT_EQ(ferry_.sync(of("alice"), archive()).code, 0);
  lose_work(at("mail"));
  const auto imported = ferry_.sync(archive(), of("bob"));
  EXPECT_EQ(imported.code, 6) << imported;
  EXPECT_EQ(imported["copied"], 7U);
  EXPECT_THAT(imported.out, HasSubstr(said));

  // The import brought the rest; nobody calls that the same.
  const auto verified = ferry_.verify(archive(), of("bob"), {"--content"});
  EXPECT_NE(verified.code, 0) << verified;
  EXPECT_EQ(verified["matched"], 7U);
  EXPECT_THAT(verified.out, HasSubstr(said));
  const auto checked = ferry_.run({"archive", "check", at("mail").native()});
  EXPECT_EQ(checked.code, 4);
  EXPECT_THAT(checked.out, HasSubstr("missing   Work"));

  // Into it as well, until somebody decides.
  const auto exported = ferry_.sync(of("alice"), archive());
  EXPECT_EQ(exported.code, 6) << exported;
  EXPECT_THAT(exported.out, HasSubstr("mailboxes.jsonl"));
  fs::remove(at("mail") / "mailboxes.jsonl");
  const auto again = ferry_.sync(of("alice"), archive());
  EXPECT_EQ(again.code, 0) << again;
  EXPECT_EQ(again["copied"], 3U);
  EXPECT_EQ(ferry_.run({"archive", "check", at("mail").native()}).code, 0);
}

TEST_F(ArchiveWithoutAMailbox, IsNoReasonToDeleteInAnyMode) {
  for (const std::string mode : {"mirror", "two-way"}) {
    SCOPED_TRACE(mode);
    const auto user = mode == "mirror" ? "bob" : "carol";
    const std::vector<std::string> options{"--mode", mode,           "--delete-mailboxes",
                                           "--yes",  "--max-delete", "100%"};
    fs::remove_all(at("mail"));
    fs::remove_all(at("away"));
    ferry_.forget();
    ASSERT_EQ(ferry_.sync(of("alice"), archive()).code, 0);
    ASSERT_EQ(ferry_.sync(archive(), of(user), options).code, 0);
    const auto oracle = oracle_of(server_, user);
    const auto before = held_by(*oracle);
    lose_work(at("mail"));
    const auto ran = ferry_.sync(archive(), of(user), options);
    EXPECT_EQ(ran.code, 6) << ran;
    EXPECT_EQ(ran["deleted"], 0U);
    EXPECT_THAT(ran.out, HasSubstr(said));
    EXPECT_EQ(held_by(*oracle), before);
    // The other way round.
    const auto alice = oracle_of(server_, "alice");
    const auto source = held_by(*alice);
    const auto back = ferry_.sync(of("alice"), archive(), options);
    EXPECT_EQ(back.code, 6) << back;
    EXPECT_EQ(held_by(*alice), source);
    // Found again, all is as it was.
    fs::rename(at("away"), at("mail") / "Work");
    EXPECT_EQ(ferry_.sync(archive(), of(user), options).code, 0);
    EXPECT_EQ(held_by(*oracle), before);
  }
}

TEST_F(ArchiveWithoutAMailbox, DoesNotValidateAsWhole) {
  const auto in = [&](std::vector<std::string> words) {
    Ferry here;
    here.working_directory = ferry_.directory().path().string();
    return here.run(std::move(words));
  };
  for (const auto* name : {"export.pass.config.json", "import.pass.config.json"}) {
    write_file(at(name), fmt::format(R"({{"server": {{"host": "localhost", "port": {}, "ca": "{}"}},
                                        "accounts": [{{"email": "alice", "password": "{}"}}]}})",
                                     server_.imaps_port(), server_.ca_file(), server_.password("alice")));
    fs::permissions(at(name), fs::perms::owner_read | fs::perms::owner_write);
  }
  ASSERT_EQ(in({"bulk", "export"}).code, 0);
  ASSERT_EQ(in({"bulk", "validate"}).code, 0);
  lose_work(at("exported") / "alice");
  for (const auto* mode : {"validate", "import", "audit"}) {
    const auto ran = in({"bulk", mode});
    EXPECT_NE(ran.code, 0) << ran;
    EXPECT_THAT(ran.out + ran.err, HasSubstr("Work")) << mode;
  }
}

}  // namespace
}  // namespace pf::test
