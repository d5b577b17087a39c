// Which command: the key of the pipelining table, of classification and of the log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pf::imap {

enum class CommandKind : std::uint8_t {
  // any state
  capability,
  noop,
  logout,
  id,
  // not authenticated
  starttls,
  login,
  authenticate,
  // authenticated, as an administrator
  proxyauth,
  // authenticated or selected
  enable,
  compress,
  namespace_,
  list,
  lsub,
  status,
  select,
  examine,
  create,
  delete_,
  rename,
  subscribe,
  append,
  get_quota_root,
  idle,
  // selected
  unselect,
  close,
  fetch,
  uid_fetch,
  uid_store,
  uid_search,
  uid_copy,
  uid_move,
  uid_expunge,
};
inline constexpr std::size_t command_kinds = static_cast<std::size_t>(CommandKind::uid_expunge) + 1;

[[nodiscard]] std::string_view name(CommandKind kind);  // "UID FETCH"

}  // namespace pf::imap
