#include "sync/pacing.h"

namespace pf::sync {

namespace {

// Facts about the pair of accounts.
constexpr std::string_view of_source = "pace of source", of_target = "pace of target";

void listen(store::Store& store, std::shared_ptr<Pace> pace) {
  store.on_throttled = [pace = std::move(pace)](const Error& error) { pace->complained(error); };
}

// `usual`: what such servers bear.
Task<void> recall(RunContext& run, std::string name, Pace& pace, Rates usual) {
  if (pace.found()) co_return Status{};  // it has complained already, and knows better
  PF_CO_TRY(const std::string kept, co_await run.journal.fact(name));
  const auto rates = decode_pace(kept, wall_seconds());
  pace.begin_with(rates.value_or(usual));
  co_return Status{};
}

}  // namespace

void watch_pace(RunContext& run) {
  listen(run.source, run.source_pace);
  listen(run.target, run.target_pace);
}

Task<void> recall_pace(RunContext& run) {
  PF_CO_TRYV(co_await recall(run, std::string(of_source), *run.source_pace, Rates{}));
  const Rates usual{run.target.features().appends_per_second, 0};
  auto recalled = co_await recall(run, std::string(of_target), *run.target_pace, usual);
  co_return recalled;
}

asio::awaitable<void> remember_pace(RunContext& run) {
  if (run.policy.dry_run) co_return;
  for (const bool source : {true, false}) {
    const auto found = (source ? run.source_pace : run.target_pace)->found();
    if (!found) continue;
    std::string name(source ? of_source : of_target);
    std::string value = encode_pace(*found, wall_seconds());
    ignore(co_await run.journal.set_fact(name, value));
  }
}

}  // namespace pf::sync
