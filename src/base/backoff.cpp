#include "base/backoff.h"

#include "base/random.h"

#include <algorithm>
#include <utility>

namespace pf {

Backoff::Backoff(BackoffRules rules, std::optional<TimePoint> deadline, Random random)
    : rules_(rules), deadline_(deadline), random_(random ? std::move(random) : Random(random_unit)) {}

std::optional<Duration> Backoff::next(TimePoint now, std::optional<Duration> server_wish) {
  if (attempts_ >= rules_.max_attempts) return std::nullopt;
  const Duration delay = std::max(server_wish ? *server_wish : own_delay(), Duration::zero());
  if (deadline_ && (now >= *deadline_ || delay > *deadline_ - now)) return std::nullopt;
  ++attempts_;
  return delay;
}

Duration Backoff::own_delay() {
  if (attempts_ == 0) return Duration::zero();
  Duration delay = std::min(rules_.first, rules_.ceiling);
  for (std::size_t i = 1; i < attempts_ && delay < rules_.ceiling; ++i) {
    delay = delay > rules_.ceiling / 2 ? rules_.ceiling : delay * 2;
  }
  const double factor = 1.0 + rules_.jitter * (2.0 * random_() - 1.0);
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(delay) * factor);
}

}  // namespace pf
