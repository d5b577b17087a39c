#include "base/secret.h"

#include <openssl/crypto.h>

namespace pf {

void Secret::wipe(std::string& s) noexcept {
  // The whole buffer: a short string may hide behind it what a longer one left.  A plain memset would be
  // optimised away.
  s.resize(s.capacity());
  OPENSSL_cleanse(s.data(), s.size());
  s.clear();
}

}  // namespace pf
