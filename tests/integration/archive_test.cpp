// Accounts into archives and back, through the built program.
#include "support/cyrus_server.h"
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <ostream>
#include <regex>
#include <set>
#include <sstream>
#include <sys/stat.h>

namespace pf::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct Place {
  std::vector<std::string> parts;
  std::size_t messages = 0;
};

const std::vector<Place>& places() {
  static const std::vector<Place> all{{{"INBOX"}, 12}, {{"Work"}, 3}, {{"Work", "2023"}, 4}, {{"Empty"}, 0}};
  return all;
}

void fill(const MailServer& server, const std::string& user) {
  const auto oracle = oracle_of(server, user);
  std::size_t seed = 500;
  for (const auto& place : places()) {
    const auto name = name_at(server, place.parts);
    if (name != "INBOX") oracle->create(name);
    auto messages = ordinary(place.messages, seed++);
    if (messages.size() > 2) messages[2] = messages[0];  // twins
    append_all(*oracle, name, messages);
    if (messages.empty()) continue;
    oracle->select(name);
    oracle->store("1", "+FLAGS", "\\Seen $Forwarded");
    oracle->store("2", "+FLAGS", "\\Flagged \\Answered");
  }
}

std::size_t messages_in_all() {
  std::size_t count = 0;
  for (const auto& place : places()) count += place.messages;
  return count;
}

// Every name below, with what would tell that somebody wrote there.
std::map<std::string, std::string> tree_of(const fs::path& root) {
  std::map<std::string, std::string> out;
  const auto note = [&](const fs::path& path) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) return;
    out[path.native()] = std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " +
                         std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
  };
  note(root);
  for (const auto& entry : fs::recursive_directory_iterator(root)) note(entry.path());
  return out;
}

std::set<std::string> names_below(const fs::path& root) {
  std::set<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    out.insert(fs::relative(entry.path(), root).native());
  return out;
}

// By folder: the lines of the messages, without the numbers servers and archives give and their sums.  The
// mailbox itself is left out: its epoch is random, and some servers subscribe to what they are given.
std::map<std::string, std::multiset<std::string>> manifests_of(const fs::path& root) {
  static const std::regex numbers(R"("n":\d+,|,"uid":\d+|,"uidvalidity":\d+|,"sum":"\w+")");
  std::map<std::string, std::multiset<std::string>> out;
  for (const auto& folder : fs::directory_iterator(root)) {
    if (!folder.is_directory()) continue;
    std::istringstream lines(read_file(folder.path() / "manifest.jsonl"));
    std::string line;
    while (std::getline(lines, line)) {
      if (!line.starts_with("{\"format\""))
        out[folder.path().filename()].insert(std::regex_replace(line, numbers, ""));
    }
  }
  return out;
}

// Also while somebody writes there: a directory may go away while it is read.
std::vector<fs::path> messages_below(const fs::path& root) {
  std::vector<fs::path> out;
  std::error_code gone;
  for (fs::recursive_directory_iterator entry(root, gone), end; entry != end; entry.increment(gone)) {
    const auto& path = entry->path();
    if (path.extension() == ".eml" && path.parent_path().filename().native().front() != '.')
      out.push_back(path);
  }
  std::ranges::sort(out);
  return out;
}

class Archive : public testing::Test {
 protected:
  [[nodiscard]] fs::path at(const std::string& name) const { return ferry.directory() / name; }
  [[nodiscard]] End archive(const std::string& name = "mail") const {
    return {"archive:" + at(name).native(), ""};
  }
  Ferry ferry;
};

struct Kind {
  std::string name;
  std::unique_ptr<MailServer> (*server)();
};
std::ostream& operator<<(std::ostream& out, const Kind& kind) {
  return out << kind.name;
}

class ArchiveRoundTrip : public Archive, public testing::WithParamInterface<Kind> {};

