#include "sync/two_way.h"

#include "async/group.h"
#include "sync/board.h"
#include "sync/conclude.h"
#include "sync/crew.h"
#include "sync/gone_mailboxes.h"
#include "sync/harvest.h"
#include "sync/look_all.h"
#include "sync/mailbox_renames.h"
#include "sync/make_mailboxes.h"
#include "sync/mapping.h"
#include "sync/meet.h"
#include "sync/moves.h"
#include "sync/pacing.h"
#include "sync/quarantine.h"
#include "sync/recover.h"
#include "sync/removals.h"
#include "sync/scan.h"
#include "sync/settled.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pf::sync {

namespace {

Policy as_copy(Policy policy) {
  policy.mode = Mode::copy;
  return policy;
}

MappedMailbox turned(const MappedMailbox& mapped) {
  MappedMailbox out = mapped;
  std::swap(out.source, out.target);
  return out;
}

class TwoWayRun {
 public:
  explicit TwoWayRun(RunContext& run)
      : run_(run),
        copy_policy_(as_copy(run.policy)),
        back_run_(run.target, run.source, *run.back_journal, copy_policy_, run.observer, run.stop),
        board_(run),
        back_(back_run_) {
    board_.tells_at_end = back_.tells_at_end = true;
    back_run_.back_journal = &run.journal;
    back_run_.source_pace = run.target_pace;
    back_run_.target_pace = run.source_pace;
    back_run_.allowance = run.allowance;
  }

  Task<void> go() {
    watch_pace(run_);
    PF_CO_TRYV(co_await outwait_cut_off_moves(run_));
    PF_CO_TRY(found_, co_await meet(run_));
    PF_CO_TRYV(co_await recall_pace(run_));
    leave_out_quarantine(found_.source, run_.policy.removal);
    leave_out_quarantine(found_.target, run_.policy.removal);
    PF_CO_TRYV(co_await follow_renames(run_, found_));
    PF_CO_TRYV(co_await map());
    if (run_.policy.dry_run) {
      auto planned = co_await plan_only();
      co_return planned;
    }
    PF_CO_TRYV(co_await make_all());
    PF_CO_TRYV(co_await pick_up_way_back());
    PF_CO_TRYV(co_await leave_settled(board_));
    PF_CO_TRYV(co_await look_at_all(board_));
    PF_CO_TRYV(co_await look_at_far_only());
    PF_CO_TRYV(co_await follow_moves(board_));
    leave_emptied_alone();
    PF_CO_TRYV(co_await run_crew(board_));
    PF_CO_TRYV(co_await plan_way_back());
    PF_CO_TRYV(co_await run_crew(back_));
    PF_CO_TRYV(co_await bring_in());
    PF_CO_TRYV(co_await remove_all());
    auto remembered = co_await remember_settled(board_);
    co_return remembered;
  }

  void add_up() {
    board_.add_up();
    Summary& sum = run_.summary;
    for (auto& job : back_.jobs) {
      const MailboxReport& back = job.report;
      const std::uint64_t brought = back.copied + back.restored;
      sum.copied_back += brought;
      sum.failed += back.failed;
      sum.vanished += back.vanished;
      sum.bytes_copied += back.bytes_copied;
      auto same = std::ranges::find(sum.per_mailbox, back.target, &MailboxReport::source);
      if (same == sum.per_mailbox.end()) {
        MailboxReport report;
        report.source = back.target;
        report.target = back.source;
        report.created = back.created;
        report.target_messages = back.source_messages;
        sum.per_mailbox.push_back(std::move(report));
        same = std::prev(sum.per_mailbox.end());
        ++sum.mailboxes;
      }
      same->copied_back += brought;
      same->failed += back.failed;
      same->bytes_copied += back.bytes_copied;
    }
    const Summary& back = back_run_.summary;
    std::ranges::copy(back.failures, std::back_inserter(sum.failures));
    std::ranges::copy(back.warnings, std::back_inserter(sum.warnings));
    sum.left += back.left;
    sum.waited_source += back.waited_source;
    sum.waited_target += back.waited_target;
    sum.waited_commit += back.waited_commit;
  }

 private:
  // ---- which mailboxes

