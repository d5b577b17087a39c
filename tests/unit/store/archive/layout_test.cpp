// What other programs left on disk, read as mail: never changed, never followed out of its directory.
#include "base/digest.h"
#include "store/archive/layout_store.h"
#include "unit/store/archive/archive_rig.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pf::test {
namespace {

namespace fs = std::filesystem;
using store::Access;
using store::ScanFields;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LayoutTest : public ArchiveRig {
 protected:
  void put(const std::string& file, const std::string& text) const {
    fs::create_directories(at(file).parent_path());
    write_file(at(file), text);
  }
  // As the older of the two writes it.
  void message(const std::string& stem, const std::string& text, const std::string& mailbox,
               const std::string& flags = {}, const std::string& date = {}) const {
    put(stem + ".eml", text);
    put(stem + ".json",
        fmt::format(R"({{"mailbox": "{}", "flags": "{}", "internaldate": "{}"}})", mailbox, flags, date));
  }
  [[nodiscard]] std::unique_ptr<store::Store> opened(bool allow_damaged = false) const {
    store::ArchiveOptions options;
    options.directory = at();
    options.allow_damaged = allow_damaged;
    options.pool = pool_;
    options.log = [this](LogLevel, std::string_view text) { logged_.emplace_back(text); };
    auto out = store::open_archive_store(std::move(options));
    must(out->connect());
    return out;
  }
  // "Work/2024 (2)", in order of ids.
  [[nodiscard]] std::vector<std::string> mailboxes() const {
    const auto store = opened();
    std::vector<std::string> out;
    for (const auto& m : must(store->list()))
      out.push_back(fmt::format("{} ({})", m.path.display(), m.status->count));
    return out;
  }
  [[nodiscard]] std::vector<ReadBack> read(const MailboxPath& path, bool allow_damaged = false) const {
    const auto store = opened(allow_damaged);
    const auto mailbox = must(store->open(find(*store, path), Access::read));
    return read_all(*mailbox);
  }
  [[nodiscard]] std::vector<MessageMeta> scan(const MailboxPath& path, ScanFields fields) const {
    const auto store = opened();
    const auto mailbox = must(store->open(find(*store, path), Access::read));
    return must(mailbox->scan({}, fields)).messages;
  }
};

TEST_F(LayoutTest, TheOlderLayoutIsReadWithNamesFlagsAndDates) {
  message("INBOX/1704067200000-0123abcd", a_message(1), "INBOX", "\\\\Seen \\\\Recent $Work",
          "01-Jan-2024 13:00:00 +0100");
  message("INBOX/1704067200001-0123abcd", a_message(2), "INBOX");
  message("Sent_Items/1704067200002-00000000", a_message(3), "Sent Items");
  message("Entw_APw-rfe/1704067200003-00000000", a_message(4), "Work/Entw&APw-rfe", "\\\\Draft",
          " 2-Jan-2024 00:00:00 +0000");
  const auto before = tree_of(at());
  EXPECT_THAT(mailboxes(), ElementsAre("INBOX (2)", "Sent Items (1)", "Work/Entw\xC3\xBCrfe (1)"));
  const auto inbox = scan({{"INBOX"}}, ScanFields::keys);
  ASSERT_EQ(inbox.size(), 2U);
  EXPECT_EQ(inbox[0].flags, FlagSet::parse("\\Seen $Work"));
  EXPECT_EQ(inbox[0].date, InternalDate(1'704'110'400, 60));
  EXPECT_EQ(inbox[0].date->zone_minutes(), 60);
  EXPECT_EQ(inbox[0].size, a_message(1).size());
  EXPECT_EQ(inbox[0].key, key_of_headers(as_bytes(a_message(1)), a_message(1).size()));
  EXPECT_FALSE(inbox[1].date);
  const auto mail = read({{"INBOX"}});
  ASSERT_EQ(mail.size(), 2U);
  EXPECT_EQ(mail[0].text, a_message(1));
  EXPECT_EQ(mail[1].text, a_message(2));
  EXPECT_EQ(tree_of(at()), before);
  EXPECT_THAT(logged_, IsEmpty());
}

TEST_F(LayoutTest, TheNewerLayoutTellsSeparatorDigestsAndEmptyMailboxes) {
  const auto put_message = [&](int uid, const std::string& text) {
    const auto stem = fmt::format("Work.2024/u{:010}", uid);
    put(stem + ".eml", text);
    put(stem + ".json",
        fmt::format(R"({{"account": "joe@x", "mailbox": "Work.2024", "uid": {}, "flags": "\\Seen",
        "internaldate": "01-Jan-2024 00:00:00 +0000", "rfc822_size": {}, "content_sha256": "{}", "uidvalidity": 9,
        "source_delimiter": ".", "source_path_segments": ["Work", "2024"]}})",
                    uid, text.size(), hex(sha256(a_message(uid)))));
  };
  put_message(1, a_message(1));
  put_message(2, a_message(7));  // not what it was
  put_message(11, a_message(11));
  put("Sent/.mailbox.json",
      R"({"mailbox": "Sent", "message_count": 0, "source_attributes": ["\\HasNoChildren", "\\Sent"]})");
  put("export-state.json", "{\"schema_version\": 1}");
  EXPECT_THAT(mailboxes(), ElementsAre("Sent (0)", "Work/2024 (3)"));
  EXPECT_EQ(find(*opened(), {{"Sent"}}).special_use, SpecialUse::sent);
  const auto mail = read({{"Work", "2024"}});
  ASSERT_EQ(mail.size(), 3U);
  EXPECT_EQ(mail[0].text, a_message(1));
  ASSERT_TRUE(mail[1].error);
  EXPECT_EQ(mail[1].error->scope, Scope::message);
  EXPECT_THAT(mail[1].error->context, HasSubstr("u0000000002.eml"));
  EXPECT_EQ(mail[2].text, a_message(11));
  EXPECT_FALSE(read({{"Work", "2024"}}, true)[1].error);
  const auto store = opened();
  EXPECT_EQ(store->ref_text(mail[2].ref), "u0000000011");
}

