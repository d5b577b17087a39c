#include "store/maildir/unique_name.h"

#include "base/os/host.h"
#include "base/random.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string_view>

namespace pf::store::maildir {

namespace {

// Of longer names the first label says enough.
constexpr std::size_t longest_host = 12;

std::string own_part() {
  std::string host = os::host_name();
  if (host.size() > longest_host) host.resize(std::min(host.find('.'), longest_host));
  // What has a meaning of its own in such a name.
  for (char& c : host) {
    if (c == '/' || c == ':' || c == ',' || static_cast<unsigned char>(c) <= ' ') c = '_';
  }
  return fmt::format("P{}R{}.{}", os::process_id(), random_hex(4), host);
}

std::uint64_t now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(since).count(), 0));
}

}  // namespace

std::string unique_name(std::uint64_t after) {
  static std::mutex mutex;
  static std::uint64_t last = 0, number = 0;
  static const std::string own = own_part();
  const std::lock_guard lock(mutex);
  last = std::max(now(), last + 1);
  // One mailbox from the future must not give its time to all others.
  const auto time = std::max(last, after + 1);
  return fmt::format("{}.M{}Q{}{}", time / 1'000'000, time % 1'000'000, ++number, own);
}

}  // namespace pf::store::maildir
