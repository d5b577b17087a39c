// The one thread that touches the database.  Callers on any event loop hand in a piece of work and await its
// result; all work that waits goes into one transaction with one commit (group commit), so many lanes and
// many accounts share one sync of the disk.
//
// Invariants (each has a test):
//   - no event loop ever waits for the disk
//   - work is done in the order it was handed in
//   - a durable call returns after its commit has reached the disk
//   - work that fails leaves nothing behind and does not disturb its neighbours in the transaction
//   - after an I/O error or damage nothing more is written: every later call gets the same error
#pragma once

#include "async/task.h"
#include "state/database.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace pf::state {

class Writer {
 public:
  enum class Kind : std::uint8_t {
    read,
    write,    // on disk some time: a crash of the system may lose it, a crash of the program does not
    durable,  // on disk when the call returns
  };
  using Work = std::move_only_function<Status(Database&)>;

  // Work in one transaction: what comes behind it waits for the next, so that nobody waits for the work of
  // all.
  static constexpr std::size_t default_max_batch = 1024;

  // by_caller: no thread; submit() does the work before it suspends.  For tests that must know what is on
  // disk at every moment.
  enum class Served : std::uint8_t { by_thread, by_caller };

  explicit Writer(std::unique_ptr<Database> database, std::size_t max_batch = default_max_batch,
                  Served served = Served::by_thread);
  // close().
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // From any event loop that outlives the Writer; the caller is resumed on its own.  With Served::by_caller
  // from one loop only.
  Task<void> submit(Kind kind, Work work);
  // The same for work whose end nobody waits for.
  void post(Kind kind, Work work);

  // submit() for work that gives a value: work(Database&) -> Result<T>.
  template <class T, class F>
  Task<T> call(Kind kind, F work) {
    // Shared: the caller may be gone (with its loop) while the work is being done.
    auto value = std::make_shared<std::optional<T>>();
    Work job = [value, work = std::move(work)](Database& database) mutable -> Status {
      PF_TRY(*value, work(database));
      return {};
    };
    auto status = co_await submit(kind, std::move(job));
    if (!status) co_return std::move(status).error();
    co_return *std::move(*value);
  }

  // Everything committed so far reaches the disk.
  Task<void> flush();

  // Serves what is queued, syncs, ends the thread.  Calls made later get Errc::cancelled.  Blocks.
  Status close();

  struct Counters {
    std::uint64_t calls = 0;
    std::uint64_t commits = 0;  // transactions that could write
    std::uint64_t syncs = 0;    // of them durable
  };
  [[nodiscard]] Counters counters() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with suspended callers
};

}  // namespace pf::state
