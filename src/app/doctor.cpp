#include "app/job.h"
#include "app/loop.h"
#include "app/stores.h"
#include "imap/command/commands.h"
#include "store/imap/imap_store.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace pf::app {

namespace {

using Report = std::function<void(const Finding&)>;
using Level = Finding::Level;

class Doctor {
 public:
  Doctor(const Endpoint& endpoint, const Environment& environment, const Report& report,
         std::shared_ptr<net::Wiretap> wiretap)
      : endpoint_(endpoint), environment_(environment), report_(report), wiretap_(std::move(wiretap)) {}

  Task<void> examine() {
    PF_CO_TRYV(co_await reach());
    PF_CO_TRYV(co_await log_in());
    PF_CO_TRYV(co_await look_around());
    co_return Status{};
  }

  void abort() {
    if (connection_) connection_->close(true);
    if (store_) store_->abort();
  }

 private:
  void say(Level level, std::string topic, std::string text, std::string remedy = {}) const {
    report_({level, std::move(topic), std::move(text), std::move(remedy)});
  }

  Error failed(std::string topic, const Error& error) const {
    Error shown = error;
    shown.hint.clear();
    say(Level::failure, std::move(topic), shown.describe(), error.hint);
    return error;
  }

  Task<void> reach() {
    const auto login = login_options(endpoint_, environment_, wiretap_);
    auto dialled = co_await net::dial(login.dial);
    if (!dialled) co_return failed(dialled.error().code == Errc::resolve ? "dns" : "tcp", dialled.error());
    say(Level::ok, "dns", fmt::format("{} is {}", login.dial.host, (*dialled)->peer_address()));
    say(Level::ok, "tcp", fmt::format("connected to port {}", login.dial.port));
    (*dialled)->close();
    co_return Status{};
  }

  Task<void> log_in() {
    auto logged_in = co_await imap::log_in(login_options(endpoint_, environment_, wiretap_));
    if (!logged_in) {
      const Errc code = logged_in.error().code;
      const bool tls = code == Errc::tls || code == Errc::certificate;
      const bool may_be_the_form =
          code == Errc::auth_failed || code == Errc::auth_no_mech || code == Errc::rejected;
      if (!endpoint_.account.admin.empty() && may_be_the_form) {
        Error refused = std::move(logged_in.error());
        ignore(co_await try_other_forms(refused));
        co_return failed("login", refused);
      }
      co_return failed(tls ? "tls" : "login", logged_in.error());
    }
    connection_ = logged_in->connection;
    describe_tls();
    say(Level::ok, "greeting", printable(logged_in->greeting));
    say(Level::ok, "capabilities", printable(logged_in->capabilities.to_string()));
    say(Level::ok, "login",
        fmt::format("{} as {}", logged_in->known.login_command ? "LOGIN" : logged_in->known.mechanism,
                    printable(endpoint_.account.user)));
    describe_server(*logged_in);
    ignore(co_await imap::log_out(connection_));
    co_return Status{};
  }

  // Servers differ in how an administrator acts for somebody: whether another way than the one asked for
  // works here.
  Task<void> try_other_forms(Error& refused) {
    for (const auto form :
         {config::AdminForm::authzid, config::AdminForm::star, config::AdminForm::proxyauth}) {
      if (form == endpoint_.account.admin_form) continue;
      Endpoint other = endpoint_;
      other.account.admin_form = form;
      auto tried = co_await imap::log_in(login_options(other, environment_, wiretap_));
      if (!tried) {
        say(Level::note, "login", fmt::format("admin-form={} is refused as well", config::name(form)));
        continue;
      }
      connection_ = tried->connection;
      ignore(co_await imap::log_out(connection_));
      refused.hint = fmt::format("Write admin-form={}: so this server lets {} in.", config::name(form),
                                 printable(endpoint_.account.admin));
      co_return Status{};
    }
    co_return Status{};
  }

  void describe_tls() const {
    const net::TlsInfo* tls = connection_->stream()->tls();
    if (tls == nullptr) {
      say(Level::warning, "tls", "none: everything, the password too, crosses the network in clear",
          "Use imaps:// or STARTTLS.");
      return;
    }
    say(Level::ok, "tls",
        fmt::format("{} {}; certificate of {} by {}, valid until {}; pin={}", tls->version, tls->cipher,
                    printable(tls->peer_subject), printable(tls->peer_issuer), tls->not_after,
                    tls->spki_sha256));
  }

