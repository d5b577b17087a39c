// Exports of imapsync_bulk_migrator as the source of a run, and the check of archives, through the built
// program.
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

namespace pf::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class OldExport : public testing::Test {
 protected:
  OldExport() {
    const auto messages = small_messages(6);
    // Names as the servers of that time listed them; twice the same message, and one without its .json.
    put("INBOX/1704067200000-00000001", messages[0].bytes, "INBOX", "\\\\Seen \\\\Recent $Work",
        "17-Jul-1996 02:44:25 -0700");
    put("INBOX/1704067200000-00000002", messages[0].bytes, "INBOX", "\\\\Seen $Work",
        "17-Jul-1996 02:44:25 -0700");
    put("INBOX/1704067200001-00000003", messages[1].bytes, "INBOX", "", "");
    put("Sent_Items/1704067200001-00000004", messages[2].bytes, "Sent Items", "\\\\Answered",
        "01-Jan-2024 12:00:00 +0100");
    put("Projekte_Entw_APw-rfe/1704067200002-00000005", messages[3].bytes, "Projekte/Entw&APw-rfe",
        "\\\\Draft", "02-Jan-2024 12:00:00 +0000");
    put("Sent_Items/1704067200003-00000006", messages[4].bytes, "Sent Items", "",
        "03-Jan-2024 12:00:00 +0000");
    fs::remove(at("Sent_Items/1704067200003-00000006.json"));
  }

  void put(const std::string& stem, const std::string& bytes, const std::string& mailbox,
           const std::string& flags, const std::string& date) const {
    fs::create_directories(at(stem).parent_path());
    write_file(at(stem + ".eml"), bytes);
    write_file(at(stem + ".json"), fmt::format(R"({{"mailbox": "{}", "flags": "{}", "internaldate": "{}"}})",
                                               mailbox, flags, date));
  }
  [[nodiscard]] fs::path at(const std::string& below) const { return ferry.directory() / "joe" / below; }
  [[nodiscard]] End old_export() const { return {"archive:" + (ferry.directory() / "joe").native(), ""}; }
  // Every file with when it was changed.
  [[nodiscard]] std::map<std::string, std::int64_t> tree() const {
    std::map<std::string, std::int64_t> out;
    for (const auto& entry : fs::recursive_directory_iterator(ferry.directory() / "joe"))
      out[entry.path()] = entry.last_write_time().time_since_epoch().count();
    return out;
  }
  Ferry ferry;
};

