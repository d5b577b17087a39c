// One mailbox on its way through a run: waiting -> preparing -> ready -> finishing -> done.
#pragma once

#include "async/event.h"
#include "state/journal.h"
#include "sync/allowance.h"
#include "sync/diff.h"
#include "sync/mapping.h"
#include "sync/report.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace pf::sync {

// A batch whose fate is not known: the connection broke before the answer came, or the target gave no
// references.
struct Unresolved {
  state::IntentRow intent;
  std::vector<CopyItem> items;  // as in intent.items; none: of an earlier run
  // To those from this one on the target said OK; only their references are missing.
  std::size_t unanswered = SIZE_MAX;
  [[nodiscard]] bool answered(std::size_t item) const { return item >= unanswered; }
};

struct MailboxJob {
  enum class Phase : std::uint8_t { waiting, preparing, ready, finishing, done };

  MappedMailbox mapped;
  state::MailboxRecord record;
  MailboxReport report;
  Phase phase = Phase::waiting;
  std::size_t predecessor =
      SIZE_MAX;  // index of an earlier job with the same target mailbox; it must be done first

  // The mailbox does not exist any more on one side; only what is left on the other is dealt with.
  enum class Gone : std::uint8_t { nowhere, source, target };
  Gone gone_from = Gone::nowhere;

  bool siblings = false;  // other source mailboxes go, or went, to the same target mailbox
  bool creating = false;  // the target mailbox is being made; prepare() waits for it

  // Set by prepare().
  std::unique_ptr<store::OpenMailbox> opened_source;  // for the first lane that copies
  store::MailboxStatus source_status;                 // when it was scanned
  store::MailboxStatus target_status;                 // before anything of ours
  FlagRules rules;                                    // of the target
  FlagRules source_rules;                             // two-way
  std::vector<FlagStep> flags;
  // Modes that remove: what may go, if the guards let it.
  std::vector<state::PairRow> gone_source, gone_target;
  std::vector<MessageMeta> extra;         // at the target and never from the source
  std::vector<MessageMeta> back;          // two-way: to be copied from the target to the source
  std::vector<MessageRef> new_at_source;  // planned to be copied, in case they are only moved

  // What is left to copy, in order.  Lanes take from the front.
  std::deque<CopyItem> queue;
  std::uint64_t queued_bytes = 0;
  std::shared_ptr<Allowance> allowance;  // of the run, once lanes take from the queue

  std::size_t lanes = 0;      // working on it now
  std::size_t appending = 0;  // batches on the wire
  std::vector<Unresolved> unresolved;
  bool recovering = false;  // no new batch may leave
  pf::Event changed;

  // What is certain to have been done by us since the statuses were taken.
  struct Doings {
    std::uint64_t stored = 0, removed = 0;
  };
  Doings at_source, at_target;
  bool incomplete = false;     // something was left undone: never settle
  std::optional<Error> error;  // the mailbox cannot go on
  TimePoint started{};

  // At the target now, as far as we know.
  [[nodiscard]] std::uint64_t target_messages() const {
    const std::uint64_t most = target_status.count + at_target.stored;
    return most - std::min(most, at_target.removed);
  }
  void requeue(CopyItem item) {
    queued_bytes += item.size;
    if (allowance) allowance->taken -= std::min(allowance->taken, item.size);
    queue.push_front(std::move(item));
  }
  // Several, so that they leave again in `order`.
  void requeue(std::vector<CopyItem> items, Order order) {
    put_in_order(items, order);
    for (auto item = items.rbegin(); item != items.rend(); ++item) requeue(std::move(*item));
  }
  CopyItem take() {
    CopyItem item = std::move(queue.front());
    queue.pop_front();
    queued_bytes -= item.size;
    if (allowance) allowance->taken += item.size;
    return item;
  }
  void forget_plan() {
    flags.clear();
    gone_source.clear();
    gone_target.clear();
    extra.clear();
    back.clear();
    new_at_source.clear();
    queue.clear();
    queued_bytes = 0;
    opened_source.reset();
  }
  // Unless the mailbox failed there is something for a lane to do.
  [[nodiscard]] bool has_work() const { return phase == Phase::ready && !error && !queue.empty(); }
};

}  // namespace pf::sync