  void describe_server(const imap::LoggedIn& session) const {
    std::string id;
    if (session.known.id) {
      for (const auto& [key, value] : session.known.id->fields)
        id += fmt::format("{}={} ", key, value.value_or("NIL"));
    }
    say(Level::ok, "server",
        fmt::format("{}{}", session.profile.title,
                    id.empty() ? "" : " (" + printable(id.substr(0, id.size() - 1)) + ")"));
    if (session.known.namespaces && !session.known.namespaces->personal.empty()) {
      const auto& own = session.known.namespaces->personal.front();
      say(Level::ok, "namespace",
          fmt::format("prefix \"{}\", separator \"{}\"", printable(own.prefix),
                      own.separator == '\0' ? "none" : std::string(1, own.separator)));
    } else {
      say(Level::note, "namespace", "not told; the root is used");
    }
    const auto& caps = session.capabilities;
    for (const auto& [word, effect] :
         {std::pair{"UIDPLUS",
                    "copies are found by content instead of by number, and nothing can be removed singly"},
          std::pair{"MULTIAPPEND", "messages are written one by one, more slowly"},
          std::pair{"CONDSTORE", "flag changes are found by reading all flags"},
          std::pair{"LITERAL+", "each message costs one more round trip"}}) {
      if (!caps.has(word)) say(Level::note, "extension", fmt::format("no {}: {}", word, effect));
    }
    for (const auto& quirk : imap::all_quirks()) {
      if (session.profile.has(quirk.quirk))
        say(Level::note, "quirk", fmt::format("{}: {}", quirk.name, quirk.description));
    }
  }

  Task<void> look_around() {
    store::ImapStoreOptions options;
    options.login = login_options(endpoint_, environment_, wiretap_);
    options.connections = 1;
    store_ = std::make_unique<store::ImapStore>(std::move(options));
    auto met = co_await store_->connect();
    if (!met) co_return failed("login", met.error());
    auto listed = co_await store_->list();
    if (!listed) co_return failed("mailboxes", listed.error());
    describe_mailboxes(*listed);
    describe_limits();
    auto closed = co_await store_->close();
    co_return closed;
  }

  void describe_mailboxes(const std::vector<store::MailboxInfo>& mailboxes) const {
    std::uint64_t messages = 0;
    std::vector<std::string> uses;
    for (const auto& m : mailboxes) {
      if (m.status) messages += m.status->count;
      if (m.special_use != SpecialUse::none)
        uses.push_back(fmt::format("{}={}", to_wire(m.special_use), printable(m.path.display())));
    }
    say(Level::ok, "mailboxes",
        fmt::format("{} mailboxes, {} messages where told", mailboxes.size(), messages));
    if (uses.empty()) {
      say(Level::note, "special-use", "none told",
          "Name Sent, Trash and their like with --map when they are called differently on the other side.");
    } else {
      say(Level::ok, "special-use", fmt::format("{}", fmt::join(uses, " ")));
    }
  }

  void describe_limits() const {
    const auto& features = store_->features();
    if (features.max_message_bytes) {
      say(Level::ok, "limits", fmt::format("messages up to {} bytes", *features.max_message_bytes));
    } else {
      say(Level::note, "limits", "no message size limit told");
    }
    if (!features.quota_left_bytes) {
      say(Level::note, "quota", "none told");
    } else if (*features.quota_left_bytes == 0) {
      say(Level::failure, "quota", "the account is full", "Raise the quota before copying into it.");
    } else {
      say(Level::ok, "quota",
          fmt::format("{:.1f} MB left", static_cast<double>(*features.quota_left_bytes) / 1e6));
    }
  }

  const Endpoint& endpoint_;
  const Environment& environment_;
  const Report& report_;
  std::shared_ptr<net::Wiretap> wiretap_;
  std::shared_ptr<imap::Connection> connection_;
  std::unique_ptr<store::ImapStore> store_;
};

}  // namespace

Status run_doctor(const Endpoint& endpoint, const Environment& environment, const Report& report,
                  StopFlag& stop) {
  PF_TRY(auto wiretap, open_wiretap(environment));
  Doctor doctor(endpoint, environment, report, std::move(wiretap));
  Status result;
  auto job = [&]() -> asio::awaitable<void> { result = co_await doctor.examine(); };
  Loop loop;
  loop.run(job(), stop, [] { return false; }, [&] { doctor.abort(); });
  return result;
}

}  // namespace pf::app
