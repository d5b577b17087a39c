// RFC 2195.
#include "auth/sasl/crypto.h"
#include "auth/sasl/mechanisms.h"
#include "base/encoding.h"

#include <fmt/format.h>

namespace pf::sasl {

namespace {

class CramMd5 final : public Mechanism {
 public:
  explicit CramMd5(Credentials c) : c_(std::move(c)) {}
  [[nodiscard]] std::string_view name() const override { return "CRAM-MD5"; }
  [[nodiscard]] bool client_first() const override { return false; }

  [[nodiscard]] Status finish() const override {
    if (answered_) return {};
    return broken("the server said OK without a challenge");
  }

  Result<Secret> step(std::string_view challenge) override {
    if (answered_) return broken("the server sent a second challenge");
    if (challenge.empty()) return broken("the server's challenge is empty");
    PF_TRY(const Secret mac, hmac(Hash::md5, c_.password.reveal(), challenge));
    answered_ = true;
    return Secret(fmt::format("{} {}", c_.user, hex_encode(mac.reveal())));
  }

 private:
  static Error broken(std::string_view what) {
    return {Errc::protocol, Scope::connection, Retry::now, fmt::format("CRAM-MD5: {}", what)};
  }

  Credentials c_;
  bool answered_ = false;
};

}  // namespace

std::unique_ptr<Mechanism> make_cram_md5(Credentials credentials) {
  return std::make_unique<CramMd5>(std::move(credentials));
}

}  // namespace pf::sasl
