#include "app/memory.h"

#include "state/database.h"
#include "state/memory_journal.h"
#include "state/sqlite_journal.h"

namespace pf::app {

Result<SharedState> SharedState::open(const Environment& environment) {
  SharedState shared;
  if (!environment.state) return shared;
  PF_TRY(auto opened, state::Database::open(environment.state_dir));
  shared.notes_ = std::move(opened.notes);
  shared.writer_ = std::make_unique<state::Writer>(std::move(opened.database));
  return shared;
}

Result<Memory> Memory::open(const Environment& environment, state::Writer* shared, const std::string& from,
                            const std::string& to, bool both_ways) {
  Memory memory;
  if (shared == nullptr) {
    const auto state = std::make_shared<state::MemoryState>();
    memory.journal_ = std::make_unique<state::MemoryJournal>(state, from, to);
    if (both_ways) memory.back_journal_ = std::make_unique<state::MemoryJournal>(state, to, from);
    return memory;
  }
  PF_TRY(memory.lock_, state::PairLock::acquire(environment.state_dir, from, to));
  if (both_ways && from != to) {
    PF_TRY(memory.back_lock_, state::PairLock::acquire(environment.state_dir, to, from));
  }
  memory.journal_ = std::make_unique<state::SqliteJournal>(*shared, from, to);
  if (both_ways) memory.back_journal_ = std::make_unique<state::SqliteJournal>(*shared, to, from);
  return memory;
}

}  // namespace pf::app
