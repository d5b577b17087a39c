#include "imap/command/append.h"

namespace pf::imap::command {

Result<Command> append(std::string_view mailbox, std::span<const AppendMessage> messages,
                       WireOptions options) {
  if (messages.empty()) return Error{Errc::usage, Scope::mailbox, Retry::never, "APPEND without a message"};
  Encoder encoder{CommandKind::append, options};
  encoder.raw(" ").string(mailbox);
  for (const auto& message : messages) {
    encoder.raw(" ").flags(message.flags).raw(" ");
    if (message.date) encoder.date_time(*message.date).raw(" ");
    encoder.slot(message.size, message.wait);
  }
  return encoder.finish();
}

}  // namespace pf::imap::command
