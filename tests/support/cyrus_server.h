// A real Cyrus 3.6 from the unpacked packages, on loopback, as nobody when we are root.
#pragma once

#include "support/free_port.h"
#include "support/mail_server.h"
#include "support/process.h"
#include "support/temp_dir.h"
#include "support/test_ca.h"

#include <memory>

namespace pf::test {

struct CyrusOptions {
  bool classic_names = false;  // true: "INBOX.Sent" with ".", else "Sent" with "/"
};

// An administrator (cyrus, password cyruspw) may log in for anybody by SASL PLAIN with an authzid.
class CyrusServer final : public MailServer {
 public:
  explicit CyrusServer(CyrusOptions options = {});
  ~CyrusServer() override;

  // Why it cannot run here, empty when it can.
  [[nodiscard]] static std::string unavailable();

  [[nodiscard]] std::uint16_t imap_port() const override { return imap_.number(); }
  [[nodiscard]] std::uint16_t imaps_port() const override { return imaps_.number(); }
  [[nodiscard]] std::string ca_file() const override { return (dir_ / "ca.pem").string(); }
  [[nodiscard]] char separator() const override { return options_.classic_names ? '.' : '/'; }
  [[nodiscard]] std::string prefix() const override { return options_.classic_names ? "INBOX." : ""; }
  [[nodiscard]] std::string log() const override;

  void start();  // again, after stop(): same data, same ports
  void stop();

 private:
  void write_config() const;
  void write_passwords() const;

  CyrusOptions options_;
  TempDir dir_;
  TestCa ca_;
  ReservedPort imap_;
  ReservedPort imaps_;
  std::unique_ptr<Process> master_;
};

}  // namespace pf::test
