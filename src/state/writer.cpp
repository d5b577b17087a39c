#include "state/writer.h"

#include "async/elsewhere.h"
#include "base/step.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <thread>

namespace pf::state {
namespace {

struct Job {
  Writer::Kind kind;
  Writer::Work work;
  Answer complete;
};

Error closed_error() {
  return {Errc::cancelled, Scope::run, Retry::never, "state database: already closed"};
}

// What an exception from the work means; nothing of ours throws on purpose.
Error thrown(const char* what) {
  return {Errc::unexpected, Scope::run, Retry::never, fmt::format("state database: {}", what)};
}

Status run_guarded(Writer::Work& work, Database& database) {
  try {
    return work(database);
  } catch (const std::exception& e) {
    return thrown(e.what());
  }
}

// A savepoint each, so that one that fails takes only its own changes back.
Status run_in_savepoint(Writer::Work& work, Database& database) {
  PF_TRYV(database.exec("SAVEPOINT job"));
  auto status = run_guarded(work, database);
  if (database.idle()) return status;  // SQLite rolled back the whole transaction by itself
  if (!status) {
    PF_TRYV(database.exec("ROLLBACK TO job"));
  }
  PF_TRYV(database.exec("RELEASE job"));
  return status;
}

}  // namespace

struct Writer::Impl {
  Impl(std::unique_ptr<Database> file, std::size_t limit, Served by)
      : database(std::move(file)), max_batch(std::max<std::size_t>(limit, 1)), served(by) {}

  // On any loop.
  void push(Job job);

  // On the thread.
  void serve_all();
  bool next_batch(std::vector<Job>& batch);
  void serve(std::vector<Job>& batch);
  Status transact(std::vector<Job>& batch, std::vector<Status>& results);
  Status last_sync();

  std::unique_ptr<Database> database;  // the thread's alone, from its start to its end
  std::optional<Error> broken;         // the thread's alone
  bool unsynced = false;               // the thread's alone: committed, but not durable

  const std::size_t max_batch;
  const Served served;

  mutable std::mutex mutex;
  std::condition_variable wake;
  std::deque<Job> queue;
  bool stopping = false;
  Counters counters;
  std::thread thread;
  Status end;  // written by the thread, read after the join
};

void Writer::Impl::push(Job job) {
  bool closed = false;
  {
    const std::lock_guard lock(mutex);
    closed = stopping;
    if (!closed) ++counters.calls;
    if (!closed && served == Served::by_thread) {
      queue.push_back(std::move(job));
      wake.notify_one();
      return;
    }
  }
  if (closed) return job.complete(closed_error());
  std::vector<Job> alone;
  alone.push_back(std::move(job));
  serve(alone);
}

void Writer::Impl::serve_all() {
  std::vector<Job> batch;
  while (next_batch(batch)) serve(batch);
  end = last_sync();
}

// False when the last one is done and no more may come.
bool Writer::Impl::next_batch(std::vector<Job>& batch) {
  batch.clear();
  std::unique_lock lock(mutex);
  wake.wait(lock, [this] { return stopping || !queue.empty(); });
  const auto end_of_batch = queue.begin() + static_cast<std::ptrdiff_t>(std::min(queue.size(), max_batch));
  std::move(queue.begin(), end_of_batch, std::back_inserter(batch));
  queue.erase(queue.begin(), end_of_batch);
  return !batch.empty();
}

void Writer::Impl::serve(std::vector<Job>& batch) {
  std::vector<Status> results(batch.size());
  Status whole = broken ? Status(*broken) : transact(batch, results);
  if (!broken && (database->damaged() || database->failed())) {
    // Keep the first reason, wherever in the batch it showed.
    for (const auto& result : results) {
      if (whole && !result) whole = result;
    }
    if (whole) whole = thrown("the file cannot be trusted any more");
    broken = whole.error();
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].work = nullptr;  // what it holds goes before its caller is told
    batch[i].complete(whole ? std::move(results[i]) : whole);
  }
}

// An error returned concerns all of the batch.
Status Writer::Impl::transact(std::vector<Job>& batch, std::vector<Status>& results) {
  bool writes = false;
  bool durable = false;
  for (const auto& job : batch) {
    writes = writes || job.kind != Kind::read;
    durable = durable || job.kind == Kind::durable;
  }
  PF_TRYV(database->set_durable(durable));
  PF_TRYV(database->exec(writes ? "BEGIN IMMEDIATE" : "BEGIN"));
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto& job = batch[i];
    results[i] =
        job.kind == Kind::read ? run_guarded(job.work, *database) : run_in_savepoint(job.work, *database);
    if (database->idle()) return results[i] ? thrown("the transaction ended early") : results[i];
  }
  if (writes) PF_STEP(journal);
  if (auto committed = database->exec("COMMIT"); !committed) {
    if (!database->idle()) ignore(database->exec("ROLLBACK"));
    return committed;
  }
  if (!writes) return {};
  unsynced = !durable;
  {
    const std::lock_guard lock(mutex);
    ++counters.commits;
    if (durable) ++counters.syncs;
  }
  PF_STEP(journal);
  return {};
}

Status Writer::Impl::last_sync() {
  if (broken || !unsynced) return {};
  PF_TRYV(database->set_durable(true));
  return database->exec("UPDATE heartbeat SET beats=beats+1");
}

Writer::Writer(std::unique_ptr<Database> database, std::size_t max_batch, Served served)
    : impl_(std::make_shared<Impl>(std::move(database), max_batch, served)) {
  if (served == Served::by_caller) return;
  // A plain pointer: close() joins before the last owner can go.
  impl_->thread = std::thread([impl = impl_.get()] { impl->serve_all(); });
}

Writer::~Writer() {
  ignore(close());
}

Task<void> Writer::submit(Kind kind, Work work) {
  auto start = [impl = impl_, kind, job = std::move(work)](Answer answer) mutable {
    impl->push({kind, std::move(job), std::move(answer)});
  };
  auto status = co_await await_answer(std::move(start));
  co_return status;
}

void Writer::post(Kind kind, Work work) {
  impl_->push({kind, std::move(work), [](const Status&) {}});
}

Task<void> Writer::flush() {
  // A commit that writes nothing syncs nothing, so there is always a beat to write.
  Work beat = [](Database& database) { return database.exec("UPDATE heartbeat SET beats=beats+1"); };
  auto status = co_await submit(Kind::durable, std::move(beat));
  co_return status;
}

Status Writer::close() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    impl_->wake.notify_one();
  }
  if (!impl_->database) return {};
  if (impl_->thread.joinable()) {
    impl_->thread.join();
  } else {
    impl_->end = impl_->last_sync();
  }
  impl_->database.reset();
  return impl_->end;
}

Writer::Counters Writer::counters() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->counters;
}

}  // namespace pf::state
