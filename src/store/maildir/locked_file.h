// Small files that Dovecot changes, too (dovecot-keywords, subscriptions): under its dot lock, NAME.lock.
//
// Such a lock does not tell whether its owner lives, so that of a killed program is in everybody's way until
// it is two minutes old.  Ours says whose it is, and the kernel locks it while we live: the next of us sees
// at once that nobody has it any more.
#pragma once

#include "base/os/directory.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace pf::store::maildir {

// Gives `change` the content (empty when there is no such file); what it returns replaces it as a whole, and
// nothing leaves it.  Waits for somebody else's lock, then Errc::locked.
Status change_locked(const os::Directory& directory, const std::string& name, std::size_t max_bytes,
                     const std::function<std::optional<std::string>(const std::string& content)>& change,
                     std::chrono::milliseconds patience = std::chrono::seconds(10));

// Empty when there is no such file.
Result<std::string> read_if_there(const os::Directory& directory, std::string_view name,
                                  std::size_t max_bytes);

}  // namespace pf::store::maildir