TEST_F(LayoutTest, TheProvidersLayoutHasEachMessageOnceInItsPrimaryMailbox) {
  put("messages/g1.eml", a_message(1));
  put("messages/g2.eml", a_message(2));
  put("messages/g3.eml", a_message(3));
  put("metadata/g1.json", "{}");
  put("manifest.jsonl",
      R"({"canonical_id": "g1", "primary_mailbox": "[Gmail]/All Mail", "source_mailboxes": ["INBOX"], )"
      R"("flags": ["\\Seen", "$Work"], "internaldate": "01-Jan-2024 00:00:00 +0000", "content_sha256": ")" +
          hex(sha256(a_message(1))) + R"(", "eml_path": "messages/g1.eml", "uid_by_mailbox": {"INBOX": 3}})" +
          "\n\n"
          R"({"source_mailboxes": ["Work", "INBOX"], "eml_path": "messages/g2.eml", "flags": "\\Draft", )"
          R"("content_sha256": ")" +
          hex(sha256(a_message(1))) +
          "\"}\n"
          R"({"canonical_id": "g3"})");
  EXPECT_THAT(mailboxes(), ElementsAre("INBOX (1)", "Work (1)", "[Gmail]/All Mail (1)"));
  const auto mail = scan({{"[Gmail]", "All Mail"}}, ScanFields::basic);
  ASSERT_EQ(mail.size(), 1U);
  EXPECT_EQ(mail[0].flags, FlagSet::parse("\\Seen $Work"));
  EXPECT_EQ(mail[0].date, InternalDate(1'704'067'200, 0));
  EXPECT_EQ(read({{"[Gmail]", "All Mail"}})[0].text, a_message(1));
  EXPECT_TRUE(read({{"Work"}})[0].error);  // another digest
  EXPECT_EQ(read({{"INBOX"}})[0].text, a_message(3));
}

TEST_F(LayoutTest, AMessageWithoutItsJsonIsWhereItsNeighboursAre) {
  message("Sent_Items/1704067200000-00000001", a_message(1), "Sent Items");
  put("Sent_Items/1704067200000-00000002.eml", a_message(2));
  put("Lonely/1704067200000-00000003.eml", a_message(3));
  put("Lonely/1704067200000-00000003.json", "{\"mailbox\": ");
  EXPECT_THAT(mailboxes(), ElementsAre("Lonely (1)", "Sent Items (2)"));
  const auto lonely = scan({{"Lonely"}}, ScanFields::basic);
  EXPECT_TRUE(lonely[0].flags.empty());
  EXPECT_FALSE(lonely[0].date);
  EXPECT_THAT(logged_, testing::Contains(HasSubstr("1704067200000-00000003.json")));
}

// The older layout has but the names themselves.
TEST_F(LayoutTest, HowNamesWerePartedShowsInThem) {
  message("a/1704067200000-00000001", a_message(1), "INBOX");
  message("b/1704067200000-00000001", a_message(1), "INBOX.Work");
  message("c/1704067200000-00000001", a_message(1), "INBOX.Work.2024");
  EXPECT_THAT(mailboxes(), ElementsAre("INBOX (1)", "Work (1)", "Work/2024 (1)"));
  message("d/1704067200000-00000001", a_message(1), "Work");
  EXPECT_THAT(mailboxes(), ElementsAre("INBOX (1)", "INBOX/Work (1)", "INBOX/Work/2024 (1)", "Work (1)"));
  fs::remove_all(at());
  message("a/1704067200000-00000001", a_message(1), "mail.example.com");
  message("b/1704067200000-00000001", a_message(1), "Work/1.5");
  EXPECT_THAT(mailboxes(), ElementsAre("Work/1.5 (1)", "mail.example.com (1)"));
}

TEST_F(LayoutTest, TwoSpellingsOfTheInboxAreOneAndTwoMailboxesOfAFolderAreTwo) {
  message("INBOX/1704067200000-00000001", a_message(1), "INBOX");
  message("Inbox/1704067200000-00000001", a_message(2), "Inbox");
  message("A_B/1704067200000-00000001", a_message(3), "A B");
  message("A_B/1704067200000-00000002", a_message(4), "A!B");
  EXPECT_THAT(mailboxes(), ElementsAre("A B (1)", "A!B (1)", "INBOX (2)"));
  EXPECT_EQ(read({{"INBOX"}}).size(), 2U);
}

TEST_F(LayoutTest, ReferencesStayWhenMessagesAreAdded) {
  message("INBOX/1704067200000-00000005", a_message(1), "INBOX");
  const auto first = scan({{"INBOX"}}, ScanFields::refs);
  message("INBOX/1704067200000-00000001", a_message(2), "INBOX");
  message("INBOX/1704067299999-00000001", a_message(3), "INBOX");
  const auto then = scan({{"INBOX"}}, ScanFields::refs);
  ASSERT_EQ(then.size(), 3U);
  EXPECT_EQ(then[1].ref, first[0].ref);
  for (const auto& m : then) EXPECT_LE(m.ref.bytes().size(), 64U);
  EXPECT_TRUE(then[0].ref < then[1].ref && then[1].ref < then[2].ref);
}

TEST_F(LayoutTest, PagesHoldAllMessagesOnce) {
  for (int i = 0; i < 1203; ++i) put(fmt::format("INBOX/1704067200000-{:08x}.eml", i), a_message(i, 10));
  const auto store = opened();
  const auto mailbox = must(store->open(find(*store, {{"INBOX"}}), Access::read));
  std::size_t pages = 0;
  std::vector<MessageRef> refs;
  for (MessageRef from;;) {
    const auto page = must(mailbox->scan(from, ScanFields::keys));
    ++pages;
    for (const auto& m : page.messages) refs.push_back(m.ref);
    if (!page.more) break;
    from = page.next;
  }
  EXPECT_GT(pages, 1U);
  ASSERT_EQ(refs.size(), 1203U);
  EXPECT_EQ(std::ranges::adjacent_find(refs, std::greater_equal{}), refs.end());
  EXPECT_EQ(must(mailbox->fetch({refs[7], MessageRef("nobody")}, ScanFields::keys)).size(), 1U);
}

TEST_F(LayoutTest, NothingIsEverWrittenToIt) {
  message("INBOX/1704067200000-00000005", a_message(1), "INBOX");
  const auto before = tree_of(at());
  const auto store = opened();
  const auto inbox = find(*store, {{"INBOX"}});
  const auto refused = run(store->create({{"New"}}, "New", SpecialUse::none));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().scope, Scope::account);
  EXPECT_THAT(refused.error().describe(), HasSubstr("only read"));
  for (const auto access : {Access::write, Access::append}) EXPECT_FALSE(run(store->open(inbox, access)));
  EXPECT_FALSE(run(store->subscribe(inbox)));
  EXPECT_FALSE(run(store->remove(inbox)));
  const auto mailbox = must(store->open(inbox, Access::read));
  EXPECT_FALSE(run(mailbox->append({})));
  EXPECT_FALSE(run(mailbox->change_flags({})));
  EXPECT_FALSE(run(mailbox->remove({})));
  EXPECT_EQ(tree_of(at()), before);
}

