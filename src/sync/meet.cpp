#include "sync/meet.h"

#include "async/group.h"
#include "sync/patience.h"

namespace pf::sync {

namespace {

using Listing = Result<std::vector<store::MailboxInfo>>;

class FirstContact {
 public:
  FirstContact(RunContext& run, store::Store& store) : store_(store), patience_(run) {}

  // `other` is given up together with this one; null: it is not.
  Task<void> make(Listing& listing, FirstContact* other) {
    listing = co_await insist();
    if (listing) co_return Status{};
    if (other != nullptr) other->patience_.call_off();
    co_return listing.error();
  }

 private:
  Task<std::vector<store::MailboxInfo>> insist() {
    bool reached = false;
    for (;;) {
      auto met = co_await store_.connect_and_list();
      if (met) co_return met;
      const Error error = std::move(met).error();
      reached = reached || error.retry == Retry::now;
      bool again = false;
      const bool told_when = error.code == Errc::throttled && error.retry_after;
      if (told_when || (reached && error.scope == Scope::connection))
        again = co_await patience_.wait(error, store_.label());
      if (!again) co_return error;
    }
  }

  store::Store& store_;
  Patience patience_;
};

}  // namespace

Task<Listings> meet(RunContext& run) {
  Listing from;
  Listing to;
  FirstContact source(run, run.source);
  FirstContact target(run, run.target);
  TaskGroup group;
  co_await group.spawn(source.make(from, &target));
  co_await group.spawn(target.make(to, &source));
  auto met = co_await group.join();
  if (!met) {
    run.summary.nothing_done = true;
    co_return met.error();
  }
  Listings found;
  found.source = *std::move(from);
  found.target = *std::move(to);
  co_return found;
}

asio::awaitable<Meeting> meet_each(RunContext& run) {
  Meeting met;
  FirstContact source(run, run.source);
  FirstContact target(run, run.target);
  TaskGroup group;
  co_await group.spawn(source.make(met.source, nullptr));
  co_await group.spawn(target.make(met.target, nullptr));
  ignore(co_await group.join());  // each is kept where it belongs
  co_return met;
}

}  // namespace pf::sync
