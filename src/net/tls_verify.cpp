#include "net/tls_verify.h"

#include "net/certificate.h"

#include <asio/ip/address.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace pf::net {

namespace {

int check_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

struct Verdict {
  std::string what;
  std::string hint;
};

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 3;
  const std::size_t shown = std::min(names.size(), most);
  std::string out =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (names.size() > shown) out += fmt::format(" and {} more", names.size() - shown);
  return out;
}

Verdict wrong_name(const X509* leaf, const std::string& host) {
  const auto names = subject_alternative_names(leaf);
  if (!names.empty()) {
    return {fmt::format("certificate is for {}, not {}", listed(names), host),
            "connect by a name the certificate carries"};
  }
  return {fmt::format("certificate has no subject alternative name (common name \"{}\" alone proves "
                      "nothing), so it is not for {}",
                      common_name(leaf), host),
          "ask the server's owner for a certificate with the name in it, or use pin=" + spki_sha256(leaf)};
}

Verdict self_signed(const X509* leaf) {
  return {"self-signed certificate",
          fmt::format("trust it with ca=FILE or, once its owner has confirmed the key, pin={}",
                      spki_sha256(leaf))};
}

Verdict unknown_issuer(const X509* cert) {
  return {fmt::format("certificate issued by \"{}\", which is not trusted here", issuer_text(cert)),
          "if that is your own authority, name it with ca=FILE; otherwise the server may not send its "
          "intermediate certificate"};
}

// `which`: "certificate" for the leaf, the subject for one above it.
std::string which(const X509* cert, int depth) {
  return depth == 0 ? std::string("certificate") : fmt::format("certificate of \"{}\"", subject_text(cert));
}

Verdict judge(X509_STORE_CTX* store, const std::string& host) {
  const int error = X509_STORE_CTX_get_error(store);
  const int depth = X509_STORE_CTX_get_error_depth(store);
  const X509* leaf = X509_STORE_CTX_get0_cert(store);
  const X509* at_fault = X509_STORE_CTX_get_current_cert(store);
  if (at_fault == nullptr) at_fault = leaf;
  switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return wrong_name(leaf, host);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return self_signed(leaf);
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return unknown_issuer(at_fault);
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {
          fmt::format("{} expired on {}", which(at_fault, depth), date_text(X509_get0_notAfter(at_fault))),
          "the server's owner has to renew it"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {fmt::format("{} is valid only from {} on", which(at_fault, depth),
                          date_text(X509_get0_notBefore(at_fault))),
              "is this machine's clock right?"};
    default:
      return {
          fmt::format("{} not accepted: {}", which(at_fault, depth), X509_verify_cert_error_string(error)),
          {}};
  }
}

Error certificate_error(const std::string& host, Verdict verdict) {
  return {Errc::certificate,
          Scope::account,
          Retry::never,
          fmt::format("TLS to {}: {}", host, verdict.what),
          {},
          std::move(verdict.hint)};
}

int verify_pin(X509_STORE_CTX* store, PeerCheck& check) {
  const X509* leaf = X509_STORE_CTX_get0_cert(store);
  const std::string got = spki_sha256(leaf);
  if (got == check.pin) {
    X509_STORE_CTX_set_error(store, X509_V_OK);  // kept in the session; resuming asks for it
    return 1;
  }
  check.failure =
      certificate_error(check.host, {fmt::format("the certificate's key is pin={}, not the one given", got),
                                     "the server has a new key, or somebody stands in between"});
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

int verify_peer(X509_STORE_CTX* store, void* /*unused*/) {
  const auto* ssl =
      static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* check = static_cast<PeerCheck*>(SSL_get_ex_data(ssl, check_index()));
  if (check == nullptr) return 0;
  if (!check->pin.empty()) return verify_pin(store, *check);
  if (X509_verify_cert(store) > 0) return 1;
  check->failure = certificate_error(check->host, judge(store, check->host));
  return 0;
}

}  // namespace

Result<std::string> normalise_pin(std::string_view pin) {
  std::string out;
  for (const char c : pin) {
    if (c != ':') out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  }
  const bool is_hex = out.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (is_hex && (out.empty() || out.size() == 64)) return out;
  return Error(Errc::usage, Scope::account, Retry::never,
               "pin= is not a SHA-256 of a public key in hex (64 digits)", {},
               "`postferry doctor` prints the server's pin");
}

void install_verifier(SSL_CTX* ctx) {
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(ctx, verify_peer, nullptr);
}

bool is_ip_address(const std::string& host) {
  asio::error_code ec;
  (void)asio::ip::make_address(host, ec);
  return !ec;
}

Status attach(SSL* ssl, PeerCheck* check) {
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(param,
                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const bool ip = is_ip_address(check->host);
  bool ok = ip ? X509_VERIFY_PARAM_set1_ip_asc(param, check->host.c_str()) == 1
               : X509_VERIFY_PARAM_set1_host(param, check->host.data(), check->host.size()) == 1;
  // RFC 6066 section 3: no addresses in SNI.
  if (ok && !ip) ok = SSL_set_tlsext_host_name(ssl, check->host.c_str()) == 1;
  if (ok) ok = SSL_set_ex_data(ssl, check_index(), check) == 1;
  if (ok) return {};
  return Error(Errc::tls, Scope::account, Retry::never,
               fmt::format("\"{}\" cannot be a server name in TLS", check->host));
}

}  // namespace pf::net
