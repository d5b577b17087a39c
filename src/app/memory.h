// What a run remembers: a database on disk that many runs share, held by one run a pair, or nothing.
#pragma once

#include "app/job.h"
#include "state/journal.h"
#include "state/pair_lock.h"
#include "state/writer.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pf::app {

// The database of a process and the one who writes to it.
class SharedState {
 public:
  // Nothing is opened where the environment wants no state.
  static Result<SharedState> open(const Environment& environment);

  [[nodiscard]] state::Writer* writer() const { return writer_.get(); }  // null: nothing is remembered
  // Sentences for the user: what was wrong with the file.
  [[nodiscard]] std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }
  // Before the loops of those who use it end (state::Writer).  Blocks.
  Status close() { return writer_ ? writer_->close() : Status{}; }

 private:
  std::unique_ptr<state::Writer> writer_;
  std::vector<std::string> notes_;
};

// The part of one run.
class Memory {
 public:
  // `both_ways`: copies go back, too, and no other run may go that way meanwhile.  `shared` may be null.
  static Result<Memory> open(const Environment& environment, state::Writer* shared, const std::string& from,
                             const std::string& to, bool both_ways);

  [[nodiscard]] state::Journal& journal() { return *journal_; }
  [[nodiscard]] state::Journal* back_journal() { return back_journal_.get(); }  // null: one way only

 private:
  std::optional<state::PairLock> lock_, back_lock_;
  std::unique_ptr<state::Journal> journal_, back_journal_;
};

}  // namespace pf::app
