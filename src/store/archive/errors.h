// How much an error of a file concerns: a full disk and what is wrong with the archive as a whole the
// account, all else the mailbox it is in.
#pragma once

#include "base/error.h"

namespace pf::store {

inline Error of_account(Error error) {
  error.scope = Scope::account;
  return error;
}

inline Error of_mailbox(Error error) {
  error.scope = error.code == Errc::over_quota ? Scope::account : Scope::mailbox;
  return error;
}

}  // namespace pf::store