  Task<void> map() {
    auto forward =
        map_mailboxes(found_.source, found_.target, run_.target.name_rules(), run_.policy.mailboxes);
    if (!forward) {
      run_.summary.nothing_done = true;
      co_return forward.error();
    }
    for (auto& warning : without_match(run_.policy.mailboxes, {&found_.source, &found_.target}))
      run_.warn(std::move(warning));
    for (auto& warning : forward->warnings) run_.warn(std::move(warning));
    PF_CO_TRY(const auto records, co_await run_.journal.mailboxes());
    std::set<std::string> taken;
    for (auto& mapped : forward->mailboxes) {
      if (mapped.shares_target) {
        run_.summary.nothing_done = true;
        co_return Error(Errc::usage, Scope::run, Retry::never,
                        fmt::format("two mailboxes go to \"{}\"; two-way needs one for one",
                                    printable(mapped.target.path.display())));
      }
      taken.insert(mapped.target.id);
      const bool recorded = std::ranges::any_of(records, [&](const auto& r) {
        return r.source_name == mapped.source.id && r.target_name == mapped.target.id &&
               !r.target_epoch.empty();
      });
      // Deleted there: to make it again would undo that.  See gone_mailboxes.h.
      if (mapped.exists || !recorded) add(board_, std::move(mapped));
    }
    auto reverse = map_far_only(taken, records);
    co_return reverse;
  }

  // What only the target has is made at the source.
  Status map_far_only(const std::set<std::string>& taken, const std::vector<state::MailboxRecord>& records) {
    std::vector<store::MailboxInfo> rest;
    for (const auto& m : found_.target) {
      if (!m.selectable || taken.contains(m.id)) continue;
      const bool recorded = std::ranges::any_of(
          records, [&](const auto& r) { return r.target_name == m.id && !r.source_epoch.empty(); });
      if (!recorded) rest.push_back(m);
    }
    MailboxChoice choice = run_.policy.mailboxes;
    choice.map.clear();
    PF_TRY(auto back, map_mailboxes(rest, found_.source, run_.source.name_rules(), choice));
    for (auto& warning : back.warnings) run_.warn(std::move(warning));
    for (auto& mapped : back.mailboxes) add(back_, std::move(mapped));
    run_.meter.start_mailboxes(board_.jobs.size() + back_.jobs.size());
    return {};
  }

  static void add(Board& board, MappedMailbox mapped) {
    MailboxJob& job = board.jobs.emplace_back();
    job.report.source = mapped.source.path.display();
    job.report.target = mapped.target.path.display();
    job.creating = !mapped.exists;
    job.mapped = std::move(mapped);
  }

  Task<void> make_all() {
    PF_CO_TRYV(co_await make_mailboxes(board_, found_.target));
    PF_CO_TRYV(co_await make_mailboxes(back_, found_.source));
    // They were in no listing; nobody shall take them for deleted.
    for (const auto& job : board_.jobs) {
      if (job.report.created) found_.target.push_back(job.mapped.target);
    }
    for (const auto& job : back_.jobs) {
      if (job.mapped.exists) found_.source.push_back(job.mapped.target);
    }
    co_return Status{};
  }

  // What is gone from the target's other mailboxes may have been moved into one that only the target has:
  // then that is looked at like those that both have.
  Task<void> look_at_far_only() {
    if (std::ranges::all_of(board_.jobs, [](const auto& job) { return job.gone_target.empty(); }))
      co_return Status{};
    for (auto& back : back_.jobs) {
      if (back.phase != MailboxJob::Phase::waiting || !(back.mapped.exists || run_.policy.dry_run)) continue;
      back.phase = MailboxJob::Phase::done;
      MailboxJob& job = board_.jobs.emplace_back();
      job.mapped = turned(back.mapped);
      job.mapped.exists = true;
      job.report.source = back.report.target;
      job.report.target = back.report.source;
      job.report.created = back.report.created;
      if (run_.policy.dry_run) PF_CO_TRYV(co_await list_new(job));
    }
    auto looked = co_await look_at_all(board_);
    co_return looked;
  }