// Export, import elsewhere, export again: the same files, and the same manifests but for uids.
TEST_P(ArchiveRoundTrip, ComesBackAsItWas) {
  const DovecotServer source;
  fill(source, "alice");
  const auto exported = ferry.sync(end_at(source, "alice"), archive("first"));
  ASSERT_EQ(exported.code, 0) << exported;
  EXPECT_EQ(exported["copied"], messages_in_all());
  EXPECT_EQ(messages_below(at("first")).size(), messages_in_all());

  const auto before = tree_of(at("first"));
  const auto target = GetParam().server();
  const auto imported = ferry.sync(archive("first"), end_at(*target, "bob"));
  ASSERT_EQ(imported.code, 0) << imported;
  EXPECT_EQ(imported["copied"], messages_in_all());
  EXPECT_EQ(tree_of(at("first")), before);
  const auto at_source = oracle_of(source, "alice");
  const auto at_target = oracle_of(*target, "bob");
  for (const auto& place : places()) {
    EXPECT_EQ(difference(*at_source, name_at(source, place.parts), *at_target, name_at(*target, place.parts)),
              "")
        << place.parts.back();
  }
  const auto again = ferry.sync(archive("first"), end_at(*target, "bob"));
  EXPECT_EQ(again["copied"], 0U) << again;

  const auto back = ferry.sync(end_at(*target, "bob"), archive("second"));
  ASSERT_EQ(back.code, 0) << back;
  EXPECT_EQ(manifests_of(at("first")), manifests_of(at("second")));
  EXPECT_EQ(names_below(at("first")), names_below(at("second")));
  const auto verified = ferry.verify(archive("first"), archive("second"), {"--content"});
  EXPECT_EQ(verified.code, 0) << verified;
  EXPECT_EQ(verified["matched"], messages_in_all());
}

