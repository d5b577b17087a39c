#include "imap/command/enable.h"

namespace pf::imap::command {

Result<Command> enable(std::span<const std::string_view> extensions) {
  if (extensions.empty()) {
    return Error{Errc::usage, Scope::connection, Retry::never, "ENABLE needs an extension"};
  }
  Encoder encoder{CommandKind::enable};
  for (auto extension : extensions) encoder.raw(" ").atom(extension);
  return encoder.finish();
}

}  // namespace pf::imap::command
