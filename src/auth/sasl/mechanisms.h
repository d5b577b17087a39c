// The makers behind make_mechanism().
#pragma once

#include "auth/sasl/mechanism.h"

namespace pf::sasl {

std::unique_ptr<Mechanism> make_plain(Credentials credentials);
std::unique_ptr<Mechanism> make_login(Credentials credentials);
std::unique_ptr<Mechanism> make_external(Credentials credentials);
std::unique_ptr<Mechanism> make_cram_md5(Credentials credentials);

struct ScramOptions {
  bool sha256 = true;  // false: SHA-1
  Gs2 gs2 = Gs2::unsupported;
  ChannelBinding binding;
  std::string nonce;
};
std::unique_ptr<Mechanism> make_scram(Credentials credentials, ScramOptions options);

}  // namespace pf::sasl
