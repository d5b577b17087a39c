// SCRAM: RFC 5802, with SHA-256 RFC 7677.  Written here and not taken from libgsasl, whose 2.2 knows no
// tls-server-end-point, takes any iteration count and never says 'y'.
//
// Holds always:
//   - nothing derived from the password leaves before the server's nonce, salt and count are found sound
//   - finish() succeeds only after the server's signature was right
#include "auth/sasl/crypto.h"
#include "auth/sasl/mechanisms.h"
#include "base/encoding.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>

namespace pf::sasl {

namespace {

// RFC 5802 section 5.1 wants 4096 at least.  Above the upper limit a server burns our CPU (CVE-2026-42256 in
// another client): a million takes about half a second.
constexpr std::uint32_t min_iterations = 4096;
constexpr std::uint32_t max_iterations = 1'000'000;
constexpr std::size_t max_message = 8192;

std::string saslname(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == ',') {
      out += "=2C";
    } else if (c == '=') {
      out += "=3D";
    } else {
      out += c;
    }
  }
  return out;
}

// Takes "x=value" off the front of `message`.
std::optional<std::string_view> take_attribute(std::string_view& message, char letter) {
  if (message.size() < 2 || message[0] != letter || message[1] != '=') return std::nullopt;
  const std::size_t comma = message.find(',');
  const std::string_view value = message.substr(2, comma == std::string_view::npos ? comma : comma - 2);
  message.remove_prefix(comma == std::string_view::npos ? message.size() : comma + 1);
  return value;
}

std::optional<std::uint32_t> parse_count(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec == std::errc::result_out_of_range) return UINT32_MAX;
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Secret exclusive_or(const Secret& a, const Secret& b) {
  std::string out(a.reveal());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(out[i] ^ b.reveal()[i]);
  return Secret(std::move(out));
}

struct ServerFirst {
  std::string_view nonce;
  std::string salt;
  std::uint32_t iterations = 0;
};

class Scram final : public Mechanism {
 public:
  Scram(Credentials c, ScramOptions o)
      : c_(std::move(c)), o_(std::move(o)), hash_(o_.sha256 ? Hash::sha256 : Hash::sha1) {
    name_ = fmt::format("SCRAM-SHA-{}{}", o_.sha256 ? "256" : "1", o_.gs2 == Gs2::bound ? "-PLUS" : "");
    gs2_header_ = fmt::format(
        "{},{},", o_.gs2 == Gs2::bound ? "p=" + o_.binding.type : std::string(1, static_cast<char>(o_.gs2)),
        c_.authzid.empty() ? std::string() : "a=" + saslname(c_.authzid));
    client_first_bare_ = fmt::format("n={},r={}", saslname(c_.user), o_.nonce);
  }

  [[nodiscard]] std::string_view name() const override { return name_; }

  Result<Secret> step(std::string_view challenge) override {
    switch (state_) {
      case State::start:
        state_ = State::sent_first;
        if (!challenge.empty()) return fail("the server spoke first");
        return Secret(gs2_header_ + client_first_bare_);
      case State::sent_first:
        return answer(challenge);
      case State::sent_final:
        return verify(challenge);
      case State::verified:
      case State::failed:
        return fail("the server goes on after the end");
    }
    return fail("in disorder");
  }

  [[nodiscard]] Status finish() const override {
    if (state_ == State::verified) return {};
    return broken("the server said OK without proving that it knows the password");
  }

 private:
  enum class State : std::uint8_t { start, sent_first, sent_final, verified, failed };

  [[nodiscard]] Error broken(std::string_view what) const {
    return {Errc::protocol,
            Scope::account,
            Retry::never,
            fmt::format("{}: {}", name_, what),
            {},
            "is this the server you mean? The password was not given away"};
  }
  Error fail(std::string_view what) {
    state_ = State::failed;
    return broken(what);
  }

  Result<ServerFirst> parse_first(std::string_view message) {
    if (message.size() > max_message) return fail("the server's first message is too long");
    // "m=" announces an extension that must be understood: it takes the place of "r=", so it fails here as it
    // must.
    const auto nonce = take_attribute(message, 'r');
    const auto salt = take_attribute(message, 's');
    const auto count = take_attribute(message, 'i');
    if (!nonce || !salt || !count) return fail("the server's first message is malformed");
    if (!nonce->starts_with(o_.nonce) || nonce->size() == o_.nonce.size()) {
      return fail("the server's nonce does not continue ours");
    }
    const auto salt_bytes = base64_decode(*salt);
    const auto iterations = parse_count(*count);
    if (!salt_bytes || salt_bytes->empty() || !iterations)
      return fail("the server's first message is malformed");
    if (*iterations < min_iterations || *iterations > max_iterations) {
      return fail(fmt::format("the server asks for {} iterations; from {} to {} are accepted", *count,
                              min_iterations, max_iterations));
    }
    return ServerFirst{*nonce, *salt_bytes, *iterations};
  }

  Result<Secret> answer(std::string_view challenge) {
    PF_TRY(const ServerFirst first, parse_first(challenge));
    const std::string bound = gs2_header_ + (o_.gs2 == Gs2::bound ? o_.binding.data : std::string());
    const std::string without_proof = fmt::format("c={},r={}", base64_encode(bound), first.nonce);
    const std::string auth_message = fmt::format("{},{},{}", client_first_bare_, challenge, without_proof);

    PF_TRY(const Secret salted, pbkdf2(hash_, c_.password.reveal(), first.salt, first.iterations));
    PF_TRY(const Secret client_key, hmac(hash_, salted.reveal(), "Client Key"));
    PF_TRY(const Secret stored_key, digest(hash_, client_key.reveal()));
    PF_TRY(const Secret client_signature, hmac(hash_, stored_key.reveal(), auth_message));
    PF_TRY(const Secret server_key, hmac(hash_, salted.reveal(), "Server Key"));
    PF_TRY(server_signature_, hmac(hash_, server_key.reveal(), auth_message));
    const Secret proof = exclusive_or(client_key, client_signature);
    state_ = State::sent_final;
    return Secret(fmt::format("{},p={}", without_proof, base64_encode(proof.reveal())));
  }

  Result<Secret> verify(std::string_view message) {
    if (message.size() > max_message) return fail("the server's final message is too long");
    if (const auto error = take_attribute(message, 'e')) {
      state_ = State::failed;
      return Error(Errc::auth_failed, Scope::account, Retry::never, fmt::format("{} login", name_),
                   std::string(*error));
    }
    const auto signature = take_attribute(message, 'v');
    const auto bytes = signature ? base64_decode(*signature) : std::nullopt;
    if (!bytes) return fail("the server's final message is malformed");
    if (!equal_secrets(*bytes, server_signature_.reveal()))
      return fail("the server does not know the password (wrong signature)");
    state_ = State::verified;
    return Secret();
  }

  Credentials c_;
  ScramOptions o_;
  Hash hash_;
  std::string name_;
  std::string gs2_header_;
  std::string client_first_bare_;
  Secret server_signature_;
  State state_ = State::start;
};

}  // namespace

std::unique_ptr<Mechanism> make_scram(Credentials credentials, ScramOptions options) {
  return std::make_unique<Scram>(std::move(credentials), std::move(options));
}

}  // namespace pf::sasl
