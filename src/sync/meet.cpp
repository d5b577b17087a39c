#include "sync/meet.h"

#include "async/group.h"

namespace pf::sync {

namespace {

Task<void> meet_one(store::Store& store, std::vector<store::MailboxInfo>& mailboxes) {
  PF_CO_TRYV(co_await store.connect());
  PF_CO_TRY(mailboxes, co_await store.list());
  co_return Status{};
}

}  // namespace

Task<Listings> meet(RunContext& run) {
  Listings found;
  TaskGroup group;
  co_await group.spawn(meet_one(run.source, found.source));
  co_await group.spawn(meet_one(run.target, found.target));
  auto met = co_await group.join();
  if (!met) {
    run.summary.nothing_done = true;
    co_return met.error();
  }
  co_return found;
}

}  // namespace pf::sync
