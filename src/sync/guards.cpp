#include "sync/guards.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::sync {

namespace {

struct Limit {
  std::uint64_t floor;  // messages that may always go
  double percent;
};
constexpr Limit of_mailbox{10, 10.0};
constexpr Limit of_run{50, 10.0};

std::uint64_t share(double percent, std::uint64_t present) {
  return static_cast<std::uint64_t>(percent / 100.0 * static_cast<double>(present));
}

std::uint64_t allowed(const Limit& limit, const RemovalPolicy& policy, std::uint64_t present) {
  if (policy.most_messages) return *policy.most_messages;
  if (policy.most_percent) return share(*policy.most_percent, present);
  return std::max(limit.floor, share(limit.percent, present));
}

std::optional<std::string> guard(const Loss& loss, const Limit& limit, const RemovalPolicy& policy) {
  const std::uint64_t most = allowed(limit, policy, loss.present);
  if (loss.removals <= most) return std::nullopt;
  return fmt::format("{} of {} messages would be removed, more than {}; --max-delete {} allows it",
                     loss.removals, loss.present, most, loss.removals);
}

}  // namespace

std::optional<std::string> mailbox_guard(const Loss& loss, const RemovalPolicy& policy) {
  return guard(loss, of_mailbox, policy);
}

std::optional<std::string> run_guard(const Loss& loss, const RemovalPolicy& policy) {
  return guard(loss, of_run, policy);
}

std::optional<std::string> emptied_guard(const Loss& loss, std::uint64_t other_side_messages) {
  if (loss.removals == 0 || other_side_messages != 0) return std::nullopt;
  return fmt::format(
      "{} message{} would be removed because the other account has none at all; if that is meant, empty this "
      "one "
      "by hand",
      loss.removals, loss.removals == 1 ? "" : "s");
}

}  // namespace pf::sync
