#include "sync/crew.h"

#include "async/group.h"
#include "sync/finish.h"
#include "sync/lane.h"
#include "sync/prepare.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::sync {

namespace {

// Below this a second pair of connections costs more than it brings.
constexpr std::uint64_t bytes_worth_a_lane = std::uint64_t{4} << 20;
// For a mailbox that has not been looked at: what a message is likely to weigh.
constexpr std::uint64_t likely_message_bytes = std::uint64_t{20} * 1024;

class Crew {
 public:
  explicit Crew(Board& board) : board_(board) {}

  Task<void> run() {
    most_ = board_.run.most_lanes();
    TaskGroup lanes;
    lanes_ = 0;
    while (!board_.all_done() && !board_.run.stopping()) {
      const std::size_t wanted = lanes_wanted();
      if (wanted > std::max<std::size_t>(1, lanes_)) {
        // Now, while mailboxes are made and the source is looked at.
        co_await board_.run.source.expect(wanted);
        co_await board_.run.target.expect(wanted);
      }
      // Counted by itself: a lane that sees the end at once is gone when spawn() returns.
      for (std::size_t hired = lanes_; hired < wanted; ++hired) {
        ++lanes_;
        co_await lanes.spawn(lane());
      }
      co_await board_.changed.wait_until(MonoClock::now() + std::chrono::milliseconds(200));
      board_.run.meter.tick();
      check_budget();
    }
    board_.changed.notify_all();
    while (lanes.running() != 0) {
      board_.changed.notify_all();
      co_await sleep_for(std::chrono::milliseconds(5));
      check_budget();
    }
    ignore(co_await lanes.join());
    if (board_.run.fatal) co_return *board_.run.fatal;
    co_return Status{};
  }

 private:
  void check_budget() {
    const auto budget = board_.run.policy.timing.budget;
    if (budget && board_.run.meter.elapsed() > *budget && !board_.run.fatal) {
      board_.run.fatal = Error(Errc::timeout, Scope::run, Retry::later, "the time limit of the run is over",
                               {}, "Run again to go on.");
    }
  }

  // As many as the work that is known of is worth, never fewer than there are.
  std::size_t lanes_wanted() const {
    if (board_.run.policy.connections != 0) return most_;
    std::uint64_t bytes = 0;
    for (const auto& job : board_.jobs) {
      if (job.phase == MailboxJob::Phase::ready) bytes += job.queued_bytes;
      if (job.phase != MailboxJob::Phase::waiting || !job.mapped.source.status) continue;
      const std::uint64_t there = job.mapped.target.status ? job.mapped.target.status->count : 0;
      const std::uint64_t here = job.mapped.source.status->count;
      bytes += (here - std::min(here, there)) * likely_message_bytes;
    }
    return std::clamp<std::size_t>(1 + static_cast<std::size_t>(bytes / bytes_worth_a_lane),
                                   std::max<std::size_t>(1, lanes_), most_);
  }

  Task<void> lane() {
    Lane lane(board_.run);
    while (!board_.run.stopping()) {
      MailboxJob* job = lane.ahead() != nullptr ? lane.ahead() : pick();
      if (job == nullptr) {
        if (board_.all_done()) break;
        co_await board_.changed.wait();
        continue;
      }
      ++job->lanes;
      auto worked = co_await work_on(lane, *job);
      --job->lanes;
      board_.changed.notify_all();
      if (worked) continue;
      co_await lane.let_go_ahead();  // it may not come back
      if (leaves_it_to_others(worked.error())) {
        most_ = std::max<std::size_t>(1, lanes_ - 1);
        break;
      }
      if (board_.run.stopping()) break;
      if (worked.error().scope == Scope::mailbox || worked.error().scope == Scope::message) continue;
      if (!board_.run.fatal) board_.run.fatal = worked.error();
    }
    --lanes_;
    board_.changed.notify_all();
    co_return Status{};
  }

  // One that is empty keeps no connection from a lane that has something to carry.
  MailboxJob* pick_waiting() {
    MailboxJob* empty = nullptr;
    for (auto& job : board_.jobs) {
      const bool turn =
          job.predecessor == SIZE_MAX || board_.jobs[job.predecessor].phase == MailboxJob::Phase::done;
      if (job.phase != MailboxJob::Phase::waiting || !turn) continue;
      const auto& status = job.mapped.source.status;
      if (!status || status->count != 0) return &job;
      if (empty == nullptr) empty = &job;
    }
    return empty;
  }

