// What a run shall do: typed, checked, and free of where the words came from.
#pragma once

#include "base/clock.h"
#include "mail/mailbox_name.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pf::sync {

enum class Order : std::uint8_t { oldest, newest };

// Which mailboxes, and what they are called on the other side.
struct MailboxChoice {
  std::vector<std::string> include;  // globs on the path as displayed; empty: all
  std::vector<std::string> exclude;
  std::vector<std::pair<std::string, std::string>> map;  // source path to target path, as displayed
  bool map_special_use = false;
};

// Which messages of a mailbox.
struct MessageChoice {
  std::optional<std::int64_t> since;   // internal date, unix seconds, inclusive
  std::optional<std::int64_t> before;  // exclusive
  std::optional<std::uint64_t> max_size;
  bool skip_deleted = false;
  [[nodiscard]] bool everything() const { return !since && !before && !max_size && !skip_deleted; }
};

struct Timing {
  Duration settle_floor = std::chrono::seconds(2);   // shortest time a probe must have seen nothing move
  Duration backoff_first = std::chrono::seconds(1);  // second try; the first retry is at once
  Duration backoff_ceiling = std::chrono::seconds(60);
  std::size_t attempts_without_progress = 15;
  std::optional<Duration> budget;  // of the whole run
};

struct Policy {
  MailboxChoice mailboxes;
  MessageChoice messages;
  Order order = Order::oldest;
  bool dry_run = false;
  bool sync_flags = true;     // changes since the recorded base travel
  bool keep_deleted = false;  // a recorded copy that vanished from the target is left alone
  bool retry_failed = false;  // parked messages are tried again
  bool verify_after = false;
  std::size_t connections = 0;  // a side; 0: chosen
  Timing timing;
};

struct VerifyPolicy {
  MailboxChoice mailboxes;
  MessageChoice messages;
  bool content = false;  // compare SHA-256 of the bytes
  std::size_t connections = 0;
  Timing timing;
};

}  // namespace pf::sync
