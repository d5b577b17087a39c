// The person's terminal.
#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pf::os {

bool is_terminal(int fd);
// In columns; nothing when `fd` is no terminal or does not tell.
std::optional<std::size_t> terminal_width(int fd);

// Asks on the controlling terminal, wherever stdin and stdout go; nothing of the answer is shown.
// Errors: unsupported (no terminal), cancelled (Ctrl-C, Ctrl-D on an empty line, or a signal).
Result<Secret> read_password(std::string_view prompt);

// The same on an open terminal.
Result<Secret> read_password_from(int fd, std::string_view prompt);

// One line as typed, without its end, of at most 4096 octets (the rest is read and dropped).
// Errors: cancelled (end of input on an empty line, or a signal).
Result<std::string> read_line_from(int fd);

}  // namespace pf::os