  // A mailbox that lies ready, else one nobody has begun, else the one with most left that may be shared.
  MailboxJob* pick() {
    for (auto& job : board_.jobs) {
      if (job.phase == MailboxJob::Phase::ready && job.lanes == 0) return &job;
    }
    if (MailboxJob* waiting = pick_waiting()) return waiting;
    if (board_.run.policy.order == Order::newest)
      return nullptr;  // one lane a mailbox keeps the order strict
    MailboxJob* best = nullptr;
    for (auto& job : board_.jobs) {
      const bool may_go = job.has_work() && !board_.run.allowance->refuses(job.queue.front().size);
      if (!may_go || job.recovering || job.queued_bytes < bytes_worth_a_lane) continue;
      if (best == nullptr || job.queued_bytes > best->queued_bytes) best = &job;
    }
    return best;
  }

  // One lane of several that cannot get its connection: the server takes no more of them.
  [[nodiscard]] bool leaves_it_to_others(const Error& error) const {
    return lanes_ > 1 && error.scope == Scope::connection;
  }

  Task<void> work_on(Lane& lane, MailboxJob& job) {
    if (job.phase == MailboxJob::Phase::waiting) {
      auto prepared = co_await get_ready(lane, job);
      if (job.phase == MailboxJob::Phase::done) co_return Status{};  // it could not be made
      if (!prepared) {
        give_up_looking(job, prepared.error());
        co_return prepared;
      }
    }
    const std::size_t sharers = board_.run.policy.order == Order::newest ? 1 : std::max(lanes_, job.lanes);
    auto worked = co_await lane.work(job, sharers, [this, &lane] { return look_ahead(lane); });
    if (!worked && worked.error().scope == Scope::mailbox && !job.error) job.error = worked.error();
    if (job.opened_source) ignore(co_await job.opened_source->close());
    job.opened_source.reset();
    if (job.lanes > 1 || job.phase != MailboxJob::Phase::ready) co_return worked;  // the last one finishes
    if (!worked && worked.error().scope != Scope::mailbox) {
      const bool over = !board_.run.stopping() && !leaves_it_to_others(worked.error());
      if (over) board_.close_open_ends(job, worked.error());
      co_return worked;
    }
    auto finished = co_await complete(lane, job);
    co_return finished;
  }

  Task<void> get_ready(Lane& lane, MailboxJob& job) {
    begin_to_look(job);
    PF_CO_TRYV(co_await prepare_patiently(lane, job));
    looked(job);
    co_return Status{};
  }

  static void begin_to_look(MailboxJob& job) {
    job.phase = MailboxJob::Phase::preparing;
    job.started = MonoClock::now();
    job.forget_plan();
  }

  void looked(MailboxJob& job) {
    if (job.phase == MailboxJob::Phase::done) {
      job.forget_plan();
      return;
    }
    job.phase = MailboxJob::Phase::ready;
    board_.run.meter.expect(job.queue.size(), job.queued_bytes);
    warn_about_quota(job.queued_bytes);
    MailboxStarted started{job.report.source, job.report.target, job.report.source_messages, job.queue.size(),
                           job.queued_bytes};
    board_.run.observer(Event(std::move(started)));
    board_.changed.notify_all();
  }

  // A fault of the mailbox ends it; any other leaves it to whoever comes next and will see what is wrong.
  void give_up_looking(MailboxJob& job, const Error& error) {
    if (error.scope == Scope::mailbox || error.scope == Scope::message) {
      board_.fail(job, error);
    } else {
      job.phase = MailboxJob::Phase::waiting;
    }
    board_.changed.notify_all();
  }

  // Said once, before the target says it in the middle.
  void warn_about_quota(std::uint64_t more) {
    const auto left = board_.run.target.features().quota_left_bytes;
    planned_bytes_ += more;
    if (!left || planned_bytes_ <= *left || warned_about_quota_) return;
    warned_about_quota_ = true;
    board_.run.warn(fmt::format("the target account has {:.1f} MB left, the copy needs more than {:.1f} MB",
                                static_cast<double>(*left) / 1e6, static_cast<double>(planned_bytes_) / 1e6));
  }