TEST_F(LayoutTest, ADirectoryOfAnythingElseIsNone) {
  put("letters/hello.eml", "x");
  put("letters/123-abc.eml", "x");
  store::ArchiveOptions options;
  options.directory = at();
  EXPECT_FALSE(run(store::open_archive_store(options)->connect()));
  fs::remove_all(at());
  fill({{a_message(1)}});
  EXPECT_EQ(read({{"INBOX"}}).size(), 1U);  // an archive of ours
  // One of ours that lost the file which says so is none of theirs.
  fs::remove(at("archive.json"));
  EXPECT_FALSE(run(store::open_archive_store(options)->connect()));
}

// ---- hostile ones

TEST_F(LayoutTest, NamesThatLeadElsewhereAreNotFollowed) {
  write_file(temp_ / "secret.eml", "secret");
  put("messages/ok.eml", a_message(1));
  std::string rows;
  for (const std::string path :
       {"../secret.eml", "messages/../../secret.eml", "/etc/passwd", "messages//etc/x.eml", "messages/",
        "messages/..", "messages/a/b.eml", "messages/x\\u0000.eml", "messages/.hidden.eml", "secret.eml"})
    rows += "{\"eml_path\": \"" + path + "\"}\n";
  rows += "{\"canonical_id\": \"../../secret\"}\n{\"canonical_id\": \"ok\"}\nrubbish\n";
  put("manifest.jsonl", rows);
  EXPECT_THAT(mailboxes(), ElementsAre("INBOX (1)"));
  EXPECT_EQ(logged_.size(), 12U);
  const auto mail = read({{"INBOX"}});
  ASSERT_EQ(mail.size(), 1U);
  EXPECT_EQ(mail[0].text, a_message(1));
}

