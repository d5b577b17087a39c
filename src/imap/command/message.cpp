#include "imap/command/message.h"

namespace pf::imap::command {
namespace {

Result<Command> to_mailbox(CommandKind kind, const UidSet& uids, std::string_view mailbox,
                           WireOptions options) {
  Encoder encoder{kind, options};
  encoder.raw(" ").uids(uids).raw(" ").string(mailbox);
  return encoder.finish();
}

}  // namespace

Result<Command> uid_copy(const UidSet& uids, std::string_view mailbox, WireOptions options) {
  return to_mailbox(CommandKind::uid_copy, uids, mailbox, options);
}

Result<Command> uid_move(const UidSet& uids, std::string_view mailbox, WireOptions options) {
  return to_mailbox(CommandKind::uid_move, uids, mailbox, options);
}

Result<Command> uid_expunge(const UidSet& uids) {
  Encoder encoder{CommandKind::uid_expunge};
  encoder.raw(" ").uids(uids);
  return encoder.finish();
}

}  // namespace pf::imap::command
