#include "auth/sasl/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <limits>

namespace pf::sasl {

namespace {

const EVP_MD* md_of(Hash hash) {
  switch (hash) {
    case Hash::md5:
      return EVP_md5();
    case Hash::sha1:
      return EVP_sha1();
    case Hash::sha256:
      return EVP_sha256();
  }
  return nullptr;
}

const unsigned char* raw(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}
unsigned char* raw(std::string& s) {
  return reinterpret_cast<unsigned char*>(s.data());
}

constexpr std::size_t max_int = std::numeric_limits<int>::max();

Error unavailable() {
  return {Errc::unexpected, Scope::run, Retry::never, "OpenSSL cannot compute a hash the login needs"};
}

}  // namespace

Result<Secret> hmac(Hash hash, std::string_view key, std::string_view text) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (key.size() > max_int || HMAC(md_of(hash), key.data(), static_cast<int>(key.size()), raw(text),
                                   text.size(), raw(out), &size) == nullptr) {
    return unavailable();
  }
  out.resize(size);
  return Secret(std::move(out));
}

Result<Secret> digest(Hash hash, std::string_view text) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), raw(out), &size, md_of(hash), nullptr) != 1) return unavailable();
  out.resize(size);
  return Secret(std::move(out));
}

Result<Secret> pbkdf2(Hash hash, std::string_view password, std::string_view salt, std::uint32_t iterations) {
  const EVP_MD* md = md_of(hash);
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(md)), '\0');
  if (password.size() > max_int || salt.size() > max_int || iterations > max_int) return unavailable();
  const int ok = PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), raw(salt),
                                   static_cast<int>(salt.size()), static_cast<int>(iterations), md,
                                   static_cast<int>(out.size()), raw(out));
  if (ok != 1) return unavailable();
  return Secret(std::move(out));
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace pf::sasl
