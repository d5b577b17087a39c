#include "imap/command/mailbox.h"

namespace pf::imap::command {

Result<Command> create(std::string_view mailbox, SpecialUse use, WireOptions options) {
  Encoder encoder{CommandKind::create, options};
  encoder.raw(" ").string(mailbox);
  if (use != SpecialUse::none) encoder.raw(" (USE (").raw(to_wire(use)).raw("))");
  return encoder.finish();
}

Result<Command> delete_(std::string_view mailbox, WireOptions options) {
  Encoder encoder{CommandKind::delete_, options};
  encoder.raw(" ").string(mailbox);
  return encoder.finish();
}

Result<Command> rename(std::string_view mailbox, std::string_view to, WireOptions options) {
  Encoder encoder{CommandKind::rename, options};
  encoder.raw(" ").string(mailbox).raw(" ").string(to);
  return encoder.finish();
}

Result<Command> subscribe(std::string_view mailbox, WireOptions options) {
  Encoder encoder{CommandKind::subscribe, options};
  encoder.raw(" ").string(mailbox);
  return encoder.finish();
}

Result<Command> get_quota_root(std::string_view mailbox, WireOptions options) {
  Encoder encoder{CommandKind::get_quota_root, options};
  encoder.raw(" ").string(mailbox);
  return encoder.finish();
}

}  // namespace pf::imap::command
