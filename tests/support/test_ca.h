// A throwaway certificate authority and server certificates for tests.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace pf::test {

struct CertificateOptions {
  std::string common_name = "localhost";
  std::vector<std::string> dns_names{"localhost"};
  std::vector<std::string> ip_addresses{"127.0.0.1"};
  std::chrono::hours starts{-1};  // relative to now
  std::chrono::hours ends{24};
  bool self_signed = false;  // true: not by the authority
};

struct CertificateFiles {
  std::filesystem::path certificate;  // PEM, the server certificate alone
  std::filesystem::path key;          // PEM, mode 0600
  std::string spki_sha256;  // lower-case hex digest of the public key (SubjectPublicKeyInfo), for pinning
};

class TestCa {
 public:
  TestCa();
  ~TestCa();
  TestCa(const TestCa&) = delete;
  TestCa& operator=(const TestCa&) = delete;

  [[nodiscard]] std::string pem() const;  // the authority's certificate
  // Writes DIR/ca.pem and returns its path.
  std::filesystem::path write_ca(const std::filesystem::path& dir) const;
  // Writes DIR/NAME.pem and DIR/NAME.key.
  CertificateFiles issue(const std::filesystem::path& dir, const std::string& name,
                         const CertificateOptions& options = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pf::test
