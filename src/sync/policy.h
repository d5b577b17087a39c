// What a run shall do: typed, checked, and free of where the words came from.
#pragma once

#include "base/clock.h"
#include "mail/mailbox_name.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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

enum class Mode : std::uint8_t {
  copy,     // what the source has and the target lacks is added
  mirror,   // and what is gone from the source is taken from the target
  two_way,  // both sides get each other's changes since they were last in step
};
std::string_view name(Mode mode);  // "copy", "mirror", "two-way"

// What may be taken away, and how.  docs/modes.md
struct RemovalPolicy {
  bool extra = false;                              // mirror: also what never came from the source
  bool for_good = false;                           // expunge instead of moving into the quarantine
  bool mailboxes = false;                          // also mailboxes, when they are empty
  std::string quarantine = "deleted_from_source";  // a mailbox of the account that loses the message
  // Above either a guard withholds the removals: messages, or percent of what is there.
  std::optional<std::uint64_t> most_messages;
  std::optional<double> most_percent;
  bool confirmed = false;  // --yes: the question before the first such run is answered
};

// How fast at most.
struct PacePolicy {
  std::optional<std::uint64_t> bytes_per_second, messages_per_second;
  std::optional<std::uint64_t> most_bytes;  // of message octets in this run; the next goes on
};

struct Policy {
  Mode mode = Mode::copy;
  RemovalPolicy removal;
  PacePolicy pace;
  MailboxChoice mailboxes;
  MessageChoice messages;
  Order order = Order::oldest;
  bool dry_run = false;
  bool sync_flags = true;         // changes since the recorded base travel
  bool keep_deleted = false;      // a recorded copy that vanished from the target is left alone
  bool retry_failed = false;      // parked messages are tried again
  bool adopt_renumbered = false;  // a mailbox that was renumbered and lost much is taken as it is now
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
