// The servers only `script/test --all` runs: that they start here at all, and keep mail.
#include "support/courier_server.h"
#include "support/imap_oracle.h"
#include "support/mailutils_server.h"
#include "support/message_factory.h"

#include <gtest/gtest.h>

namespace pf::test {
namespace {

// What was stored for `message`.
StoredMessage store_and_read_back(const MailServer& server, const AwkwardMessage& message) {
  ImapOracle oracle(server.imap_port(), server.login("alice"), server.password("alice"));
  const auto mailbox = server.prefix() + "kept";
  oracle.create(mailbox);
  oracle.append(mailbox, {.bytes = message.bytes, .flags = {"\\Seen"}, .date = message.date});
  return oracle.fetch_all(mailbox).at(0);
}

TEST(Courier, KeepsAMessageAsItIs) {
  const CourierServer server;
  const auto message = ordinary_message(1, 1);
  const auto stored = store_and_read_back(server, message);
  EXPECT_TRUE(stored.bytes == message.bytes);
  EXPECT_TRUE(stored.flags.contains("\\seen"));
  EXPECT_EQ(stored.date, parse_date_time(message.date));
}

// Its mbox keeps uid and flags in header fields, and FETCH shows them.
TEST(Imap4d, KeepsTheBodyAndAddsHeaderFields) {
  const MailutilsServer server;
  const auto message = ordinary_message(1, 1);
  const auto stored = store_and_read_back(server, message);
  const auto header_size = message.bytes.find("\r\n\r\n");
  EXPECT_TRUE(stored.bytes.starts_with(message.bytes.substr(0, header_size)));
  EXPECT_TRUE(stored.bytes.ends_with(message.bytes.substr(header_size)));
  EXPECT_NE(stored.bytes.find("\r\nX-UID: 1\r\n"), std::string::npos);
}

}  // namespace
}  // namespace pf::test
