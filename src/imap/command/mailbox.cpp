#include "imap/command/mailbox.h"

namespace pf::imap::command {

Result<Command> create(std::string_view mailbox, SpecialUse use, WireOptions options) {
  Encoder encoder{CommandKind::create, options};
  encoder.raw(" ").string(mailbox);
  if (use != SpecialUse::none) encoder.raw(" (USE (").raw(to_wire(use)).raw("))");
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
