#include "sync/mapping.h"

#include <gtest/gtest.h>

#include <set>

namespace pf::test {
namespace {

using store::MailboxInfo;
using sync::MailboxChoice;
using sync::map_mailboxes;

const NameRules slash{.separator = '/'};

MailboxInfo at(std::string_view path, const NameRules& rules = slash, SpecialUse use = SpecialUse::none) {
  MailboxInfo out;
  out.path = MailboxPath::from_display(path);
  out.id = wire_from_path(out.path, rules).wire;
  out.special_use = use;
  return out;
}

// "source > target id", one each.
std::vector<std::string> shown(const Result<sync::Mapping>& mapping) {
  std::vector<std::string> out;
  if (!mapping) return {mapping.error().context};
  for (const auto& m : mapping->mailboxes) out.push_back(m.source.path.display() + " > " + m.target.id);
  return out;
}
using Lines = std::vector<std::string>;

TEST(Mapping, InboxComesFirstThenTheOthersByPath) {
  const auto mapping = map_mailboxes({at("Work/B"), at("Archive"), at("INBOX"), at("Work")}, {}, slash, {});
  EXPECT_EQ(shown(mapping), (Lines{"INBOX > INBOX", "Archive > Archive", "Work > Work", "Work/B > Work/B"}));
  EXPECT_TRUE(mapping->warnings.empty());
}

TEST(Mapping, SeparatorAndPrefixBecomeThoseOfTheTarget) {
  const NameRules dots{.separator = '.', .prefix = "INBOX."};
  const auto mapping = map_mailboxes({at("INBOX"), at("A/B")}, {at("A/B", dots)}, dots, {});
  EXPECT_EQ(shown(mapping), (Lines{"INBOX > INBOX", "A/B > INBOX.A.B"}));
  EXPECT_FALSE(mapping->mailboxes[0].exists);
  EXPECT_TRUE(mapping->mailboxes[1].exists);
}

TEST(Mapping, AnExistingMailboxKeepsItsExactName) {
  MailboxInfo there = at("Entw\xC3\xBCrfe");
  there.id = "odd spelling of the server";
  const auto mapping = map_mailboxes({at("Entw\xC3\xBCrfe")}, {there}, slash, {});
  EXPECT_EQ(mapping->mailboxes[0].target.id, "odd spelling of the server");
  EXPECT_TRUE(mapping->mailboxes[0].exists);
}

TEST(Mapping, AParentThatIsNoMailboxIsNeitherCopiedNorThere) {
  auto parent = at("A");
  parent.selectable = false;
  EXPECT_EQ(shown(map_mailboxes({parent, at("A/B")}, {}, slash, {})), (Lines{"A/B > A/B"}));
  const auto mapping = map_mailboxes({at("A")}, {parent}, slash, {});
  EXPECT_FALSE(mapping->mailboxes[0].exists);
  EXPECT_EQ(mapping->mailboxes[0].target.id, "A");
}

TEST(Mapping, ChoosesByGlobs) {
  const std::vector all{at("INBOX"), at("Work"), at("Work/Old"), at("Spam")};
  MailboxChoice choice;
  choice.exclude = {"Spam", "*/Old"};
  EXPECT_EQ(shown(map_mailboxes(all, {}, slash, choice)), (Lines{"INBOX > INBOX", "Work > Work"}));
  choice = {};
  choice.include = {"Work*"};
  EXPECT_EQ(shown(map_mailboxes(all, {}, slash, choice)), (Lines{"Work > Work", "Work/Old > Work/Old"}));
  choice.exclude = {"Work"};
  EXPECT_EQ(shown(map_mailboxes(all, {}, slash, choice)), (Lines{"Work/Old > Work/Old"}));
}

TEST(Mapping, ARenameTakesTheTreeBelowAlong) {
  MailboxChoice choice;
  choice.map = {{"Old", "Archive/Old"}, {"Old/2019", "Y2019"}};
  const auto mapping = map_mailboxes(
      {at("Old"), at("Old/2018"), at("Old/2019"), at("Old/2019/May"), at("Older")}, {}, slash, choice);
  EXPECT_EQ(shown(mapping), (Lines{"Old > Archive/Old", "Old/2018 > Archive/Old/2018", "Old/2019 > Y2019",
                                   "Old/2019/May > Y2019/May", "Older > Older"}));
}

TEST(Mapping, ARenameOntoAnotherMailboxMergesAndSaysSo) {
  MailboxChoice choice;
  choice.map = {{"Sent Items", "Sent"}};
  const auto mapping = map_mailboxes({at("Sent"), at("Sent Items")}, {}, slash, choice);
  EXPECT_EQ(shown(mapping), (Lines{"Sent > Sent", "Sent Items > Sent"}));
  EXPECT_FALSE(mapping->mailboxes[0].shares_target);
  EXPECT_TRUE(mapping->mailboxes[1].shares_target);
  EXPECT_EQ(mapping->warnings.size(), 1U);
}

TEST(Mapping, TwoExplicitRenamesToOnePlaceAreRefused) {
  MailboxChoice choice;
  choice.map = {{"A", "X"}, {"B", "X"}};
  const auto mapping = map_mailboxes({at("A"), at("B")}, {}, slash, choice);
  ASSERT_FALSE(mapping);
  EXPECT_EQ(mapping.error().code, Errc::usage);
}

TEST(Mapping, ARenameOfNothingIsRefused) {
  MailboxChoice choice;
  choice.map = {{"Nowhere", "X"}};
  const auto mapping = map_mailboxes({at("A")}, {}, slash, choice);
  ASSERT_FALSE(mapping);
  EXPECT_EQ(mapping.error().code, Errc::usage);
  EXPECT_NE(mapping.error().context.find("Nowhere"), std::string::npos);
}

TEST(Mapping, SpecialUseFindsItsCounterpartOnlyWhenAsked) {
  const auto sent = at("Gesendet", slash, SpecialUse::sent);
  const auto theirs = at("Sent Mail", slash, SpecialUse::sent);
  EXPECT_EQ(shown(map_mailboxes({sent}, {theirs}, slash, {})), (Lines{"Gesendet > Gesendet"}));
  MailboxChoice choice;
  choice.map_special_use = true;
  const auto mapping = map_mailboxes({sent, at("Junk", slash, SpecialUse::junk)}, {theirs}, slash, choice);
  EXPECT_EQ(shown(mapping), (Lines{"Gesendet > Sent Mail", "Junk > Junk"}));
  EXPECT_TRUE(mapping->mailboxes[0].exists);
}

TEST(Mapping, AnExplicitRenameBeatsSpecialUse) {
  MailboxChoice choice;
  choice.map_special_use = true;
  choice.map = {{"Gesendet", "X"}};
  EXPECT_EQ(shown(map_mailboxes({at("Gesendet", slash, SpecialUse::sent)},
                                {at("Sent", slash, SpecialUse::sent)}, slash, choice)),
            (Lines{"Gesendet > X"}));
}

TEST(Mapping, NamesTheTargetCannotHoldAreMadeSafeAndUnique) {
  const NameRules dots{.separator = '.'};
  const auto mapping = map_mailboxes({at("a.b"), at("a_b")}, {}, dots, {});
  EXPECT_EQ(shown(mapping), (Lines{"a.b > a_b", "a_b > a_b_2"}));
  EXPECT_TRUE(mapping->mailboxes[0].altered);
  EXPECT_TRUE(mapping->mailboxes[1].altered);
  EXPECT_EQ(mapping->warnings.size(), 2U);
}

TEST(Mapping, IsTheSameAgainWhenTheTargetHasTheMailboxes) {
  const NameRules dots{.separator = '.'};
  const std::vector source{at("a.b"), at("a_b"), at("c")};
  const auto first = map_mailboxes(source, {}, dots, {});
  std::vector<MailboxInfo> made;
  for (const auto& m : first->mailboxes) made.push_back(m.target);
  const auto second = map_mailboxes(source, made, dots, {});
  EXPECT_EQ(shown(second), shown(first));
  for (const auto& m : second->mailboxes) EXPECT_TRUE(m.exists) << m.target.id;
}

TEST(Mapping, CaseMakesADifferenceOnlyWhereTheTargetSaysSo) {
  const std::vector source{at("Trash"), at("trash")};
  EXPECT_EQ(shown(map_mailboxes(source, {}, slash, {})), (Lines{"Trash > Trash", "trash > trash"}));
  const NameRules folding{.separator = '/', .case_sensitive = false};
  const auto mapping = map_mailboxes(source, {}, folding, {});
  ASSERT_EQ(mapping->mailboxes.size(), 2U);
  EXPECT_NE(mapping->mailboxes[0].target.id, mapping->mailboxes[1].target.id);
  EXPECT_EQ(mapping->mailboxes[1].target.id, "trash_2");
}

TEST(Mapping, AFlatTargetGetsTheTreeWithoutLosingAMailbox) {
  const NameRules flat{};
  const auto mapping = map_mailboxes({at("A"), at("A/B"), at("A_B")}, {}, flat, {});
  std::set<std::string> ids;
  for (const auto& m : mapping->mailboxes) ids.insert(m.target.id);
  EXPECT_EQ(ids.size(), 3U);
}

}  // namespace
}  // namespace pf::test
