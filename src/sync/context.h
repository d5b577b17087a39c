// What all parts of one run share.
#pragma once

#include "async/event.h"
#include "state/journal.h"
#include "store/store.h"
#include "sync/meter.h"
#include "sync/policy.h"
#include "sync/report.h"

#include <atomic>
#include <functional>
#include <map>
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
        meter(watcher) {}

  store::Store& source;
  store::Store& target;
  state::Journal& journal;
  const Policy& policy;
  const Observer& observer;
  const std::atomic<int>& stop;
  Meter meter;
  Summary summary;
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
};

}  // namespace pf::sync
