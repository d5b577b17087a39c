// UID SEARCH (RFC 3501 6.4.4), RETURN options (RFC 4731 ESEARCH).
#pragma once

#include "base/result.h"
#include "imap/uid_set.h"
#include "imap/wire/encoder.h"

#include <optional>
#include <string>
#include <utility>

namespace pf::imap::command {

struct SearchReturn {  // all off: plain SEARCH for servers without ESEARCH
  bool all = false;
  bool count = false;
  bool min = false;
  bool max = false;
};

struct SearchKeys {  // joined by AND; none: ALL
  std::optional<UidSet> uids{};
  std::optional<std::pair<std::string, std::string>> header{};  // HEADER name value
  std::optional<bool>
      deleted;  // DELETED or UNDELETED, put first: hMailServer gets "NOT DELETED" at the end wrong
};

Result<Command> uid_search(const SearchReturn& returns, const SearchKeys& keys, WireOptions options);

}  // namespace pf::imap::command
