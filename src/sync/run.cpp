#include "sync/run.h"

#include "async/group.h"
#include "sync/conclude.h"
#include "sync/finish.h"
#include "sync/job.h"
#include "sync/lane.h"
#include "sync/mapping.h"
#include "sync/prepare.h"
#include "sync/settled.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

namespace pf::sync {

namespace {

// Below this a second pair of connections costs more than it brings.
constexpr std::uint64_t bytes_worth_a_lane = std::uint64_t{4} << 20;
// For a mailbox that has not been looked at: what a message is likely to weigh.
constexpr std::uint64_t likely_message_bytes = 20 * 1024;

class CopyRun {
 public:
  explicit CopyRun(RunContext& run) : run_(run) {}

  Task<void> go() {
    PF_CO_TRYV(co_await meet());
    PF_CO_TRYV(co_await map());
    if (run_.policy.dry_run) {
      PF_CO_TRYV(co_await plan_only());
    } else {
      // Mailboxes are made while the lanes log in and look at the source.
      TaskGroup making;
      for (auto& job : jobs_) job.creating = !job.mapped.exists;
      co_await making.spawn(create_missing());
      auto copied = co_await copy_all();
      auto made = co_await making.join();
      if (!made) co_return made;
      if (!copied) co_return copied;
      PF_CO_TRYV(co_await remember_settled());
    }
    co_return Status{};
  }

  void add_up() {
    Summary& sum = run_.summary;
    for (const auto& job : jobs_) {
      const MailboxReport& r = job.report;
      sum.source_messages += r.source_messages;
      sum.copied += r.copied;
      sum.matched += r.matched;
      sum.restored += r.restored;
      sum.flags_changed += r.flags_changed;
      sum.vanished += r.vanished;
      sum.failed += r.failed;
      sum.bytes_copied += r.bytes_copied;
      sum.per_mailbox.push_back(r);
    }
    sum.mailboxes = jobs_.size();
  }

 private:
  // ---- both accounts
  // -------------------------------------------------------------------------------------------

  static Task<void> meet_one(store::Store& store, std::vector<store::MailboxInfo>& mailboxes) {
    PF_CO_TRYV(co_await store.connect());
    PF_CO_TRY(mailboxes, co_await store.list());
    co_return Status{};
  }

  Task<void> meet() {
    TaskGroup group;
    co_await group.spawn(meet_one(run_.source, source_mailboxes_));
    co_await group.spawn(meet_one(run_.target, target_mailboxes_));
    auto met = co_await group.join();
    if (!met) run_.summary.nothing_done = true;
    co_return met;
  }

  Task<void> map() {
    auto mapping =
        map_mailboxes(source_mailboxes_, target_mailboxes_, run_.target.name_rules(), run_.policy.mailboxes);
    if (!mapping) {
      run_.summary.nothing_done = true;
      co_return mapping.error();
    }
    for (auto& warning : mapping->warnings) run_.warn(std::move(warning));
    std::map<std::string, std::size_t> last_with_target;
    for (auto& mapped : mapping->mailboxes) {
      MailboxJob& job = jobs_.emplace_back();
      job.report.source = mapped.source.path.display();
      job.report.target = mapped.target.path.display();
      if (auto earlier = last_with_target.find(mapped.target.id); earlier != last_with_target.end()) {
        job.predecessor = earlier->second;
      }
      last_with_target[mapped.target.id] = jobs_.size() - 1;
      job.mapped = std::move(mapped);
    }
    run_.meter.start_mailboxes(jobs_.size());
    co_return Status{};
  }

  // ---- dry run
  // -------------------------------------------------------------------------------------------------

