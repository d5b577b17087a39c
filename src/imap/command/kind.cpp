#include "imap/command/kind.h"

#include <array>

namespace pf::imap {

std::string_view name(CommandKind kind) {
  static constexpr std::array<std::string_view, command_kinds> names{
      "CAPABILITY",   "NOOP",     "LOGOUT",   "ID",         "STARTTLS", "LOGIN",     "AUTHENTICATE",
      "PROXYAUTH",    "ENABLE",   "COMPRESS", "NAMESPACE",  "LIST",     "LSUB",      "STATUS",
      "SELECT",       "EXAMINE",  "CREATE",   "DELETE",     "RENAME",   "SUBSCRIBE", "APPEND",
      "GETQUOTAROOT", "IDLE",     "UNSELECT", "CLOSE",      "FETCH",    "UID FETCH", "UID STORE",
      "UID SEARCH",   "UID COPY", "UID MOVE", "UID EXPUNGE"};
  return names.at(static_cast<std::size_t>(kind));
}

}  // namespace pf::imap
