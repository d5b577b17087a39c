#include "support/test_ca.h"

#include "support/temp_dir.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>

namespace pf::test {

namespace {

struct Deleter {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(BIO* p) const { BIO_free_all(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Deleter>;

void check(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("test CA: ") + what);
}

Owned<EVP_PKEY> new_key() {
  Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  check(key != nullptr, "key");
  return key;
}

void add_extension(X509* subject, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, subject, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  check(extension && X509_add_ext(subject, extension.get(), -1) == 1, value.c_str());
}

Owned<X509> new_certificate(EVP_PKEY* key, const std::string& common_name, std::chrono::hours starts,
                            std::chrono::hours ends) {
  Owned<X509> cert(X509_new());
  check(cert != nullptr, "certificate");
  X509_set_version(cert.get(), X509_VERSION_3);
  std::array<unsigned char, 8> serial{};
  RAND_bytes(serial.data(), serial.size());
  std::uint64_t number = 1;
  for (const auto byte : serial) number = (number << 7U) ^ byte;
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert.get()), number >> 1U);
  const auto seconds = [](std::chrono::hours h) {
    return static_cast<long>(std::chrono::seconds(h).count());
  };
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), seconds(starts));
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), seconds(ends));
  X509_set_pubkey(cert.get(), key);
  X509_NAME* name = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  return cert;
}

template <class Write>
std::string to_pem(Write write) {
  const Owned<BIO> memory(BIO_new(BIO_s_mem()));
  check(memory && write(memory.get()) == 1, "PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string alternative_names(const CertificateOptions& options) {
  std::string names;
  for (const auto& dns : options.dns_names) names += (names.empty() ? "DNS:" : ",DNS:") + dns;
  for (const auto& ip : options.ip_addresses) names += (names.empty() ? "IP:" : ",IP:") + ip;
  return names;
}

std::string spki_digest(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  check(size > 0, "public key");
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(der, static_cast<std::size_t>(size), digest.data());
  OPENSSL_free(der);
  std::string hex;
  for (const auto byte : digest) {
    constexpr const char* digits = "0123456789abcdef";
    hex += {digits[byte >> 4U], digits[byte & 15U]};
  }
  return hex;
}

}  // namespace

struct TestCa::Impl {
  Owned<EVP_PKEY> key = new_key();
  Owned<X509> cert;
};

TestCa::TestCa() : impl_(std::make_unique<Impl>()) {
  constexpr auto a_day = std::chrono::hours(24);
  impl_->cert = new_certificate(impl_->key.get(), "postferry test authority", -a_day, 2 * a_day);
  X509* cert = impl_->cert.get();
  X509_set_issuer_name(cert, X509_get_subject_name(cert));
  add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(cert, cert, NID_subject_key_identifier, "hash");
  check(X509_sign(cert, impl_->key.get(), EVP_sha256()) > 0, "signature");
}

TestCa::~TestCa() = default;

std::string TestCa::pem() const {
  return to_pem([&](BIO* out) { return PEM_write_bio_X509(out, impl_->cert.get()); });
}

std::filesystem::path TestCa::write_ca(const std::filesystem::path& dir) const {
  auto file = dir / "ca.pem";
  write_file(file, pem());
  return file;
}

CertificateFiles TestCa::issue(const std::filesystem::path& dir, const std::string& name,
                               const CertificateOptions& options) const {
  const auto key = new_key();
  const auto cert = new_certificate(key.get(), options.common_name, options.starts, options.ends);
  X509* issuer = options.self_signed ? cert.get() : impl_->cert.get();
  X509_set_issuer_name(cert.get(), X509_get_subject_name(issuer));
  add_extension(cert.get(), issuer, NID_basic_constraints, "CA:FALSE");
  add_extension(cert.get(), issuer, NID_ext_key_usage, "serverAuth");
  if (const auto names = alternative_names(options); !names.empty()) {
    add_extension(cert.get(), issuer, NID_subject_alt_name, names);
  }
  check(X509_sign(cert.get(), options.self_signed ? key.get() : impl_->key.get(), EVP_sha256()) > 0,
        "signature");

  CertificateFiles files{.certificate = dir / (name + ".pem"),
                         .key = dir / (name + ".key"),
                         .spki_sha256 = spki_digest(key.get())};
  write_file(files.certificate, to_pem([&](BIO* out) { return PEM_write_bio_X509(out, cert.get()); }));
  write_file(files.key, to_pem([&](BIO* out) {
               return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
             }));
  std::filesystem::permissions(files.key,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return files;
}

}  // namespace pf::test
