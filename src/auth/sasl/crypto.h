// The keyed hashes SASL needs, over OpenSSL.  All results are raw bytes.
#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace pf::sasl {

enum class Hash : std::uint8_t { md5, sha1, sha256 };

// Errors (of all): unexpected, when OpenSSL has the hash switched off (FIPS mode has no MD5).
Result<Secret> hmac(Hash hash, std::string_view key, std::string_view text);
Result<Secret> digest(Hash hash, std::string_view text);
// RFC 8018 PBKDF2 with HMAC and the hash's own length; RFC 5802 calls it Hi().
Result<Secret> pbkdf2(Hash hash, std::string_view password, std::string_view salt, std::uint32_t iterations);

// In a time that does not depend on where they differ.
bool equal_secrets(std::string_view a, std::string_view b);

}  // namespace pf::sasl
