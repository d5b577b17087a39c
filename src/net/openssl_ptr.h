// Owning pointers for the OpenSSL types we use.
#pragma once

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

namespace pf::net {

template <auto release>
struct Releaser {
  template <class T>
  void operator()(T* p) const noexcept {
    release(p);
  }
};

using SslPtr = std::unique_ptr<SSL, Releaser<SSL_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, Releaser<SSL_CTX_free>>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, Releaser<SSL_SESSION_free>>;
using BioPtr = std::unique_ptr<BIO, Releaser<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Releaser<X509_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Releaser<GENERAL_NAMES_free>>;

}  // namespace pf::net
