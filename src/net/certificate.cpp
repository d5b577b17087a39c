#include "net/certificate.h"

#include "base/encoding.h"
#include "net/openssl_ptr.h"

#include <asio/ip/address.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace pf::net {

namespace {

constexpr std::size_t max_text = 200;  // of one name: a certificate may carry megabytes

std::string printable_ascii(std::string_view raw) {
  std::string out(raw.substr(0, max_text));
  std::ranges::replace_if(out, [](char c) { return c < 0x21 || c > 0x7e; }, '?');
  return out;
}

std::string_view view(const ASN1_STRING* s) {
  const auto size = static_cast<std::size_t>(ASN1_STRING_length(s));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)), size};
}

// XN_FLAG_RFC2253 escapes control bytes and everything above ASCII.
std::string name_text(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, std::min(static_cast<std::size_t>(size), max_text));
}

std::string ip_text(std::string_view raw) {
  if (raw.size() == 4) {
    asio::ip::address_v4::bytes_type b{};
    std::ranges::copy(raw, reinterpret_cast<char*>(b.data()));
    return asio::ip::address_v4(b).to_string();
  }
  if (raw.size() == 16) {
    asio::ip::address_v6::bytes_type b{};
    std::ranges::copy(raw, reinterpret_cast<char*>(b.data()));
    return asio::ip::address_v6(b).to_string();
  }
  return "?";
}

// `write` is an i2d function: called for the size, then for the bytes.
template <class Write>
std::string der(Write write) {
  const int size = write(nullptr);
  if (size <= 0) return {};
  std::string out(static_cast<std::size_t>(size), '\0');
  auto* p = reinterpret_cast<unsigned char*>(out.data());
  write(&p);
  return out;
}

std::string digest(std::string_view data, const EVP_MD* md) {
  std::array<char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(out.data()), &size, md,
                 nullptr) != 1)
    return {};
  return {out.data(), size};
}

}  // namespace

std::string subject_text(const X509* cert) {
  return name_text(X509_get_subject_name(cert));
}
std::string issuer_text(const X509* cert) {
  return name_text(X509_get_issuer_name(cert));
}

std::string common_name(const X509* cert) {
  const X509_NAME* name = X509_get_subject_name(cert);
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return {};
  return printable_ascii(view(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))));
}

std::string date_text(const ASN1_TIME* time) {
  std::tm t{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &t) != 1) return "an unreadable date";
  return fmt::format("{:04}-{:02}-{:02}", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday);
}

std::vector<std::string> subject_alternative_names(const X509* cert) {
  std::vector<std::string> out;
  const GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(cert, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) return out;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) out.push_back(printable_ascii(view(name->d.dNSName)));
    if (name->type == GEN_IPADD) out.push_back(ip_text(view(name->d.iPAddress)));
  }
  return out;
}

std::string spki_sha256(const X509* cert) {
  const auto* key = X509_get_X509_PUBKEY(cert);
  return hex_encode(
      digest(der([key](unsigned char** out) { return i2d_X509_PUBKEY(key, out); }), EVP_sha256()));
}

std::string server_end_point(const X509* cert) {
  int hash = NID_undef;
  if (X509_get_signature_info(const_cast<X509*>(cert), &hash, nullptr, nullptr, nullptr) != 1) return {};
  if (hash == NID_md5 || hash == NID_sha1) hash = NID_sha256;
  const EVP_MD* md = EVP_get_digestbynid(hash);
  if (md == nullptr) return {};
  return digest(der([cert](unsigned char** out) { return i2d_X509(cert, out); }), md);
}

}  // namespace pf::net
