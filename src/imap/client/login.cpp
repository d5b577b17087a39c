#include "imap/client/login.h"

#include "auth/sasl/mechanism.h"
#include "base/encoding.h"
#include "imap/client/introduce.h"
#include "imap/command/commands.h"
#include "imap/grammar/classify.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace pf::imap {

namespace {

// A password that the server refused must not lock the account by being tried again and again.
constexpr std::size_t max_password_tries = 2;

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("[::1]") || address.starts_with("::1");
}

Capabilities* capabilities_in(ResponseCode& code) {
  return std::get_if<Capabilities>(&code.data);
}

class Login {
 public:
  Login(LoginOptions options, Known known, Along along)
      : options_(std::move(options)), along_(std::move(along)) {
    out_.known = std::move(known);
  }

  Task<LoggedIn> run() {
    auto done = co_await steps();
    if (!done) {
      if (out_.connection) out_.connection->close();
      co_return done.error();
    }
    co_return std::move(out_);
  }

 private:
  Task<void> steps() {
    PF_CO_TRYV(co_await connect());
    PF_CO_TRYV(co_await greet());
    if (options_.tls == LoginOptions::Tls::starttls) PF_CO_TRYV(co_await secure());
    if (!authenticated_) PF_CO_TRYV(co_await authenticate());
    out_.profile = profile();
    if (out_.capabilities.empty() || out_.profile.has(Quirk::capability_again_after_login))
      PF_CO_TRYV(co_await ask_capabilities());
    out_.profile = profile();
    out_.wire.literals = out_.capabilities.literal_mode();
    if (options_.compress && out_.capabilities.has("COMPRESS=DEFLATE")) PF_CO_TRYV(co_await compress());
    PF_CO_TRYV(co_await introduce(out_, along_));
    out_.profile = profile();
    co_return Status{};
  }

  // Some servers show what they are only before the login.
  [[nodiscard]] Profile profile() const {
    const IdData* id = out_.known.id ? &*out_.known.id : nullptr;
    auto known = identify(out_.greeting, id, out_.capabilities);
    return known.family == Profile{}.family ? identify(out_.greeting, id, offered_) : known;
  }

  Task<void> connect() {
    auto dialled = co_await net::dial(options_.dial);
    if (!dialled) {
      Error error = dialled.error();
      if (error.hint.empty() && (error.code == Errc::refused || error.code == Errc::timeout)) {
        error.hint =
            "Is IMAP enabled there, and is it the right port? 993 is usual for TLS, 143 for STARTTLS.";
      }
      co_return error.at(options_.label);
    }
    std::unique_ptr<net::Stream> stream = std::move(*dialled);
    if (options_.abort_on_close) stream->set_abort_on_close();
    if (options_.tls == LoginOptions::Tls::implicit) {
      auto secured =
          co_await net::start_tls(std::move(stream), options_.trust, options_.timeout, options_.dial.cancel);
      if (!secured) co_return secured.error().at(options_.label);
      stream = std::move(*secured);
    }
    ConnectionOptions how;
    how.label = options_.label;
    how.io_timeout = options_.timeout;
    how.wiretap = options_.wiretap;
    how.log = options_.log;
    out_.connection = co_await Connection::start(std::move(stream), std::move(how));
    if (CancelSignal* cancel = options_.dial.cancel.get()) {
      hook_ = cancel->on_cancel([connection = out_.connection] { connection->close(true); });
      if (cancel->cancelled()) out_.connection->close(true);
    }
    co_return Status{};
  }

  Task<void> greet() {
    PF_CO_TRY(Greeting greeting, co_await out_.connection->greeting());
    out_.greeting = greeting.text;
    out_.profile = identify(out_.greeting, nullptr, {});
    if (auto* told = capabilities_in(greeting.code)) out_.capabilities = std::move(*told);
    if (greeting.status != StatusKind::preauth) co_return Status{};
    // A pre-authenticated link on a STARTTLS port cannot be secured any more (RFC 9051 7.1.4).
    if (options_.tls == LoginOptions::Tls::starttls) {
      co_return Error(Errc::tls, Scope::account, Retry::never,
                      options_.label + ": the server greets with PREAUTH, so STARTTLS is impossible", {},
                      "Use implicit TLS (imaps://).");
    }
    authenticated_ = true;
    co_return Status{};
  }

