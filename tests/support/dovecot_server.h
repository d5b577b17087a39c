// A real Dovecot of its own: on loopback, from a temporary directory, as nobody when we are root.
#pragma once

#include "support/free_port.h"
#include "support/mail_server.h"
#include "support/process.h"
#include "support/temp_dir.h"
#include "support/test_ca.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pf::test {

struct DovecotOptions {
  char separator = '/';
  std::string prefix{};  // namespace prefix, e.g. "INBOX."
  // Layout fs: what most Dovecots of today with "/" have; names hold any character but "/".
  std::string mail_location = "maildir:~/Maildir:LAYOUT=fs";
  std::string fsync = "never";         // mail_fsync: never, optimized (Dovecot's default), always
  std::string capability{};            // replaces what the server advertises; empty: all it can
  int max_connections_per_user = 200;  // mail_max_userip_connections
  std::string quota{};                 // storage, e.g. "100k"; empty: no quota plugin
  std::string max_mail_size{};         // quota_max_mail_size, e.g. "1M"
  bool create_special_use = false;     // Drafts, Sent, Junk, Trash, Archive exist from the first login
  std::string ssl = "yes";             // ssl setting: yes, no, required (no login in clear even on loopback)
  CertificateOptions certificate{};
  std::vector<std::pair<std::string, std::string>> users{
      {"alice", "alicepw"}, {"bob", "bobpw"}, {"carol", "carolpw"}, {"joe@example.com", "joepw"}};
  // Logs in for anybody: as "alice*admin" with this password, or by SASL PLAIN with alice as authzid.
  std::pair<std::string, std::string> master_user{"admin", "adminpw"};
  // After a wrong password everybody from that address waits, longer each time (measured: 4 s and more).
  bool login_penalty = true;
  std::string extra{};  // further configuration lines
};

// Starts in the constructor (throws std::runtime_error with the log when it does not come up), stops in the
// destructor.  Must be started by a thread that lives as long as the server is needed
// (ProcessOptions::die_with_parent).
class DovecotServer final : public MailServer {
 public:
  explicit DovecotServer(DovecotOptions options = {});
  ~DovecotServer() override;

  // Why it cannot run here, empty when it can.
  [[nodiscard]] static std::string unavailable();

  [[nodiscard]] std::uint16_t imap_port() const override {
    return imap_.number();
  }  // clear, STARTTLS offered
  [[nodiscard]] std::uint16_t imaps_port() const override { return imaps_.number(); }  // TLS from the start
  [[nodiscard]] std::string password(const std::string& user) const override;          // of an option user
  [[nodiscard]] std::string ca_file() const override { return (dir_ / "ca.pem").string(); }
  [[nodiscard]] char separator() const override { return options_.separator; }
  [[nodiscard]] std::string prefix() const override { return options_.prefix; }
  [[nodiscard]] const std::string& spki_sha256() const { return certificate_.spki_sha256; }
  [[nodiscard]] const std::filesystem::path& directory() const { return dir_.path(); }
  [[nodiscard]] std::filesystem::path home(const std::string& user) const {
    return dir_.path() / "mail" / user;
  }

  void start();  // again, after stop() or kill(): same data, same ports
  void stop();   // in good order
  void kill();   // all of its processes at once, as a power cut does
  // Another certificate from the next start() on.
  void set_certificate(const CertificateOptions& options);
  void add_user(const std::string& name, const std::string& password);

  [[nodiscard]] std::string log() const override;
  // doveadm with this server's configuration: doveadm({"mailbox", "list", "-u", "alice"}).
  Output doveadm(std::vector<std::string> arguments) const;

 private:
  void write_config() const;
  void write_users() const;

  DovecotOptions options_;
  TempDir dir_;
  TestCa ca_;
  CertificateFiles certificate_;
  ReservedPort imap_;
  ReservedPort imaps_;
  std::unique_ptr<Process> master_;
};

}  // namespace pf::test
