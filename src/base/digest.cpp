#include "base/digest.h"

#include "base/encoding.h"

#include <openssl/evp.h>

#include <new>

namespace pf {

namespace {

// Looked up once: OpenSSL 3 otherwise searches its providers for every digest, which costs more than the
// digest.
const EVP_MD* algorithm() {
  static EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched != nullptr ? fetched : EVP_sha256();
}

// SHA-256 of OpenSSL fails only when memory is out.
void check(int ok) {
  if (ok != 1) throw std::bad_alloc();
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const noexcept {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  check(EVP_DigestInit_ex2(context_.get(), algorithm(), nullptr));
}

void Sha256::update(std::string_view bytes) {
  check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

Digest256 Sha256::finish() {
  Digest256 out;
  check(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr));
  check(EVP_DigestInit_ex2(context_.get(), nullptr, nullptr));
  return out;
}

Digest256 sha256(std::string_view bytes) {
  Digest256 out;
  check(EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, algorithm(), nullptr));
  return out;
}

std::string hex(const Digest256& digest) {
  return hex_encode(digest);
}

}  // namespace pf