  Task<void> plan_only() {
    Lane lane(run_);
    for (auto& job : jobs_) {
      if (run_.stopping()) co_return Status{};
      auto prepared = co_await prepare(run_, job, lane.patience());
      if (!prepared) {
        fail_mailbox(job, prepared.error());
        continue;
      }
      auto say = [&](std::string text) { run_.observer(Event(Planned{std::move(text)})); };
      if (!job.mapped.exists) say(fmt::format("create mailbox \"{}\"", printable(job.report.target)));
      if (!job.queue.empty()) {
        say(fmt::format("copy {} message{} ({:.1f} MB) from \"{}\" to \"{}\"", job.queue.size(),
                        job.queue.size() == 1 ? "" : "s", static_cast<double>(job.queued_bytes) / 1e6,
                        printable(job.report.source), printable(job.report.target)));
      }
      if (!job.flags.empty())
        say(fmt::format("change flags of {} message(s) in \"{}\"", job.flags.size(),
                        printable(job.report.target)));
      run_.meter.mailbox_done();
    }
    co_return Status{};
  }

  // ---- before the lanes
  // ----------------------------------------------------------------------------------------

  Task<void> copy_all() {
    PF_CO_TRYV(co_await leave_settled());
    auto copied = co_await run_lanes();
    co_return copied;
  }

  Task<void> create_missing() {
    TaskGroup group;
    for (auto& job : jobs_) {
      if (job.creating && job.predecessor == SIZE_MAX) co_await group.spawn(create_one(job));
    }
    auto created = co_await group.join();
    for (auto& job : jobs_) {
      if (job.predecessor != SIZE_MAX) {
        job.mapped.exists = jobs_[job.predecessor].mapped.exists;
        job.mapped.target.id = jobs_[job.predecessor].mapped.target.id;
      }
      job.creating = false;
      job.changed.notify_all();
    }
    if (!created) {
      if (!run_.fatal) run_.fatal = created.error();
      co_return created;
    }
    TaskGroup subscribing;
    for (auto& job : jobs_) {
      const bool wanted = job.mapped.source.subscribed && !job.mapped.target.subscribed && job.mapped.exists;
      if (wanted && run_.target.features().subscriptions) co_await subscribing.spawn(subscribe_one(job));
    }
    auto subscribed = co_await subscribing.join();
    co_return subscribed;
  }

  Task<void> create_one(MailboxJob& job) {
    auto& target = job.mapped.target;
    const SpecialUse use = special_use_for(job);
    auto created = co_await run_.target.create(target.path, target.id, use);
    if (!created && created.error().code != Errc::exists && use != SpecialUse::none &&
        created.error().scope == Scope::mailbox) {
      created = co_await run_.target.create(target.path, target.id, SpecialUse::none);
    }
    if (!created && created.error().scope == Scope::mailbox && created.error().code != Errc::exists) {
      created = co_await create_under_safe_name(job, created.error());
    }
    if (!created && created.error().code != Errc::exists) {
      if (created.error().scope != Scope::mailbox) co_return created.error();
      fail_mailbox(job, created.error());
      co_return Status{};
    }
    job.mapped.exists = true;
    job.report.created = created.ok();
    job.creating = false;
    job.changed.notify_all();
    co_return Status{};
  }

  // One special use an account: not when the target has a mailbox for it already.
  SpecialUse special_use_for(const MailboxJob& job) const {
    const SpecialUse use = job.mapped.source.special_use;
    const bool taken =
        std::ranges::any_of(target_mailboxes_, [&](const auto& m) { return m.special_use == use; });
    return taken ? SpecialUse::none : use;
  }