  // The source's mailbox would be made, and is empty.
  Task<void> list_new(MailboxJob& job) {
    Patience patience(run_);
    PF_CO_TRY(auto scanned, co_await open_and_scan_all(patience, run_.target, job.mapped.target,
                                                       store::Access::read, store::ScanFields::keys));
    job.back = std::move(scanned.messages);
    ignore(co_await scanned.mailbox->close());
    job.phase = MailboxJob::Phase::ready;
    co_return Status{};
  }

  // An account that has nothing of what it had is no reason to remove anything (guards.h), and must not look
  // as if it were one to the next run: nothing is put there.
  void leave_emptied_alone() {
    const auto lost = [&](auto list) {
      return std::ranges::any_of(board_.jobs, [&](const auto& job) { return !(job.*list).empty(); });
    };
    const AccountTotals there = totals();
    const bool source = there.source_messages == 0 && lost(&MailboxJob::gone_source);
    const bool target = there.target_messages == 0 && lost(&MailboxJob::gone_target);
    for (auto& job : board_.jobs) {
      if (source) job.back.clear();
      if (target) job.queue.clear();
      if (target) job.queued_bytes = 0;
      if (source || target) job.incomplete = true;
    }
    for (auto& back : back_.jobs) {
      if (source) back.phase = MailboxJob::Phase::done;
    }
  }

  // ---- the way back

  // What an earlier run left behind on the way back: appends nobody saw the answer of, pairs not brought in.
  Task<void> pick_up_way_back() {
    for (auto& job : board_.jobs) {
      if (job.phase == MailboxJob::Phase::done) continue;
      PF_CO_TRY(job.record, co_await run_.journal.mailbox(job.mapped.source.id, job.mapped.target.id));
      MailboxJob back;
      PF_CO_TRYV(co_await prepare_back(job, back));
      PF_CO_TRY(auto intents, co_await back_run_.journal.open_intents(back.record.id));
      std::vector<Unresolved> lost;
      for (auto& intent : intents) {
        Unresolved u;
        u.intent = std::move(intent);
        lost.push_back(std::move(u));
      }
      Patience patience(back_run_);
      PF_CO_TRYV(co_await recover(back_run_, back, patience, std::move(lost)));
      PF_CO_TRYV(co_await remove_late_doubles(back_run_, back, patience));
      PF_CO_TRYV(co_await harvest(run_, job.record));
    }
    co_return Status{};
  }

  // The same two mailboxes, seen from the other side.
  Task<void> prepare_back(const MailboxJob& job, MailboxJob& back) {
    back.mapped = turned(job.mapped);
    back.mapped.exists = true;
    back.report.source = job.report.target;
    back.report.target = job.report.source;
    PF_CO_TRY(back.record, co_await back_run_.journal.mailbox(back.mapped.source.id, back.mapped.target.id));
    co_return Status{};
  }

  Task<void> plan_way_back() {
    for (auto& job : board_.jobs) {
      if (job.back.empty() || job.error) continue;
      MailboxJob& back = back_.jobs.emplace_back();
      PF_CO_TRYV(co_await prepare_back(job, back));
      back.source_status = job.target_status;
      back.target_status = job.source_status;
      back.rules = job.source_rules;
      if (back.record.source_epoch != back.source_status.epoch ||
          back.record.target_epoch != back.target_status.epoch) {
        PF_CO_TRYV(co_await back_run_.journal.reset(back.record.id, back.source_status.epoch,
                                                    back.target_status.epoch));
        back.record.source_epoch = back.source_status.epoch;
        back.record.target_epoch = back.target_status.epoch;
      }
      std::vector<CopyItem> items;
      for (const auto& m : job.back) items.push_back({m.ref, m.size, m.date, m.flags, false, 0, {}});
      put_in_order(items, run_.policy.order);
      for (auto& item : items) {
        back.queued_bytes += item.size;
        back.queue.push_back(std::move(item));
      }
      back_run_.meter.expect(back.queue.size(), back.queued_bytes);
      back.started = MonoClock::now();
      back.phase = MailboxJob::Phase::ready;
    }
    co_return Status{};
  }

