// What the real servers of the tests have in common.
#pragma once

#include <cstdint>
#include <string>

namespace pf::test {

// Each has the users alice and bob; every account starts with an empty INBOX, most with nothing else.
class MailServer {
 public:
  MailServer() = default;
  virtual ~MailServer() = default;
  MailServer(const MailServer&) = delete;
  MailServer& operator=(const MailServer&) = delete;

  [[nodiscard]] virtual std::uint16_t imap_port() const = 0;   // clear; STARTTLS where the server has it
  [[nodiscard]] virtual std::uint16_t imaps_port() const = 0;  // 0: none
  // What LOGIN takes for "alice": some servers want a domain.
  [[nodiscard]] virtual std::string login(const std::string& user) const { return user; }
  [[nodiscard]] virtual std::string password(const std::string& user) const { return user + "pw"; }
  [[nodiscard]] virtual std::string ca_file() const = 0;  // empty: no TLS
  [[nodiscard]] virtual char separator() const = 0;
  [[nodiscard]] virtual std::string prefix() const = 0;  // of personal mailboxes: "INBOX." or nothing
  [[nodiscard]] virtual std::string log() const = 0;
};

}  // namespace pf::test
