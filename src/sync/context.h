// What all parts of one run share.
#pragma once

#include "async/event.h"
#include "state/journal.h"
#include "store/store.h"
#include "sync/allowance.h"
#include "sync/meter.h"
#include "sync/pace.h"
#include "sync/policy.h"
#include "sync/report.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace pf::sync {

struct RunContext {
  RunContext(store::Store& from, store::Store& to, state::Journal& remembered, const Policy& wanted,
             const Observer& watcher, const std::atomic<int>& stop_flag)
      : source(from),
        target(to),
        journal(remembered),
        policy(wanted),
        observer(watcher),
        stop(stop_flag),
        meter(watcher),
        source_pace(pace(from)),
        target_pace(pace(to)),
        allowance(std::make_shared<Allowance>(Allowance{wanted.pace.most_bytes, 0})) {}
  RunContext(const RunContext&) = delete;
  RunContext& operator=(const RunContext&) = delete;
  ~RunContext() {
    source_pace->mute();
    target_pace->mute();
  }

  store::Store& source;
  store::Store& target;
  state::Journal& journal;
  const Policy& policy;
  const Observer& observer;
  const std::atomic<int>& stop;
  Meter meter;
  Summary summary;
  // Shared by both ways of a two-way run.
  std::shared_ptr<Pace> source_pace, target_pace;
  std::shared_ptr<Allowance> allowance;
  // Asks a person; empty: there is nobody.
  std::function<bool(const std::string& question)> ask;
  // Two-way: what is remembered of copies from the target to the source.
  state::Journal* back_journal = nullptr;

  // The target account takes no more (quota): appends end everywhere, the rest of the run goes on.
  std::optional<Error> appends_stopped;
  // The run as a whole cannot go on.
  std::optional<Error> fatal;
  // Flags that a mailbox cannot keep, with how many messages lost them.
  std::map<std::pair<std::string, std::string>, std::uint64_t> lost_flags;  // {mailbox, flag}

  // What is remembered of two mailboxes; a dry run leaves it as it is.
  [[nodiscard]] Task<state::MailboxRecord> recall(const std::string& at_source,
                                                  const std::string& at_target) const {
    return policy.dry_run ? journal.known_mailbox(at_source, at_target)
                          : journal.mailbox(at_source, at_target);
  }
  // Pairs of connections that both sides bear.
  [[nodiscard]] std::size_t most_lanes() const {
    return std::max<std::size_t>(1, std::min(source.features().parallel, target.features().parallel));
  }
  [[nodiscard]] Pace& pace_of(const store::Store& store) const {
    return &store == &source ? *source_pace : *target_pace;
  }

  [[nodiscard]] bool stopping() const {
    return stop.load(std::memory_order_relaxed) != 0 || fatal.has_value();
  }

  void notice(std::string text) { observer(Event(Notice{std::move(text)})); }
  void warn(std::string text) {
    summary.warnings.push_back(text);
    observer(Event(Warning{std::move(text)}));
  }
  void fail(Failure failure) {
    summary.failures.push_back(failure);
    observer(Event(MessageFailed{std::move(failure)}));
  }

 private:
  [[nodiscard]] std::shared_ptr<Pace> pace(const store::Store& store) {
    const Rates most{static_cast<double>(policy.pace.messages_per_second.value_or(0)),
                     static_cast<double>(policy.pace.bytes_per_second.value_or(0))};
    return std::make_shared<Pace>(
        store.label(), most, [this] { return stopping(); },
        [this](std::string text) { notice(std::move(text)); });
  }
};

}  // namespace pf::sync
