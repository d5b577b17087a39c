// From a refusal (tagged NO or BAD, BYE) to what it means for the run.  The response code decides where the
// server gave an honest one; where it did not, the text is looked up in a table of what servers are known to
// say.
#pragma once

#include "base/error.h"
#include "imap/command/kind.h"
#include "imap/grammar/response.h"

#include <string_view>

namespace pf::imap {

// `context` is left empty but for the command's name; the caller adds the mailbox with Error::at().  The text
// of the server is in server_text, with its code.
[[nodiscard]] Error classify(StatusKind status, const ResponseCode& code, std::string_view text,
                             CommandKind command);
[[nodiscard]] Error classify(const Tagged& response, CommandKind command);
// `* BYE`: the connection ends.  `command`: what was in flight, or noop.
[[nodiscard]] Error classify_bye(const StatusResponse& response, CommandKind command);

// The server asks us to go slower although the command succeeded: Gmail's "OK Success [THROTTLED]".
[[nodiscard]] bool hints_throttling(const ResponseCode& code, std::string_view text);

}  // namespace pf::imap