TEST_F(OldExport, IsImportedWithNamesFlagsAndDatesAndOnlyOnce) {
  const DovecotServer server;
  const auto before = tree();
  const auto imported = ferry.sync(old_export(), end_at(server, "bob"));
  ASSERT_EQ(imported.code, 0) << imported;
  EXPECT_EQ(imported["copied"], 6U);
  const auto oracle = oracle_of(server, "bob");
  EXPECT_THAT(oracle->names(), testing::IsSupersetOf({"INBOX", "Projekte/Entw&APw-rfe", "Sent Items"}));
  const auto inbox = oracle->fetch_all("INBOX");
  ASSERT_EQ(inbox.size(), 3U);
  const auto dated = std::ranges::count_if(inbox, [](const auto& m) {
    return m.date == 837'596'665 && m.flags == std::set<std::string>{"\\seen", "$work"};
  });
  EXPECT_EQ(dated, 2);
  EXPECT_EQ(oracle->fetch_all("Sent Items").size(), 2U);
  const auto drafts = oracle->fetch_all("Projekte/Entw&APw-rfe");
  ASSERT_EQ(drafts.size(), 1U);
  EXPECT_EQ(drafts[0].date, 1'704'196'800);
  EXPECT_EQ(drafts[0].flags, std::set<std::string>{"\\draft"});

  const auto again = ferry.sync(old_export(), end_at(server, "bob"));
  EXPECT_EQ(again.code, 0) << again;
  EXPECT_EQ(again["copied"], 0U);
  ferry.forget();
  const auto without_state = ferry.sync(old_export(), end_at(server, "bob"));
  EXPECT_EQ(without_state.code, 0) << without_state;
  EXPECT_EQ(without_state["copied"], 0U);
  const auto verified = ferry.verify(old_export(), end_at(server, "bob"), {"--content"});
  EXPECT_EQ(verified.code, 0) << verified;
  EXPECT_EQ(verified["matched"], 6U);

  // Into one of ours, which then can be checked and goes on.
  const End ours{"archive:" + (ferry.directory() / "ours").native(), ""};
  const auto converted = ferry.sync(old_export(), ours);
  EXPECT_EQ(converted.code, 0) << converted;
  EXPECT_EQ(converted["copied"], 6U);
  EXPECT_EQ(ferry.run({"archive", "check", (ferry.directory() / "joe").native()}).code, 2);  // none of ours
  EXPECT_EQ(ferry.run({"archive", "check", (ferry.directory() / "ours").native()}).code, 0);
  EXPECT_EQ(tree(), before);
}

TEST_F(OldExport, IsNeverWrittenTo) {
  const DovecotServer server;
  const auto oracle = oracle_of(server, "bob");
  append_all(*oracle, "INBOX", small_messages(20));
  const auto before = tree();
  const auto refused = ferry.sync(end_at(server, "bob"), old_export());
  EXPECT_NE(refused.code, 0) << refused;
  EXPECT_EQ(refused["copied"], 0U);
  EXPECT_THAT(refused.out, HasSubstr("only read"));
  EXPECT_EQ(tree(), before);
}

TEST(ArchiveCheck, NamesTheFilesAndTheExitStatusSaysSo) {
  const DovecotServer server;
  append_all(*oracle_of(server, "alice"), "INBOX", small_messages(3));
  const Ferry ferry;
  const auto directory = ferry.directory() / "mail";
  ASSERT_EQ(ferry.sync(end_at(server, "alice"), {"archive:" + directory.native(), ""}).code, 0);
  const auto whole = ferry.run({"archive", "check", directory.native()});
  EXPECT_EQ(whole.code, 0) << whole;
  EXPECT_THAT(whole.out, HasSubstr("3 messages in 1 mailbox"));
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory / "INBOX")) {
    if (entry.path().extension() == ".eml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  fs::remove(files[0]);
  write_file(files[1], read_file(files[1]) + "x");
  write_file(directory / "INBOX/note.txt", "x");
  const auto damaged = ferry.run({"archive", "check", "--json", directory.native()});
  EXPECT_EQ(damaged.code, 4) << damaged;
  std::map<std::string, std::string> kinds;
  for (const auto& finding : damaged.all("archive_finding"))
    kinds[finding.text("file")] = finding.text("kind");
  EXPECT_EQ(kinds, (std::map<std::string, std::string>{{"INBOX/" + files[0].filename().native(), "missing"},
                                                       {"INBOX/" + files[1].filename().native(), "damaged"},
                                                       {"INBOX/note.txt", "unknown"}}));
  EXPECT_EQ(damaged["problems"], 3U);
  EXPECT_EQ(ferry.run({"archive", "check", (ferry.directory() / "nowhere").native()}).code, 2);
}

// A full disk ends an export in good order, wherever it comes; the next goes on, the one after writes
// nothing.
TEST(ArchiveCheck, AnExportToAFullDiskGoesOnLater) {
  const DovecotServer server;
  const auto oracle = oracle_of(server, "alice");
  append_all(*oracle, "INBOX", small_messages(30));
  oracle->create("Work");
  append_all(*oracle, "Work", small_messages(30));
  for (const int call : {3, 20, 90, 150, 200, 260}) {
    SCOPED_TRACE("full from call " + std::to_string(call));
    Ferry ferry;
    const End archive{"archive:" + (ferry.directory() / "mail").native(), ""};
    const auto directory = (ferry.directory() / "mail").native();
    ferry.environment = {{"POSTFERRY_DISK_FULL_AT", std::to_string(call)}};
    const auto full = ferry.sync(end_at(server, "alice"), archive);
    EXPECT_NE(full.code, 0) << full;
    EXPECT_EQ(full.signal, 0);
    EXPECT_THAT(full.out, HasSubstr("No space left on device")) << full;
    ferry.environment = {};
    if (fs::exists(fs::path(directory) / "archive.json"))
      EXPECT_EQ(ferry.run({"archive", "check", directory}).code, 0);
    const auto next = ferry.sync(end_at(server, "alice"), archive);
    EXPECT_EQ(next.code, 0) << next;
    EXPECT_EQ(ferry.run({"archive", "check", directory}).code, 0);
    const auto verified = ferry.verify(end_at(server, "alice"), archive, {"--content"});
    EXPECT_EQ(verified["matched"], 60U) << verified;
    const auto third = ferry.sync(end_at(server, "alice"), archive);
    EXPECT_EQ(third.code, 0) << third;
    EXPECT_EQ(third["copied"], 0U);
  }
}

}  // namespace
}  // namespace pf::test
