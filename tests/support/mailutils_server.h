// GNU mailutils imap4d 3.15 from the unpacked package: one mbox a mailbox, few extensions, odd corners.
#pragma once

#include "support/free_port.h"
#include "support/mail_server.h"
#include "support/process.h"
#include "support/temp_dir.h"
#include "support/test_ca.h"

#include <memory>

namespace pf::test {

class MailutilsServer final : public MailServer {
 public:
  MailutilsServer();
  ~MailutilsServer() override;

  // Why it cannot run here, empty when it can.
  [[nodiscard]] static std::string unavailable();

  [[nodiscard]] std::uint16_t imap_port() const override { return imap_.number(); }
  [[nodiscard]] std::uint16_t imaps_port() const override { return 0; }
  // A plain name would be looked up in /etc/passwd.
  [[nodiscard]] std::string login(const std::string& user) const override { return user + "@test"; }
  [[nodiscard]] std::string ca_file() const override { return (dir_ / "ca.pem").string(); }
  [[nodiscard]] char separator() const override { return '/'; }
  [[nodiscard]] std::string prefix() const override { return {}; }
  [[nodiscard]] std::string log() const override;

 private:
  TempDir dir_;
  TestCa ca_;
  ReservedPort imap_;
  std::unique_ptr<Process> process_;
};

}  // namespace pf::test
