// Dovecot's file `subscriptions`: "V\t2" and an empty line, then a mailbox a line, its parts separated by
// tabs; or, older, one name a line with nothing in front.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::store::maildir {

inline constexpr const char* subscriptions_file = "subscriptions";
inline constexpr std::size_t subscriptions_octets = 16 << 20;

// Names with `separator` between their parts.
std::vector<std::string> parse_subscriptions(std::string_view text, char separator);
// The file with `id` in it, in the format it has; nothing when it is there already.
std::optional<std::string> with_subscription(std::string_view text, const std::string& id, char separator);

}  // namespace pf::store::maildir
