// What happened, in numbers and names: while it happens (Event) and at the end (Summary).
#pragma once

#include "base/error.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace pf::sync {

enum class Outcome : std::uint8_t { ok, partial, failed, refused, interrupted };
std::string_view name(Outcome outcome);  // as in the JSON summary

struct Failure {
  std::string mailbox;  // path as displayed, at the source
  std::string ref;      // the uid in decimal for IMAP; empty when it concerns the whole mailbox
  std::string reason;   // name(Errc)
  std::string message;  // Error::describe(): for a person, with the remedy
  std::string server_text;
  bool set_aside = false;  // refused for good: not sent again before --retry-failed asks for it
};
Failure failure_of(std::string mailbox, const Error& error);
Failure failure_of(std::string mailbox, std::string ref, const Error& error);

struct MailboxReport {
  std::string source, target;  // paths as displayed
  std::uint64_t source_messages = 0, target_messages = 0;
  std::uint64_t copied = 0, matched = 0, restored = 0, flags_changed = 0, vanished = 0, failed = 0;
  std::uint64_t bytes_copied = 0;
  std::uint64_t deleted = 0;      // taken from the target (two-way: from either side)
  std::uint64_t withheld = 0;     // removals that a guard held back
  std::uint64_t moved = 0;        // two-way: moved within an account instead of being sent
  std::uint64_t copied_back = 0;  // two-way: from the target to the source
  double seconds = 0;
  bool created = false;
  bool settled = false;  // nothing to look at: status equal to what was recorded
  // verify only
  std::uint64_t missing = 0, extra = 0, different = 0, normalised = 0;
};

struct Summary {
  Outcome outcome = Outcome::ok;
  std::uint64_t mailboxes = 0, source_messages = 0, copied = 0, matched = 0, restored = 0, deleted = 0,
                flags_changed = 0, vanished = 0, failed = 0, bytes_copied = 0, bytes_sent = 0,
                bytes_received = 0;
  std::uint64_t withheld = 0, moved = 0, copied_back = 0;
  std::uint64_t missing = 0, extra = 0, different = 0, normalised = 0;  // verify
  // Of a look that measures (sync/check.h): octets at the source, messages at the target and octets it still
  // takes, where it tells.
  std::uint64_t source_bytes = 0, target_messages = 0;
  std::optional<std::uint64_t> target_room;
  double seconds = 0;
  double waited_source = 0, waited_target = 0, waited_commit = 0;  // seconds, summed over lanes
  std::uint64_t left = 0;  // messages that wait for the next run, as --max-bytes wanted
  std::vector<std::string> warnings;
  std::vector<Failure> failures;
  std::vector<std::string> conflicts;  // two-way: what both sides changed, and who won
  std::string run;                     // for `postferry undo`; empty: nothing was removed
  std::vector<MailboxReport> per_mailbox;
  // Set when the run as a whole could not go on (or not start).
  std::optional<Error> fatal;
  bool nothing_done = false;  // with fatal: no work was begun
  bool verify_differs = false;
};

// Events of a run, in order.
struct RunStarted {
  std::string from, to;
  bool dry_run = false;
};
struct MailboxStarted {
  std::string source, target;
  std::uint64_t source_messages = 0, to_copy = 0, bytes_to_copy = 0;
};
struct MailboxDone {
  MailboxReport report;
};
struct Planned {  // dry run: one line of the plan
  std::string text;
};
struct Progress {  // at most some a second
  std::string mailbox;
  std::uint64_t mailboxes_done = 0, mailboxes_total = 0;
  std::uint64_t messages_done = 0, messages_total = 0;
  std::uint64_t bytes_done = 0, bytes_total = 0;
  double seconds = 0;
};
struct MessageFailed {
  Failure failure;
};
struct Difference {                        // verify: one message or mailbox that is not the same
  std::string mailbox, ref, kind, detail;  // kind: missing, extra, different, normalised
};
struct Warning {
  std::string text;
};
struct Notice {  // waiting for a settle time, reconnecting, slowed down: for -v and the live line
  std::string text;
};
using Event = std::variant<RunStarted, MailboxStarted, MailboxDone, Planned, Progress, MessageFailed,
                           Difference, Warning, Notice>;
using Observer = std::function<void(const Event&)>;

}  // namespace pf::sync
