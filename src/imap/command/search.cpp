#include "imap/command/search.h"

namespace pf::imap::command {
namespace {

void return_options(Encoder& encoder, const SearchReturn& returns) {
  std::string list;
  const auto add = [&](bool wanted, std::string_view option) {
    if (!wanted) return;
    if (!list.empty()) list += ' ';
    list += option;
  };
  add(returns.min, "MIN");
  add(returns.max, "MAX");
  add(returns.count, "COUNT");
  add(returns.all, "ALL");
  if (!list.empty()) encoder.raw(" RETURN (").raw(list).raw(")");
}

}  // namespace

Result<Command> uid_search(const SearchReturn& returns, const SearchKeys& keys, WireOptions options) {
  Encoder encoder{CommandKind::uid_search, options};
  return_options(encoder, returns);
  if (keys.deleted) encoder.raw(*keys.deleted ? " DELETED" : " UNDELETED");
  if (keys.uids) encoder.raw(" UID ").uids(*keys.uids);
  if (keys.header) encoder.raw(" HEADER ").astring(keys.header->first).raw(" ").string(keys.header->second);
  if (!keys.deleted && !keys.uids && !keys.header) encoder.raw(" ALL");
  return encoder.finish();
}

}  // namespace pf::imap::command
