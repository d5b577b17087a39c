#include "sync/meet.h"

#include "async/group.h"
#include "sync/patience.h"

namespace pf::sync {

namespace {

class FirstContact {
 public:
  FirstContact(RunContext& run, store::Store& store) : store_(store), patience_(run) {}

  Task<void> make(std::vector<store::MailboxInfo>& mailboxes, FirstContact& other) {
    bool reached = false;
    for (;;) {
      auto met = co_await store_.connect_and_list();
      if (met) {
        mailboxes = std::move(*met);
        co_return Status{};
      }
      const Error error = std::move(met).error();
      reached = reached || error.retry == Retry::now;
      bool again = false;
      const bool told_when = error.code == Errc::throttled && error.retry_after;
      if (told_when || (reached && error.scope == Scope::connection))
        again = co_await patience_.wait(error, store_.label());
      if (!again) {
        other.patience_.call_off();
        co_return error;
      }
    }
  }

 private:
  store::Store& store_;
  Patience patience_;
};

}  // namespace

Task<Listings> meet(RunContext& run) {
  Listings found;
  FirstContact source(run, run.source);
  FirstContact target(run, run.target);
  TaskGroup group;
  co_await group.spawn(source.make(found.source, target));
  co_await group.spawn(target.make(found.target, source));
  auto met = co_await group.join();
  if (!met) {
    run.summary.nothing_done = true;
    co_return met.error();
  }
  co_return found;
}

}  // namespace pf::sync
