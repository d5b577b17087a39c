#include "imap/command/store.h"

namespace pf::imap::command {
namespace {

std::string_view item(StoreMode mode) {
  switch (mode) {
    case StoreMode::add:
      return "+FLAGS";
    case StoreMode::remove:
      return "-FLAGS";
    case StoreMode::replace:
      return "FLAGS";
  }
  return {};
}

}  // namespace

Result<Command> uid_store(const UidSet& uids, StoreMode mode, const FlagSet& flags,
                          const StoreOptions& options) {
  if (flags.empty() && mode != StoreMode::replace) {
    return Error{Errc::usage, Scope::mailbox, Retry::never, "UID STORE without flags"};
  }
  Encoder encoder{CommandKind::uid_store};
  encoder.raw(" ").uids(uids);
  if (options.unchanged_since) {
    encoder.raw(" (UNCHANGEDSINCE ").number(options.unchanged_since->value()).raw(")");
  }
  encoder.raw(" ").raw(item(mode)).raw(options.silent ? ".SILENT " : " ").flags(flags);
  return encoder.finish();
}

}  // namespace pf::imap::command
