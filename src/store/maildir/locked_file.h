// Small files that Dovecot changes, too (dovecot-keywords, subscriptions): under its dot lock, which is the
// new content on its way.
#pragma once

#include "base/os/directory.h"

#include <functional>
#include <optional>
#include <string>

namespace pf::store::maildir {

// Gives `change` the content (empty when there is no such file); what it returns replaces it as a whole, and
// nothing leaves it.  Waits for somebody else's lock for some seconds, then Errc::locked; one that is older
// than two minutes is of somebody dead.
Status change_locked(const os::Directory& directory, const std::string& name, std::size_t max_bytes,
                     const std::function<std::optional<std::string>(const std::string& content)>& change);

// Empty when there is no such file.
Result<std::string> read_if_there(const os::Directory& directory, std::string_view name,
                                  std::size_t max_bytes);

}  // namespace pf::store::maildir
