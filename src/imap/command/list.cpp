#include "imap/command/list.h"

namespace pf::imap::command {
namespace {

void return_options(Encoder& encoder, const ListReturn& returns) {
  std::string list;
  const auto add = [&](bool wanted, std::string_view option) {
    if (!wanted) return;
    if (!list.empty()) list += ' ';
    list += option;
  };
  add(returns.subscribed, "SUBSCRIBED");
  add(returns.children, "CHILDREN");
  add(returns.special_use, "SPECIAL-USE");
  if (returns.status) add(true, "STATUS " + returns.status->to_wire());
  if (!list.empty()) encoder.raw(" RETURN (").raw(list).raw(")");
}

}  // namespace

Result<Command> list(std::string_view reference, std::string_view pattern, const ListReturn& returns,
                     WireOptions options) {
  if (returns.status && returns.status->to_wire() == "()") {
    return Error{Errc::usage, Scope::account, Retry::never, "LIST-STATUS needs an item"};
  }
  Encoder encoder{CommandKind::list, options};
  encoder.raw(" ").string(reference).raw(" ").string(pattern);
  return_options(encoder, returns);
  return encoder.finish();
}

Result<Command> lsub(std::string_view reference, std::string_view pattern, WireOptions options) {
  Encoder encoder{CommandKind::lsub, options};
  encoder.raw(" ").string(reference).raw(" ").string(pattern);
  return encoder.finish();
}

}  // namespace pf::imap::command