  Task<void> secure() {
    PF_CO_TRY(const Tagged tagged, co_await out_.connection->run(command::starttls()));
    if (tagged.status != StatusKind::ok) {
      co_return Error(Errc::tls, Scope::account, Retry::never,
                      options_.label + ": the server refuses STARTTLS; nothing is sent in clear", tagged.text,
                      "Try implicit TLS (imaps://, port 993).");
    }
    // Everything learned so far may have been forged.
    out_.capabilities = {};
    out_.greeting.clear();
    PF_CO_TRYV(co_await out_.connection->upgrade_tls(options_.trust, options_.timeout, options_.dial.cancel));
    auto asked = co_await ask_capabilities();
    co_return asked;
  }

  Task<void> ask_capabilities() {
    Handlers handlers;
    handlers.on_data = [this](Response& r) {
      if (auto* data = std::get_if<CapabilityData>(&r)) out_.capabilities = std::move(data->capabilities);
    };
    PF_CO_TRY(Tagged tagged, co_await out_.connection->run(command::capability(), std::move(handlers)));
    if (tagged.status != StatusKind::ok)
      co_return classify(tagged, CommandKind::capability).at(options_.label);
    co_return Status{};
  }

  // ---- logging in

  [[nodiscard]] const net::TlsInfo* tls() const {
    return out_.connection->stream() != nullptr ? out_.connection->stream()->tls() : nullptr;
  }

  Task<void> authenticate() {
    if (out_.capabilities.empty()) PF_CO_TRYV(co_await ask_capabilities());
    offered_ = out_.capabilities;
    sasl_ir_ = out_.capabilities.has("SASL-IR");
    binding_ = tls() != nullptr ? sasl::pick_binding(tls()->tls_exporter, tls()->tls_server_end_point)
                                : sasl::ChannelBinding{};
    sasl::Offer offer{out_.capabilities.auth_mechanisms(), out_.capabilities.has("LOGINDISABLED")};
    sasl::ChoiceRules rules;
    rules.tls = tls() != nullptr;
    // A try that must fail costs time, and one of the few tries.  Whoever forces a mechanism means it.
    const bool binds = !out_.profile.has(Quirk::channel_binding_outdated) || !options_.mechanism.empty();
    rules.channel_binding = binds && binding_.available();
    rules.loopback = is_loopback(out_.connection->stream()->peer_address());
    rules.allow_cleartext = options_.allow_cleartext;
    rules.forced = options_.mechanism;
    rules.authzid = !options_.admin.empty() && options_.admin_form == LoginOptions::AdminForm::authzid;
    auto choices = sasl::choose(offer, rules);
    if (!choices) co_return choices.error().at(options_.label);
    prefer_known(*choices);
    std::optional<Error> refused;
    for (std::size_t i = 0; i < std::min(choices->size(), max_password_tries); ++i) {
      out_.capabilities = {};
      auto tried = co_await try_choice((*choices)[i]);
      if (tried) {
        out_.known.mechanism = (*choices)[i].mechanism;
        out_.known.login_command = (*choices)[i].login_command;
        auto became = co_await become_user();
        co_return became;
      }
      refused = tried.error();
      // BAD: it offers what it cannot do.
      const bool next = refused->code == Errc::auth_failed || refused->code == Errc::rejected;
      const bool same_again = i + 1 < choices->size() && wrong_password_ && tells_password((*choices)[i]) &&
                              tells_password((*choices)[i + 1]);
      if (!next || same_again || !out_.connection->usable()) break;
    }
    refused->scope = refused->scope == Scope::connection ? Scope::connection : Scope::account;
    co_return refused->at(options_.label);
  }

  // The server sees the password itself, and looks it up in the same place whichever of these brings it.  To
  // send it twice brings the account nearer to its lock-out, and Dovecot lets everybody from our address wait
  // after each (measured: 4 s).
  static bool tells_password(const sasl::Choice& choice) {
    return choice.login_command || choice.mechanism == "PLAIN" || choice.mechanism == "LOGIN";
  }

  // What worked a moment ago on another connection of the account comes first.
  void prefer_known(std::vector<sasl::Choice>& choices) const {
    const auto worked = std::ranges::find_if(choices, [&](const sasl::Choice& c) {
      return c.mechanism == out_.known.mechanism && c.login_command == out_.known.login_command;
    });
    if (worked != choices.end()) std::rotate(choices.begin(), worked, worked + 1);
  }