INSTANTIATE_TEST_SUITE_P(
    Servers, ArchiveRoundTrip,
    testing::Values(Kind{"Dovecot",
                         [] {
                           return std::unique_ptr<MailServer>(std::make_unique<DovecotServer>(DovecotOptions{
                               .separator = '.', .prefix = "INBOX.", .mail_location = "maildir:~/M"}));
                         }},
                    Kind{"Cyrus",
                         [] { return std::unique_ptr<MailServer>(std::make_unique<CyrusServer>()); }}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(Archive, ASecondExportWritesNothing) {
  const DovecotServer source;
  fill(source, "alice");
  ASSERT_EQ(ferry.sync(end_at(source, "alice"), archive()).code, 0);
  const auto before = tree_of(at("mail"));
  const auto second = ferry.sync(end_at(source, "alice"), archive());
  EXPECT_EQ(second.code, 0) << second;
  EXPECT_EQ(second["copied"], 0U);
  EXPECT_EQ(tree_of(at("mail")), before);
  ferry.forget();
  const auto without_state = ferry.sync(end_at(source, "alice"), archive());
  EXPECT_EQ(without_state.code, 0) << without_state;
  EXPECT_EQ(without_state["copied"], 0U);
  EXPECT_EQ(without_state["matched"], messages_in_all());
  EXPECT_EQ(tree_of(at("mail")), before);
}

TEST_F(Archive, ALaterExportAddsAndAMirrorTakesAway) {
  const DovecotServer source({.separator = '.', .prefix = "INBOX.", .mail_location = "maildir:~/M"});
  const auto oracle = oracle_of(source, "alice");
  const auto messages = small_messages(4);
  oracle->create("INBOX.Posta &AOk-");
  append_all(*oracle, "INBOX.Posta &AOk-", std::span(messages).first(3));
  ASSERT_EQ(ferry.sync(end_at(source, "alice"), archive()).code, 0);
  const auto first = messages_below(at("mail"));
  ASSERT_EQ(first.size(), 3U);
  const auto beside = [](fs::path message) { return read_file(message.replace_extension(".json")); };
  EXPECT_THAT(beside(first[0]), HasSubstr(R"({"mailbox": "INBOX.Posta &AOk-", "flags": ")"));
  const auto flagged = [&](const std::vector<fs::path>& files) {
    return std::ranges::count_if(
        files, [&](const auto& m) { return beside(m).find("$Found") != std::string::npos; });
  };

  // One more, other flags on one, one gone.
  oracle->append("INBOX.Posta &AOk-", messages[3].bytes);
  const auto uids = oracle->fetch_all("INBOX.Posta &AOk-");
  oracle->select("INBOX.Posta &AOk-");
  oracle->store(std::to_string(uids[0].uid), "+FLAGS", "$Found");
  oracle->store(std::to_string(uids[1].uid), "+FLAGS", "\\Deleted");
  oracle->expunge();
  const auto added = ferry.sync(end_at(source, "alice"), archive());
  EXPECT_EQ(added.code, 0) << added;
  EXPECT_EQ(added["copied"], 1U);
  EXPECT_EQ(added["flags_changed"], 1U);
  const auto second = messages_below(at("mail"));
  EXPECT_EQ(second.size(), 4U);
  EXPECT_EQ(flagged(second), 1);

  const auto mirrored = ferry.sync(end_at(source, "alice"), archive(), {"--mode", "mirror", "--yes"});
  EXPECT_EQ(mirrored.code, 0) << mirrored;
  EXPECT_EQ(mirrored["deleted"], 1U);
  std::size_t in_quarantine = 0;
  for (const auto& message : messages_below(at("mail")))
    in_quarantine += message.native().find("deleted_from_source") != std::string::npos ? 1U : 0U;
  EXPECT_EQ(in_quarantine, 1U);
  EXPECT_EQ(messages_below(at("mail")).size(), 4U);
}

TEST_F(Archive, DamagedMessagesAreNamedAndNotImported) {
  const DovecotServer server;
  const auto oracle = oracle_of(server, "alice");
  append_all(*oracle, "INBOX", small_messages(20));
  ASSERT_EQ(ferry.sync(end_at(server, "alice"), archive()).code, 0);
  const auto files = messages_below(at("mail"));
  auto text = read_file(files[3]);
  text[text.size() / 2] ^= 1;
  write_file(files[3], text);
  fs::remove(files[7]);
  write_file(files[9], read_file(files[9]).substr(0, 300));

  const auto imported = ferry.sync(archive(), end_at(server, "bob"));
  EXPECT_EQ(imported.code, 6) << imported;
  EXPECT_EQ(imported["copied"], 17U);
  EXPECT_EQ(imported["failed"], 3U);
  for (const auto i : {3U, 7U, 9U}) EXPECT_THAT(imported.out, HasSubstr(files[i].filename().native()));
  EXPECT_EQ(oracle_of(server, "bob")->fetch_all("INBOX").size(), 17U);

  const auto lenient = ferry.sync(archive(), end_at(server, "bob"), {"--allow-damaged"});
  EXPECT_EQ(lenient.code, 6) << lenient;  // one is not there at all
  EXPECT_EQ(lenient["failed"], 1U);
}

TEST_F(Archive, AnExportThatIsKilledIsEndedByTheNext) {
  const DovecotServer server;
  const auto oracle = oracle_of(server, "alice");
  append_all(*oracle, "INBOX", ordinary(600, 77));
  const End from = end_at(server, "alice");
  const auto running = ferry.start_sync(from, archive());
  const auto some_are_there = [&] {
    return !running->running() || (fs::exists(at("mail")) && !messages_below(at("mail")).empty());
  };
  ASSERT_TRUE(eventually(some_are_there));
  running->kill();
  ASSERT_TRUE(running->wait(std::chrono::minutes(1)));
  const auto ended = ferry.sync(from, archive());
  EXPECT_EQ(ended.code, 0) << ended;
  const auto undisturbed = Ferry().sync(from, archive("undisturbed"));
  ASSERT_EQ(undisturbed.code, 0) << undisturbed;
  EXPECT_EQ(manifests_of(at("mail")), manifests_of(at("undisturbed")));
  EXPECT_EQ(names_below(at("mail")), names_below(at("undisturbed")));
}

TEST_F(Archive, WhatIsNoneIsRefused) {
  const DovecotServer server;
  fs::create_directory(at("mail"));
  write_file(at("mail") / "letter.txt", "x");
  for (const auto& ran :
       {ferry.sync(end_at(server, "alice"), archive()), ferry.sync(archive(), end_at(server, "alice")),
        ferry.sync(archive("nowhere"), end_at(server, "alice"))}) {
    EXPECT_NE(ran.code, 0) << ran;
    EXPECT_EQ(ran["copied"], 0U);
  }
  EXPECT_EQ(names_below(at("mail")), std::set<std::string>{"letter.txt"});
  EXPECT_FALSE(fs::exists(at("nowhere")));
}

}  // namespace
}  // namespace pf::test
