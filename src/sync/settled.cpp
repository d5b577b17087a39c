#include "sync/settled.h"

#include <fmt/format.h>

namespace pf::sync {

std::string encode_settled(const store::MailboxStatus& status, bool flags_matter) {
  if (status.epoch.empty() || status.position.empty()) return {};
  if (flags_matter && status.checkpoint.empty()) return {};
  std::string out = fmt::format("{}:", status.count);
  const std::string_view fields[] = {status.epoch.bytes(), status.position.bytes(),
                                     flags_matter ? status.checkpoint.bytes() : std::string_view{}};
  for (std::string_view field : fields) {
    out += fmt::format("{}:", field.size());
    out += field;
  }
  return out;
}

}  // namespace pf::sync
