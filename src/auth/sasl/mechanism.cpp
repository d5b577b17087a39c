#include "auth/sasl/mechanism.h"

#include "auth/sasl/mechanisms.h"
#include "base/encoding.h"
#include "base/random.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pf::sasl {

namespace {

bool has_nul(std::string_view s) {
  return s.find('\0') != std::string_view::npos;
}

bool has_control(std::string_view s) {
  return std::ranges::any_of(s, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Error usage(std::string what, std::string hint = {}) {
  return {Errc::usage, Scope::account, Retry::never, std::move(what), {}, std::move(hint)};
}

Status check(std::string_view mechanism, const Credentials& c, bool scram) {
  const auto bad = scram ? has_control : has_nul;
  if (bad(c.user) || bad(c.authzid))
    return usage(fmt::format("{} cannot carry this user name: it holds a control character", mechanism));
  if (bad(c.password.reveal()))
    return usage(fmt::format("{} cannot carry this password: it holds a control character", mechanism));
  if (scram && c.user.empty()) return usage(fmt::format("{} needs a user name", mechanism));
  if (!c.authzid.empty() && (mechanism == "LOGIN" || mechanism == "CRAM-MD5")) {
    return usage(fmt::format("{} cannot log in on behalf of another user", mechanism), "use auth=PLAIN");
  }
  return {};
}

std::string random_nonce() {
  std::string raw(18, '\0');
  random_bytes(raw);
  return base64_encode(raw);  // no comma in base64
}

}  // namespace

ChannelBinding pick_binding(std::string_view tls_exporter, std::string_view tls_server_end_point) {
  if (!tls_exporter.empty()) return {"tls-exporter", std::string(tls_exporter)};
  if (!tls_server_end_point.empty()) return {"tls-server-end-point", std::string(tls_server_end_point)};
  return {};
}

Result<std::unique_ptr<Mechanism>> make_mechanism(std::string_view name, Credentials credentials, Gs2 gs2,
                                                  ChannelBinding binding, std::string nonce) {
  const bool scram = name.starts_with("SCRAM-");
  PF_TRYV(check(name, credentials, scram));
  if (name == "PLAIN") return make_plain(std::move(credentials));
  if (name == "LOGIN") return make_login(std::move(credentials));
  if (name == "EXTERNAL") return make_external(std::move(credentials));
  if (name == "CRAM-MD5") return make_cram_md5(std::move(credentials));

  const bool plus = scram && name.ends_with("-PLUS");
  const std::string_view base = plus ? name.substr(0, name.size() - 5) : name;
  if (base != "SCRAM-SHA-1" && base != "SCRAM-SHA-256") {
    return Error(Errc::auth_no_mech, Scope::account, Retry::never,
                 fmt::format("the SASL mechanism {} is not supported", name));
  }
  if (plus && !binding.available()) {
    return Error(Errc::auth_no_mech, Scope::account, Retry::never,
                 fmt::format("{} needs TLS with channel binding, which this connection has not", name));
  }
  ScramOptions options;
  options.sha256 = base == "SCRAM-SHA-256";
  options.gs2 = plus ? Gs2::bound : gs2;
  if (!plus && gs2 == Gs2::bound) options.gs2 = Gs2::unsupported;
  if (plus) options.binding = std::move(binding);
  options.nonce = nonce.empty() ? random_nonce() : std::move(nonce);
  return make_scram(std::move(credentials), std::move(options));
}

}  // namespace pf::sasl
