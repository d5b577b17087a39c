// Commands that set a connection up and end it.
#pragma once

#include "base/secret.h"
#include "imap/wire/encoder.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace pf::imap::command {

Command capability();  // RFC 3501 6.1.1
Command noop();        // RFC 3501 6.1.2
Command logout();      // RFC 3501 6.1.3
Command starttls();    // RFC 3501 6.2.1
Command namespace_();  // RFC 2342
Command idle();        // RFC 2177; ended by `idle_done`
Command unselect();    // RFC 3691: leaves without expunging
Command close();       // RFC 3501 6.4.2: expunges what is \Deleted unless the mailbox was opened by EXAMINE
Command compress_deflate();  // RFC 4978

inline constexpr std::string_view idle_done = "DONE\r\n";

}  // namespace pf::imap::command