  [[nodiscard]] sasl::Credentials credentials() const {
    sasl::Credentials c;
    c.password = options_.password;
    c.user = options_.user;
    if (options_.admin.empty()) return c;
    if (options_.admin_form == LoginOptions::AdminForm::star) {
      c.user = options_.user + "*" + options_.admin;
      return c;
    }
    c.user = options_.admin;
    if (options_.admin_form == LoginOptions::AdminForm::authzid) c.authzid = options_.user;
    return c;
  }

  // Until this has succeeded we are the administrator, whose mail is none of ours.
  Task<void> become_user() {
    if (options_.admin.empty() || options_.admin_form != LoginOptions::AdminForm::proxyauth)
      co_return Status{};
    out_.capabilities = {};
    PF_CO_TRY(Command command, command::proxyauth(options_.user, out_.wire));
    auto became = co_await finish_login(std::move(command), {});
    if (became) co_return Status{};
    Error error = became.error();
    if (error.code == Errc::auth_failed || error.code == Errc::rejected)
      error.hint = "The login is right, but it may not act for this user: check the admin rights.";
    co_return error.at(options_.label);
  }

  Task<void> try_choice(const sasl::Choice& choice) {
    if (choice.login_command) {
      const auto who = credentials();
      PF_CO_TRY(Command command, command::login(who.user, who.password, out_.wire));
      PF_CO_TRYV(co_await finish_login(std::move(command), {}));
      co_return Status{};
    }
    PF_CO_TRY(auto mechanism, sasl::make_mechanism(choice.mechanism, credentials(), choice.gs2, binding_));
    std::optional<Secret> initial;
    if (mechanism->client_first()) {
      PF_CO_TRY(Secret first, mechanism->step(""));
      initial = std::move(first);
    }
    const bool at_once = sasl_ir_ && initial;
    PF_CO_TRY(Command command, command::authenticate(choice.mechanism, at_once ? initial : std::nullopt));
    std::optional<Secret> unsent = at_once ? std::nullopt : std::move(initial);
    Handlers handlers;
    std::optional<Error> broken;
    handlers.on_continuation = [&](std::string_view text) -> Result<std::string> {
      if (unsent) return command::sasl_response(std::exchange(unsent, std::nullopt)->reveal());
      const auto challenge = base64_decode(text);
      if (!challenge || broken) return std::string(command::sasl_cancel);
      auto answer = mechanism->step(*challenge);
      if (answer) return command::sasl_response(answer->reveal());
      broken = answer.error();
      return std::string(command::sasl_cancel);
    };
    auto finished = co_await finish_login(std::move(command), std::move(handlers));
    if (broken) co_return *broken;
    if (!finished) co_return finished;
    PF_CO_TRYV(mechanism->finish());
    co_return Status{};
  }

  Task<void> finish_login(Command command, Handlers handlers) {
    const CommandKind kind = command.kind();
    handlers.on_data = [this](Response& r) {
      if (auto* data = std::get_if<CapabilityData>(&r)) out_.capabilities = std::move(data->capabilities);
    };
    PF_CO_TRY(Tagged tagged, co_await out_.connection->run(std::move(command), std::move(handlers)));
    wrong_password_ = tagged.status == StatusKind::no && tagged.code.is(Code::authentication_failed);
    if (tagged.status != StatusKind::ok) co_return classify(tagged, kind);
    if (auto* told = capabilities_in(tagged.code)) out_.capabilities = std::move(*told);
    co_return Status{};
  }

  // ---- after login

  Task<void> compress() {
    PF_CO_TRY(const Tagged tagged, co_await out_.connection->run(command::compress_deflate()));
    if (tagged.status == StatusKind::ok) PF_CO_TRYV(out_.connection->upgrade_deflate());
    co_return Status{};
  }

  LoginOptions options_;
  Along along_;
  LoggedIn out_;
  CancelSignal::Hook hook_;  // closes out_.connection
  sasl::ChannelBinding binding_;
  Capabilities offered_;  // before the login
  bool sasl_ir_ = false;
  bool wrong_password_ = false;  // so the server said in as many words
  bool authenticated_ = false;
};

}  // namespace

Task<LoggedIn> log_in(LoginOptions options, Known known, Along along) {
  Login login(std::move(options), std::move(known), std::move(along));
  auto result = co_await login.run();
  co_return result;
}

Task<void> log_out(std::shared_ptr<Connection> connection) {
  if (!connection->usable()) co_return Status{};
  auto tagged = co_await connection->run(command::logout());
  connection->close();
  if (!tagged && tagged.error().code != Errc::disconnected) co_return tagged.error();
  co_return Status{};
}

}  // namespace pf::imap