  // While the last batches of a mailbox are on the wire the next mailbox is looked at.
  //
  // Nobody waits for ever, as long as each side grants a connection a lane:
  //   - Source: a lane never has more than one.  It gives its own back before it looks ahead, and what it has
  //     opened ahead before it wants another (Lane::let_go_ahead), or another lane takes the mailbox over
  //     together with the connection.  So nobody ever waits for one of the source.
  //   - Target: a lane that looks ahead may have two, that of its appends and that of the look.  The first it
  //     gives back when the last answer has come, which waits for nothing of ours, and before it waits for
  //     the look.  Whoever has any other (a look, a search for lost answers, a flag change) wants at most one
  //     of the source besides, which is there.  So all come back, and whoever waits for one gets it.
  // Where a server grants fewer than that, nobody looks ahead.  A mailbox that is still being made may need
  // two of the source (what an earlier run left open is then looked for in the middle of the look).
  Task<void> look_ahead(Lane& lane) {
    const bool enough =
        lanes_ <= std::min(board_.run.source.features().parallel, board_.run.target.features().parallel);
    if (!enough || board_.run.stopping() || lane.ahead() != nullptr) co_return Status{};
    MailboxJob* const next = pick_waiting();
    if (next == nullptr || next->creating) co_return Status{};
    begin_to_look(*next);
    auto prepared = co_await prepare(board_.run, *next, lane.patience());
    if (prepared) {
      lane.looked_ahead(*next);
      looked(*next);
    } else if (next->phase != MailboxJob::Phase::done) {
      give_up_looking(*next, prepared.error());  // the appends may need the time more than the look does
    }
    co_return Status{};
  }

  Task<void> prepare_patiently(Lane& lane, MailboxJob& job) {
    for (;;) {
      auto prepared = co_await prepare(board_.run, job, lane.patience());
      if (prepared || !will_pass(prepared.error())) co_return prepared;
      job.forget_plan();
      const bool again = co_await lane.patience().wait(prepared.error(), job.report.source);
      if (!again) co_return prepared;
    }
  }

  Task<void> complete(Lane& lane, MailboxJob& job) {
    if (board_.run.stopping()) co_return Status{};
    const bool cannot = job.error || board_.run.appends_stopped;
    if (!job.queue.empty() && !cannot && board_.run.allowance->most) {
      leave_rest(job);
    } else if (!job.queue.empty()) {
      board_.close_open_ends(job, job.error ? *job.error : board_.run.appends_stopped.value_or(Error{}));
      co_return beyond(job);
    }
    job.phase = MailboxJob::Phase::finishing;
    for (;;) {
      auto finished = co_await finish(lane, job);
      if (finished) break;
      const bool again =
          will_pass(finished.error()) && co_await lane.patience().wait(finished.error(), job.report.target);
      if (again) continue;
      if (board_.run.stopping()) co_return Status{};
      board_.fail(job, finished.error());
      co_return finished;
    }
    if (job.error) {
      board_.fail(job, *job.error);
    } else {
      board_.finish(job);
    }
    co_return beyond(job);
  }

  // For the next run.
  void leave_rest(MailboxJob& job) {
    board_.run.summary.left += job.queue.size();
    job.incomplete = true;
    job.queue.clear();
    job.queued_bytes = 0;
  }

  Task<void> finish(Lane& lane, MailboxJob& job) {
    if (lane.ahead() != nullptr) {
      // The source is opened again only to look for messages.
      PF_CO_TRY(const auto watched, co_await board_.run.journal.watched(job.record.id));
      if (!job.unresolved.empty() || !watched.empty()) co_await lane.let_go_ahead();
    }
    auto finished = co_await finish_mailbox(board_.run, job, lane.patience());
    co_return finished;
  }

  // What ended the mailbox may concern more than the mailbox.
  static Status beyond(const MailboxJob& job) {
    const bool more = job.error && (job.error->scope == Scope::account || job.error->scope == Scope::run);
    if (more) return *job.error;
    return {};
  }

  Board& board_;
  std::size_t lanes_ = 0;
  std::size_t most_ = 1;  // lanes the servers seem to take
  std::uint64_t planned_bytes_ = 0;
  bool warned_about_quota_ = false;
};

}  // namespace

Task<void> run_crew(Board& board) {
  Crew crew(board);
  auto done = co_await crew.run();
  co_return done;
}

}  // namespace pf::sync
