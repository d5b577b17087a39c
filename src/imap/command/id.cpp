#include "imap/command/id.h"

namespace pf::imap::command {
namespace {

constexpr std::size_t max_fields = 30;
constexpr std::size_t max_name = 30;
constexpr std::size_t max_value = 1024;

bool fits(const IdField& field) {
  return field.first.size() <= max_name && (!field.second || field.second->size() <= max_value);
}

}  // namespace

Result<Command> id(std::span<const IdField> fields, WireOptions options) {
  if (fields.empty() || fields.size() > max_fields) {
    return Error{Errc::usage, Scope::connection, Retry::never, "ID needs 1 to 30 fields"};
  }
  Encoder encoder{CommandKind::id, options};
  encoder.raw(" (");
  for (const auto& field : fields) {
    if (!fits(field)) return Error{Errc::usage, Scope::connection, Retry::never, "an ID field is too long"};
    if (&field != fields.data()) encoder.raw(" ");
    encoder.string(field.first).raw(" ").nstring(field.second);
  }
  encoder.raw(")");
  return encoder.finish();
}

}  // namespace pf::imap::command
