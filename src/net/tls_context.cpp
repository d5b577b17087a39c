#include "net/tls_context.h"

#include "net/tls_verify.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <filesystem>

namespace pf::net {

namespace {

constexpr std::size_t max_sessions = 256;

int context_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int key_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

Status load_authorities(SSL_CTX* ctx, const std::string& ca_file) {
  if (ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(ctx) == 1) return {};
    return Error(Errc::certificate, Scope::run, Retry::never,
                 "cannot load the system's certificate authorities", {},
                 "install the package ca-certificates");
  }
  // Any certificate in the file is an anchor, so that ca=FILE may hold the server's own.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
  if (SSL_CTX_load_verify_file(ctx, ca_file.c_str()) == 1) return {};
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return Error(Errc::certificate, Scope::account, Retry::never,
               fmt::format("ca={}: {}", ca_file, reason != nullptr ? reason : "no certificate"), {},
               "it must be a readable file of PEM certificates");
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::create(const std::string& ca_file) {
  ERR_clear_error();
  auto self = std::make_shared<TlsContext>();
  self->ctx_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* ctx = self->ctx_.get();
  if (ctx == nullptr || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1) {
    return Error(Errc::tls, Scope::run, Retry::never, "cannot set up OpenSSL");
  }
  SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(ctx, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_set_ex_data(ctx, context_index(), self.get());
  SSL_CTX_sess_set_new_cb(ctx, keep_session);
  install_verifier(ctx);
  PF_TRYV(load_authorities(ctx, ca_file));
  return self;
}

Result<std::shared_ptr<TlsContext>> TlsContext::shared(const std::string& ca_file) {
  struct Entry {
    std::filesystem::file_time_type changed;
    std::shared_ptr<TlsContext> context;
  };
  static std::mutex mutex;
  static std::map<std::string, Entry> contexts;

  std::error_code ec;
  const auto changed =
      ca_file.empty() ? std::filesystem::file_time_type{} : std::filesystem::last_write_time(ca_file, ec);
  const std::scoped_lock lock(mutex);
  const auto found = contexts.find(ca_file);
  if (found != contexts.end() && found->second.changed == changed) return found->second.context;
  PF_TRY(auto made, create(ca_file));
  contexts[ca_file] = {changed, made};
  return made;
}

void TlsContext::resume(SSL* ssl, const std::string* key) {
  SSL_set_ex_data(ssl, key_index(), const_cast<std::string*>(key));
  const std::scoped_lock lock(mutex_);
  if (const auto it = sessions_.find(*key); it != sessions_.end()) SSL_set_session(ssl, it->second.get());
}

void TlsContext::forget_session(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  sessions_.erase(key);
}

// Returns 1 when it keeps the reference.
int TlsContext::keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* self = static_cast<TlsContext*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index()));
  const auto* key = static_cast<const std::string*>(SSL_get_ex_data(ssl, key_index()));
  if (self == nullptr || key == nullptr || SSL_SESSION_is_resumable(session) != 1) return 0;
  const std::scoped_lock lock(self->mutex_);
  if (self->sessions_.size() >= max_sessions && !self->sessions_.contains(*key)) self->sessions_.clear();
  self->sessions_[*key].reset(session);
  return 1;
}

}  // namespace pf::net