  // The server refuses the name for a reason of its own: letters, digits and a few marks it will take.
  Task<store::MailboxInfo> create_under_safe_name(MailboxJob& job, const Error& refusal) {
    MailboxPath path = job.mapped.target.path;
    for (auto& part : path.parts) {
      for (char& c : part) {
        const auto u = static_cast<unsigned char>(c);
        const bool plain = (u >= '0' && u <= '9') || (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') ||
                           c == '-' || c == '_' || c == ' ';
        if (!plain && u < 0x80) c = '_';
      }
      while (part.ends_with(' ')) part.back() = '_';
      if (part.starts_with(' ')) part.front() = '_';
    }
    if (path == job.mapped.target.path) co_return refusal;
    const WireName name = wire_from_path(path, run_.target.name_rules());
    for (const auto& other : jobs_) {
      if (other.mapped.target.id == name.wire) co_return refusal;
    }
    auto created = co_await run_.target.create(path, name.wire, SpecialUse::none);
    if (!created && created.error().code != Errc::exists) co_return refusal;
    run_.warn(fmt::format("the target refuses the name \"{}\" ({}); it is called \"{}\" there",
                          printable(job.report.target), printable(refusal.server_text),
                          printable(path.display())));
    job.mapped.target.path = path;
    job.mapped.target.id = name.wire;
    job.report.target = path.display();
    co_return created;
  }

  Task<void> subscribe_one(MailboxJob& job) {
    auto done = co_await run_.target.subscribe(job.mapped.target);
    if (!done && done.error().scope != Scope::mailbox) co_return done;
    if (!done)
      run_.warn(fmt::format("{}: not subscribed: {}", printable(job.report.target), done.error().describe()));
    co_return Status{};
  }

  // Mailboxes whose status on both sides is what it was when everything was done need no look.
  Task<void> leave_settled() {
    PF_CO_TRYV(co_await know_status(run_.source, &MappedMailbox::source));
    PF_CO_TRYV(co_await know_status(run_.target, &MappedMailbox::target));
    for (auto& job : jobs_) {
      const auto& source = job.mapped.source.status;
      const auto& target = job.mapped.target.status;
      if (source) job.report.source_messages = source->count;
      if (!source || !target || job.phase == MailboxJob::Phase::done || run_.policy.retry_failed) continue;
      PF_CO_TRY(job.record, co_await run_.journal.mailbox(job.mapped.source.id, job.mapped.target.id));
      if (job.record.source_settled.empty() || job.record.target_settled.empty()) continue;
      if (encode_settled(*source, run_.policy.sync_flags) != job.record.source_settled) continue;
      if (encode_settled(*target, false) != job.record.target_settled) continue;
      job.report.settled = true;
      job.report.matched = source->count;
      finish(job);
    }
    co_return Status{};
  }

  Task<void> know_status(store::Store& store, store::MailboxInfo MappedMailbox::* side) {
    std::vector<store::MailboxInfo> ask;
    std::vector<MailboxJob*> who;
    for (auto& job : jobs_) {
      if ((job.mapped.*side).status || job.phase == MailboxJob::Phase::done || job.creating ||
          job.report.created)
        continue;
      ask.push_back(job.mapped.*side);
      who.push_back(&job);
    }
    if (ask.empty()) co_return Status{};
    PF_CO_TRY(auto told, co_await store.status(ask));
    for (std::size_t i = 0; i < told.size(); ++i) {
      if (told[i]) (who[i]->mapped.*side).status = *told[i];
    }
    co_return Status{};
  }

  // ---- the lanes
  // -----------------------------------------------------------------------------------------------

  Task<void> run_lanes() {
    const std::size_t most =
        std::max<std::size_t>(1, std::min(run_.source.features().parallel, run_.target.features().parallel));
    TaskGroup lanes;
    lanes_ = 0;
    while (!all_done() && !run_.stopping()) {
      const std::size_t wanted = lanes_wanted(most);
      while (lanes_ < wanted) {
        ++lanes_;
        co_await lanes.spawn(lane(lanes_));
      }
      co_await changed_.wait_until(MonoClock::now() + std::chrono::milliseconds(200));
      run_.meter.tick();
      check_budget();
    }
    changed_.notify_all();
    while (lanes.running() != 0) {
      changed_.notify_all();
      co_await sleep_for(std::chrono::milliseconds(5));
      check_budget();
    }
    ignore(co_await lanes.join());
    if (run_.fatal) co_return *run_.fatal;
    co_return Status{};
  }

  void check_budget() {
    const auto budget = run_.policy.timing.budget;
    if (budget && run_.meter.elapsed() > *budget && !run_.fatal) {
      run_.fatal = Error(Errc::timeout, Scope::run, Retry::later, "the time limit of the run is over", {},
                         "Run again to go on.");
    }
  }

  bool all_done() const {
    return std::ranges::all_of(jobs_, [](const auto& job) { return job.phase == MailboxJob::Phase::done; });
  }

  // As many as the work that is known of is worth, never fewer than there are.
  std::size_t lanes_wanted(std::size_t most) const {
    if (run_.policy.connections != 0) return most;
    std::uint64_t bytes = 0;
    for (const auto& job : jobs_) {
      if (job.phase == MailboxJob::Phase::ready) bytes += job.queued_bytes;
      if (job.phase != MailboxJob::Phase::waiting || !job.mapped.source.status) continue;
      const std::uint64_t there = job.mapped.target.status ? job.mapped.target.status->count : 0;
      const std::uint64_t here = job.mapped.source.status->count;
      bytes += (here - std::min(here, there)) * likely_message_bytes;
    }
    return std::clamp<std::size_t>(1 + static_cast<std::size_t>(bytes / bytes_worth_a_lane),
                                   std::max<std::size_t>(1, lanes_), most);
  }

  Task<void> lane(std::size_t number) {
    Lane lane(run_);
    while (!run_.stopping()) {
      MailboxJob* job = pick();
      if (job == nullptr) {
        if (all_done()) break;
        co_await changed_.wait();
        continue;
      }
      ++job->lanes;
      auto worked = co_await work_on(lane, *job);
      --job->lanes;
      changed_.notify_all();
      if (worked) continue;
      // A lane beyond the first that cannot get its connection leaves the work to the others.
      if (number > 1 && job->queue.size() + job->lanes != 0 && lanes_ > 1 &&
          worked.error().scope == Scope::connection)
        break;
      if (run_.stopping()) break;
      if (worked.error().scope == Scope::mailbox || worked.error().scope == Scope::message) continue;
      if (!run_.fatal) run_.fatal = worked.error();
    }
    --lanes_;
    changed_.notify_all();
    co_return Status{};
  }

  // A mailbox nobody has begun, else the one with most left that may be shared.
  MailboxJob* pick() {
    for (auto& job : jobs_) {
      const bool turn =
          job.predecessor == SIZE_MAX || jobs_[job.predecessor].phase == MailboxJob::Phase::done;
      if (job.phase == MailboxJob::Phase::waiting && turn) return &job;
    }
    if (run_.policy.order == Order::newest) return nullptr;  // one lane a mailbox keeps the order strict
    MailboxJob* best = nullptr;
    for (auto& job : jobs_) {
      if (!job.has_work() || job.recovering || job.queued_bytes < bytes_worth_a_lane) continue;
      if (best == nullptr || job.queued_bytes > best->queued_bytes) best = &job;
    }
    return best;
  }

  Task<void> work_on(Lane& lane, MailboxJob& job) {
    if (job.phase == MailboxJob::Phase::waiting) {
      job.phase = MailboxJob::Phase::preparing;
      job.started = MonoClock::now();
      auto prepared = co_await prepare_patiently(lane, job);
      if (job.phase == MailboxJob::Phase::done) co_return Status{};  // it could not be made
      if (!prepared) {
        fail_mailbox(job, prepared.error());
        co_return prepared;
      }
      job.phase = MailboxJob::Phase::ready;
      run_.meter.expect(job.queue.size(), job.queued_bytes);
      MailboxStarted started{job.report.source, job.report.target, job.report.source_messages,
                             job.queue.size(), job.queued_bytes};
      run_.observer(Event(std::move(started)));
      changed_.notify_all();
    }
    const std::size_t sharers = run_.policy.order == Order::newest ? 1 : std::max(lanes_, job.lanes);
    auto worked = co_await lane.work(job, sharers);
    if (!worked && worked.error().scope == Scope::mailbox && !job.error) job.error = worked.error();
    if (job.opened_source) ignore(co_await job.opened_source->close());
    job.opened_source.reset();
    if (job.lanes > 1 || job.phase != MailboxJob::Phase::ready) co_return worked;  // the last one finishes
    if (!worked && worked.error().scope != Scope::mailbox) {
      if (!run_.stopping()) close_open_ends(job, worked.error());
      co_return worked;
    }
    auto finished = co_await complete(lane, job);
    co_return finished;
  }

  Task<void> prepare_patiently(Lane& lane, MailboxJob& job) {
    for (;;) {
      auto prepared = co_await prepare(run_, job, lane.patience());
      if (prepared || prepared.error().scope != Scope::connection) co_return prepared;
      job.flags.clear();
      job.queue.clear();
      job.queued_bytes = 0;
      const bool again = co_await lane.patience().wait(prepared.error(), job.report.source);
      if (!again) co_return prepared;
    }
  }

  Task<void> complete(Lane& lane, MailboxJob& job) {
    if (!job.queue.empty() || run_.stopping()) {
      if (run_.stopping()) co_return Status{};
      close_open_ends(job, job.error ? *job.error : run_.appends_stopped.value_or(Error{}));
      co_return Status{};
    }
    job.phase = MailboxJob::Phase::finishing;
    for (;;) {
      auto finished = co_await finish_mailbox(run_, job, lane.patience());
      if (finished) break;
      const bool again = finished.error().scope == Scope::connection &&
                         co_await lane.patience().wait(finished.error(), job.report.target);
      if (again) continue;
      if (run_.stopping()) co_return Status{};
      fail_mailbox(job, finished.error());
      co_return finished;
    }
    if (job.error) {
      fail_mailbox(job, *job.error);
    } else {
      finish(job);
    }
    co_return Status{};
  }

  // What could not be copied because the mailbox or the account takes no more: counted, named once.
  void close_open_ends(MailboxJob& job, const Error& error) {
    job.report.failed += job.queue.size();
    const std::size_t left = job.queue.size();
    Error why = error;
    if (left != 0) why.at(fmt::format("{} message(s), {} bytes not copied", left, job.queued_bytes));
    fail_mailbox(job, why);
  }

  void fail_mailbox(MailboxJob& job, const Error& error) {
    job.incomplete = true;
    Failure failure;
    failure.mailbox = job.report.source;
    failure.reason = name(error.code);
    failure.message = error.describe();
    failure.server_text = error.server_text;
    if (job.report.failed == 0) job.report.failed = 1;
    run_.fail(std::move(failure));
    finish(job);
  }

  void finish(MailboxJob& job) {
    job.phase = MailboxJob::Phase::done;
    if (job.started != TimePoint{})
      job.report.seconds = std::chrono::duration<double>(MonoClock::now() - job.started).count();
    job.report.target_messages = job.target_status.count + job.stored;
    run_.meter.mailbox_done();
    run_.observer(Event(MailboxDone{job.report}));
    changed_.notify_all();
  }

  // ---- after the lanes
  // -----------------------------------------------------------------------------------------

  // The target's status is remembered only where our own appends explain it.
  Task<void> remember_settled() {
    std::vector<store::MailboxInfo> ask;
    std::vector<MailboxJob*> who;
    for (auto& job : jobs_) {
      const bool through = job.phase == MailboxJob::Phase::done && !job.incomplete && !job.report.settled &&
                           !job.mapped.shares_target;
      if (!through || !run_.policy.messages.everything()) continue;
      ask.push_back(job.mapped.target);
      who.push_back(&job);
    }
    if (ask.empty() || run_.stopping()) co_return Status{};
    PF_CO_TRY(const auto told, co_await run_.target.status(ask));
    for (std::size_t i = 0; i < told.size(); ++i) {
      if (!told[i]) continue;
      MailboxJob& job = *who[i];
      if (told[i]->epoch != job.record.target_epoch || told[i]->count != job.target_status.count + job.stored)
        continue;
      PF_CO_TRYV(co_await run_.journal.set_settled(job.record.id,
                                                   encode_settled(job.source_status, run_.policy.sync_flags),
                                                   encode_settled(*told[i], false)));
    }
    auto flushed = co_await run_.journal.flush();
    co_return flushed;
  }

  RunContext& run_;
  std::vector<store::MailboxInfo> source_mailboxes_, target_mailboxes_;
  std::deque<MailboxJob> jobs_;
  std::size_t lanes_ = 0;
  pf::Event changed_;
};

}  // namespace

asio::awaitable<void> run_copy(RunContext& run) {
  run.observer(Event(RunStarted{run.source.label(), run.target.label(), run.policy.dry_run}));
  CopyRun copy(run);
  const auto done = co_await copy.go();
  copy.add_up();
  if (!done) run.summary.fatal = done.error();
  conclude(run);
}

}  // namespace pf::sync
