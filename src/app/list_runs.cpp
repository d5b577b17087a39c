#include "app/job.h"
#include "app/loop.h"
#include "app/memory.h"
#include "state/sqlite_journal.h"

#include <utility>

namespace pf::app {

namespace {

using state::RemovalRow;

RemovalRun counted(const state::RunRow& row, const std::vector<RemovalRow>& removals) {
  RemovalRun run{.id = row.id, .wall_seconds = row.wall_seconds, .mode = row.mode};
  for (const auto& removal : removals) {
    if (removal.done == RemovalRow::Done::undone)
      ++run.undone;
    else if (removal.done == RemovalRow::Done::removed)
      ++(removal.quarantine.empty() ? run.for_good : run.quarantined);
  }
  return run;
}

Task<std::vector<RemovalRun>> read_runs(state::Journal& journal) {
  PF_CO_TRY(const auto rows, co_await journal.runs());
  std::vector<RemovalRun> runs;
  for (const auto& row : rows) {
    PF_CO_TRY(const auto removals, co_await journal.removals(row.id));
    runs.push_back(counted(row, removals));
  }
  co_return runs;
}

}  // namespace

Result<std::vector<RemovalRun>> list_runs(const config::Account& from, const config::Account& to,
                                          const Environment& environment) {
  Loop loop;  // before what answers to it
  PF_TRY(auto state, SharedState::open(environment));
  if (state.writer() == nullptr) return std::vector<RemovalRun>{};
  state::SqliteJournal journal(*state.writer(), from.label(), to.label());
  Result<std::vector<RemovalRun>> runs = std::vector<RemovalRun>{};
  Status closed;
  auto job = [&]() -> asio::awaitable<void> {
    runs = co_await read_runs(journal);
    closed = state.close();
  };
  StopFlag never{0};
  loop.run(job(), never, [] { return false; }, [] {});
  if (runs && !closed) return std::move(closed).error();
  return runs;
}

}  // namespace pf::app