  // Pairs of the way back become pairs like all others.
  Task<void> bring_in() {
    for (auto& back : back_.jobs) {
      if (back.record.id == 0) continue;  // never begun
      PF_CO_TRY(auto record, co_await run_.journal.mailbox(back.mapped.target.id, back.mapped.source.id));
      if (record.source_epoch.empty() && !back.record.source_epoch.empty()) {
        PF_CO_TRYV(
            co_await run_.journal.reset(record.id, back.record.target_epoch, back.record.source_epoch));
        record.source_epoch = back.record.target_epoch;
        record.target_epoch = back.record.source_epoch;
      }
      PF_CO_TRYV(co_await harvest(run_, record));
      const auto job = std::ranges::find(board_.jobs, record.id, [](const auto& j) { return j.record.id; });
      if (job == board_.jobs.end()) continue;
      job->at_source.stored += back.at_target.stored;
      if (back.incomplete || back.error) job->incomplete = true;
    }
    if (back_run_.fatal) co_return *back_run_.fatal;
    co_return Status{};
  }

  Task<void> remove_all() {
    PF_CO_TRYV(co_await plan_gone_mailboxes(board_, found_));
    PF_CO_TRYV(co_await remove_gone(board_, totals()));
    auto deleted = co_await delete_gone_mailboxes(board_);
    co_return deleted;
  }

  // ---- saying it

  AccountTotals totals() const {
    AccountTotals out;
    for (const auto& job : board_.jobs) {
      out.source_messages += job.source_status.count;
      out.target_messages += job.target_status.count;
    }
    return out;
  }

  Task<void> plan_only() {
    for (auto& job : board_.jobs) job.creating = false;
    PF_CO_TRYV(co_await look_at_all(board_));
    for (const auto& job : back_.jobs)
      say(fmt::format("create mailbox \"{}\" (source)", printable(job.report.target)));
    PF_CO_TRYV(co_await look_at_far_only());
    PF_CO_TRYV(co_await follow_moves(board_));
    leave_emptied_alone();
    for (auto& job : board_.jobs) tell(job);
    for (const auto& job : back_.jobs) {
      if (job.phase == MailboxJob::Phase::done) continue;
      const std::uint64_t count = job.mapped.source.status ? job.mapped.source.status->count : 0;
      if (count != 0) tell_copy(count, std::nullopt, job.report.source, job.report.target, true);
    }
    auto told = co_await remove_all();
    co_return told;
  }

  void tell(const MailboxJob& job) {
    if (!job.mapped.exists) say(fmt::format("create mailbox \"{}\"", printable(job.report.target)));
    if (!job.queue.empty())
      tell_copy(job.queue.size(), job.queued_bytes, job.report.source, job.report.target, false);
    std::uint64_t bytes = 0;
    for (const auto& m : job.back) bytes += m.size;
    if (!job.back.empty()) tell_copy(job.back.size(), bytes, job.report.target, job.report.source, true);
    const auto there = std::ranges::count_if(job.flags, &FlagStep::changes_target);
    const auto here = std::ranges::count_if(job.flags, &FlagStep::changes_source);
    if (there != 0)
      say(fmt::format("change flags of {} message(s) in \"{}\"", there, printable(job.report.target)));
    if (here != 0)
      say(fmt::format("change flags of {} message(s) in \"{}\" (source)", here,
                      printable(job.report.source)));
  }

  void tell_copy(std::uint64_t count, std::optional<std::uint64_t> bytes, const std::string& from,
                 const std::string& to, bool back) {
    const std::string size =
        bytes ? fmt::format(" ({:.1f} MB)", static_cast<double>(*bytes) / 1e6) : std::string{};
    say(fmt::format("copy {} message{}{} from \"{}\" to \"{}\"{}", count, count == 1 ? "" : "s", size,
                    printable(from), printable(to), back ? " (source)" : ""));
  }

  void say(std::string text) { run_.observer(Event(Planned{std::move(text)})); }

  RunContext& run_;
  Policy copy_policy_;
  RunContext back_run_;
  Board board_, back_;
  Listings found_;
};

}  // namespace

asio::awaitable<void> run_two_way(RunContext& run) {
  run.observer(Event(RunStarted{run.source.label(), run.target.label(), run.policy.dry_run}));
  TwoWayRun two_way(run);
  const auto done = co_await two_way.go();
  co_await remember_pace(run);
  two_way.add_up();
  tell_reports(run);
  if (!done) run.summary.fatal = done.error();
  conclude(run);
}

}  // namespace pf::sync
