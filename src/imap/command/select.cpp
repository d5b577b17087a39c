#include "imap/command/select.h"

namespace pf::imap::command {
namespace {

void parameters(Encoder& encoder, const SelectOptions& how) {
  if (how.qresync) {
    encoder.raw(" (QRESYNC (").number(how.qresync->validity.value());
    encoder.raw(" ").number(how.qresync->modseq.value());
    if (how.qresync->known && !how.qresync->known->empty()) encoder.raw(" ").uids(*how.qresync->known);
    encoder.raw("))");
  } else if (how.condstore) {
    encoder.raw(" (CONDSTORE)");
  }
}

Result<Command> open(CommandKind kind, std::string_view mailbox, const SelectOptions& how,
                     WireOptions options) {
  if (how.qresync && (how.qresync->modseq == ModSeq{} || how.qresync->validity == UidValidity{})) {
    return Error{Errc::usage, Scope::mailbox, Retry::never, "QRESYNC needs a UIDVALIDITY and a mod-sequence"};
  }
  Encoder encoder{kind, options};
  encoder.raw(" ").string(mailbox);
  parameters(encoder, how);
  return encoder.finish();
}

}  // namespace

Result<Command> select(std::string_view mailbox, const SelectOptions& how, WireOptions options) {
  return open(CommandKind::select, mailbox, how, options);
}

Result<Command> examine(std::string_view mailbox, const SelectOptions& how, WireOptions options) {
  return open(CommandKind::examine, mailbox, how, options);
}

}  // namespace pf::imap::command
