// Mechanisms that send what they know: PLAIN (RFC 4616), LOGIN (draft-murchison-sasl-login) and EXTERNAL (RFC
// 4422 appendix A).
#include "auth/sasl/mechanisms.h"

#include <fmt/format.h>

namespace pf::sasl {

namespace {

Error out_of_turn(std::string_view mechanism) {
  return {Errc::protocol, Scope::connection, Retry::now,
          fmt::format("{}: the server asks for more than the mechanism has", mechanism)};
}

Status complete(bool done, std::string_view mechanism) {
  if (done) return {};
  return Error(Errc::protocol, Scope::connection, Retry::now,
               fmt::format("{}: the server said OK in the middle", mechanism));
}

class Plain final : public Mechanism {
 public:
  explicit Plain(Credentials c) : c_(std::move(c)) {}
  [[nodiscard]] std::string_view name() const override { return "PLAIN"; }
  [[nodiscard]] Status finish() const override { return complete(sent_, name()); }

  Result<Secret> step(std::string_view /*challenge*/) override {
    if (sent_) return out_of_turn(name());
    sent_ = true;
    std::string message;
    message.reserve(c_.authzid.size() + c_.user.size() + c_.password.reveal().size() +
                    2);  // no copies left by growing
    message.append(c_.authzid).append(1, '\0').append(c_.user).append(1, '\0').append(c_.password.reveal());
    return Secret(std::move(message));
  }

 private:
  Credentials c_;
  bool sent_ = false;
};

// Prompts differ ("Username:", "User Name\0", "VXNlcg=="), the order never does.
class Login final : public Mechanism {
 public:
  explicit Login(Credentials c) : c_(std::move(c)) {}
  [[nodiscard]] std::string_view name() const override { return "LOGIN"; }
  [[nodiscard]] bool client_first() const override { return false; }
  [[nodiscard]] Status finish() const override { return complete(answers_ == 2, name()); }

  Result<Secret> step(std::string_view /*challenge*/) override {
    if (answers_ >= 2) return out_of_turn(name());
    if (answers_++ == 0) return Secret(c_.user);
    return c_.password;
  }

 private:
  Credentials c_;
  int answers_ = 0;
};

class External final : public Mechanism {
 public:
  explicit External(Credentials c) : c_(std::move(c)) {}
  [[nodiscard]] std::string_view name() const override { return "EXTERNAL"; }
  [[nodiscard]] Status finish() const override { return complete(sent_, name()); }

  Result<Secret> step(std::string_view /*challenge*/) override {
    if (sent_) return out_of_turn(name());
    sent_ = true;
    return Secret(c_.authzid);
  }

 private:
  Credentials c_;
  bool sent_ = false;
};

}  // namespace

std::unique_ptr<Mechanism> make_plain(Credentials credentials) {
  return std::make_unique<Plain>(std::move(credentials));
}
std::unique_ptr<Mechanism> make_login(Credentials credentials) {
  return std::make_unique<Login>(std::move(credentials));
}
std::unique_ptr<Mechanism> make_external(Credentials credentials) {
  return std::make_unique<External>(std::move(credentials));
}

}  // namespace pf::sasl