TEST_F(LayoutTest, LinksAndDevicesAreNotFollowed) {
  write_file(temp_ / "secret", "secret");
  message("INBOX/1704067200000-00000000", a_message(1), "INBOX");
  fs::create_symlink(temp_ / "secret", at("INBOX/1704067200000-00000001.eml"));
  fs::create_hard_link(temp_ / "secret", at("INBOX/1704067200000-00000002.eml"));
  ASSERT_EQ(::mkfifo(at("INBOX/1704067200000-00000003.eml").c_str(), 0600), 0);
  put("INBOX/1704067200000-00000004.eml", a_message(4));
  fs::create_symlink(temp_ / "secret", at("INBOX/1704067200000-00000004.json"));
  fs::create_directory(at("INBOX/1704067200000-00000005.eml"));
  fs::create_directory_symlink(at("INBOX"), at("Link"));
  EXPECT_THAT(mailboxes(), ElementsAre("INBOX (6)"));
  std::size_t readable = 0;
  for (const auto& m : read({{"INBOX"}})) {
    EXPECT_THAT(m.text, testing::Not(HasSubstr("secret")));
    readable += m.error ? 0U : 1U;
  }
  EXPECT_EQ(readable, 2U);
  EXPECT_EQ(scan({{"INBOX"}}, ScanFields::keys).size(), 6U);
}

TEST_F(LayoutTest, EndlessAndDeepJsonIsRefusedOrBounded) {
  put("INBOX/1704067200000-00000001.eml", a_message(1));
  put("INBOX/1704067200000-00000001.json", "{\"mailbox\": \"" + std::string(2'000'000, 'x') + "\"}");
  put("INBOX/1704067200000-00000002.eml", a_message(2));
  put("INBOX/1704067200000-00000002.json", "{\"mailbox\": " + std::string(900'000, '['));
  EXPECT_THAT(mailboxes(), ElementsAre("INBOX (2)"));
  put("messages/x.eml", "x");
  put("manifest.jsonl", "{\"eml_path\": \"" + std::string(3'000'000, 'x'));
  store::ArchiveOptions options;
  options.directory = at();
  const auto refused = run(store::open_archive_store(options)->connect());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::limit);
}

TEST_F(LayoutTest, AFileThatIsGoneMeanwhileConcernsOneMessage) {
  message("INBOX/1704067200000-00000001", a_message(1), "INBOX");
  message("INBOX/1704067200000-00000002", a_message(2), "INBOX");
  const auto store = opened();
  const auto mailbox = must(store->open(find(*store, {{"INBOX"}}), Access::read));
  fs::remove(at("INBOX/1704067200000-00000001.eml"));
  const auto mail = read_all(*mailbox);
  ASSERT_EQ(mail.size(), 2U);
  EXPECT_TRUE(mail[0].error);
  EXPECT_EQ(mail[1].text, a_message(2));
}

}  // namespace
}  // namespace pf::test
