// LIST (RFC 3501 6.3.8), with RFC 5258 (LIST-EXTENDED), RFC 6154 (SPECIAL-USE), RFC 5819 (LIST-STATUS); LSUB
// (6.3.9).
#pragma once

#include "base/result.h"
#include "imap/command/status.h"
#include "imap/wire/encoder.h"

#include <optional>
#include <string_view>

namespace pf::imap::command {

struct ListReturn {  // needs LIST-EXTENDED unless all are off
  bool subscribed = false;
  bool children = false;
  bool special_use = false;             // SPECIAL-USE too
  std::optional<StatusItems> status{};  // LIST-STATUS too
};

// `pattern` is sent quoted: "*" and "%" in it are wildcards.
Result<Command> list(std::string_view reference, std::string_view pattern, const ListReturn& returns,
                     WireOptions options);
Result<Command> lsub(std::string_view reference, std::string_view pattern, WireOptions options);

}  // namespace pf::imap::command
