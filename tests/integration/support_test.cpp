// The test helpers themselves: a judge that cannot see a difference proves nothing.
#include "support/dovecot_server.h"
#include "support/imap_oracle.h"
#include "support/message_factory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace pf::test {
namespace {

std::vector<ToAppend> to_append(const std::vector<AwkwardMessage>& messages) {
  std::vector<ToAppend> all;
  all.reserve(messages.size());
  for (const auto& m : messages) all.push_back({.bytes = m.bytes, .flags = m.flags, .date = m.date});
  return all;
}

std::set<std::string> lower_case(const std::vector<std::string>& flags) {
  std::set<std::string> all;
  for (auto flag : flags) {
    std::ranges::transform(flag, flag.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    all.insert(flag);
  }
  return all;
}

TEST(Oracle, ReadsBackTheAwkwardMailboxExactly) {
  const DovecotServer server;
  ImapOracle oracle(server.imap_port(), "alice", server.password("alice"));
  oracle.create("awkward");
  const auto messages = awkward_messages();
  oracle.append_all("awkward", to_append(messages));
  const auto stored = oracle.fetch_all("awkward");
  ASSERT_EQ(stored.size(), messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    SCOPED_TRACE(messages[i].name);
    EXPECT_EQ(stored[i].bytes != messages[i].bytes, messages[i].changed_by_dovecot);
    EXPECT_EQ(stored[i].date != parse_date_time(messages[i].date), messages[i].date_changed_by_dovecot);
    EXPECT_EQ(stored[i].flags, lower_case(messages[i].flags));
  }
}

}  // namespace
}  // namespace pf::test
