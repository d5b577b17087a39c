// A real Courier-IMAP 5.0 from the unpacked packages, in clear only, unprivileged in a user namespace.
#pragma once

#include "support/free_port.h"
#include "support/mail_server.h"
#include "support/process.h"
#include "support/temp_dir.h"

#include <memory>

namespace pf::test {

class CourierServer final : public MailServer {
 public:
  CourierServer();
  ~CourierServer() override;

  // Why it cannot run here (packages, no user namespaces), empty when it can.
  [[nodiscard]] static std::string unavailable();

  [[nodiscard]] std::uint16_t imap_port() const override { return imap_.number(); }
  [[nodiscard]] std::uint16_t imaps_port() const override { return 0; }
  [[nodiscard]] std::string ca_file() const override { return {}; }
  [[nodiscard]] char separator() const override { return '.'; }
  [[nodiscard]] std::string prefix() const override { return "INBOX."; }
  [[nodiscard]] std::string log() const override;

 private:
  TempDir dir_;
  ReservedPort imap_;
  std::unique_ptr<Process> namespace_;
};

}  // namespace pf::test
