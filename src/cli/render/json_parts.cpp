#include "cli/render/json_parts.h"

#include <charconv>

namespace pf::cli {
Json ref_json(const std::string& ref) {
  if (ref.empty()) return nullptr;
  std::uint64_t number = 0;
  const auto* end = ref.data() + ref.size();
  const auto [rest, error] = std::from_chars(ref.data(), end, number);
  return error == std::errc{} && rest == end ? Json(number) : Json(ref);
}

std::string dumped(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json failure_json(const sync::Failure& failure) {
  return {{"mailbox", failure.mailbox},
          {"uid", ref_json(failure.ref)},
          {"reason", failure.reason},
          {"message", failure.message},
          {"server_text", failure.server_text}};
}

Json error_json(const Error& error) {
  return {{"reason", name(error.code)},
          {"message", error.describe()},
          {"server_text", error.server_text},
          {"remedy", error.hint}};
}

}  // namespace pf::cli
