#include "app/stores.h"

#include "store/archive/layout_store.h"
#include "store/imap/imap_store.h"
#include "store/maildir/maildir_store.h"

namespace pf::app {

namespace {

imap::LoginOptions::AdminForm form_of(config::AdminForm form) {
  switch (form) {
    case config::AdminForm::authzid:
      return imap::LoginOptions::AdminForm::authzid;
    case config::AdminForm::star:
      return imap::LoginOptions::AdminForm::star;
    case config::AdminForm::proxyauth:
      return imap::LoginOptions::AdminForm::proxyauth;
  }
  return imap::LoginOptions::AdminForm::authzid;
}

}  // namespace

imap::LoginOptions login_options(const Endpoint& endpoint, const Environment& environment,
                                 std::shared_ptr<net::Wiretap> wiretap) {
  const config::Account& account = endpoint.account;
  imap::LoginOptions login;
  login.label = account.label();
  login.dial.host = account.host;
  login.dial.port = account.port;
  switch (account.tls) {
    case config::Tls::implicit:
      login.tls = imap::LoginOptions::Tls::implicit;
      break;
    case config::Tls::starttls:
      login.tls = imap::LoginOptions::Tls::starttls;
      break;
    case config::Tls::none:
      login.tls = imap::LoginOptions::Tls::none;
      break;
  }
  login.trust = {account.host, account.ca_file, account.pin};
  login.user = account.user;
  login.password = endpoint.password;
  login.mechanism = account.auth;
  login.admin = account.admin;
  login.admin_form = form_of(account.admin_form);
  login.allow_cleartext = account.allow_cleartext;
  login.compress = environment.compress;
  login.timeout = environment.io_timeout;
  login.wiretap = std::move(wiretap);
  login.log = environment.log;
  return login;
}

std::unique_ptr<store::Store> make_store(const Endpoint& endpoint, Side side, const Environment& environment,
                                         std::size_t connections, std::shared_ptr<net::Wiretap> wiretap) {
  if (endpoint.account.scheme == config::Scheme::archive)
    return store::open_archive_store(store::ArchiveOptions{.directory = endpoint.account.directory,
                                                           .allow_damaged = environment.allow_damaged,
                                                           .must_exist = side == Side::source,
                                                           .log = environment.log,
                                                           .pool = environment.file_workers});
  if (endpoint.account.scheme == config::Scheme::maildir)
    return std::make_unique<store::MaildirStore>(
        store::MaildirOptions{.directory = endpoint.account.directory,
                              .log = environment.log,
                              .pool = environment.file_workers,
                              .must_exist = side == Side::source});
  store::ImapStoreOptions options;
  options.login = login_options(endpoint, environment, std::move(wiretap));
  options.connections = connections;
  options.thrift = environment.thrift;
  return std::make_unique<store::ImapStore>(std::move(options));
}

Result<std::shared_ptr<net::Wiretap>> open_wiretap(const Environment& environment) {
  if (environment.trace_file.empty()) return std::shared_ptr<net::Wiretap>{};
  return net::Wiretap::open(environment.trace_file);
}

}  // namespace pf::app
