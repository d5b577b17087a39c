#include "sync/run.h"

#include "async/group.h"
#include "sync/board.h"
#include "sync/conclude.h"
#include "sync/crew.h"
#include "sync/gone_mailboxes.h"
#include "sync/lane.h"
#include "sync/make_mailboxes.h"
#include "sync/mapping.h"
#include "sync/meet.h"
#include "sync/pacing.h"
#include "sync/prepare.h"
#include "sync/quarantine.h"
#include "sync/removals.h"
#include "sync/settled.h"
#include "sync/two_way.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace pf::sync {

namespace {

class CopyRun {
 public:
  explicit CopyRun(RunContext& run) : board(run), run_(run) {
    board.tells_at_end = run.policy.mode != Mode::copy;
  }

  Task<void> go() {
    watch_pace(run_);
    PF_CO_TRY(found_, co_await meet(run_));
    PF_CO_TRYV(co_await recall_pace(run_));
    if (run_.policy.mode != Mode::copy) {
      leave_out_quarantine(found_.source, run_.policy.removal);
      leave_out_quarantine(found_.target, run_.policy.removal);
    }
    PF_CO_TRYV(map());
    PF_CO_TRYV(co_await note_siblings());
    if (run_.policy.dry_run) {
      PF_CO_TRYV(co_await plan_only());
    } else {
      // Mailboxes are made while the lanes log in and look at the source.
      TaskGroup making;
      for (auto& job : board.jobs) job.creating = !job.mapped.exists;
      co_await making.spawn(make_mailboxes(board, found_.target));
      auto copied = co_await copy_all();
      auto made = co_await making.join();
      if (!made) co_return made;
      if (!copied) co_return copied;
      if (run_.policy.mode != Mode::copy) PF_CO_TRYV(co_await remove_all());
      PF_CO_TRYV(co_await remember_settled(board));
    }
    co_return Status{};
  }

  Task<void> remove_all() {
    PF_CO_TRYV(co_await plan_gone_mailboxes(board, found_));
    PF_CO_TRYV(co_await remove_gone(board, totals()));
    auto deleted = co_await delete_gone_mailboxes(board);
    co_return deleted;
  }

  // As far as they are known: what was looked at, and what the listing told of the rest.
  AccountTotals totals() const {
    AccountTotals out;
    for (const auto& job : board.jobs) {
      out.source_messages += job.source_status.count;
      out.target_messages += job.target_status.count;
    }
    const auto looked_at = [&](const std::string& id, store::MailboxInfo MappedMailbox::* side) {
      return std::ranges::any_of(board.jobs, [&](const auto& job) { return (job.mapped.*side).id == id; });
    };
    for (const auto& m : found_.source) {
      if (m.status && !looked_at(m.id, &MappedMailbox::source)) out.source_messages += m.status->count;
    }
    for (const auto& m : found_.target) {
      if (m.status && !looked_at(m.id, &MappedMailbox::target)) out.target_messages += m.status->count;
    }
    return out;
  }

  Board board;

 private:
  Status map() {
    auto mapping =
        map_mailboxes(found_.source, found_.target, run_.target.name_rules(), run_.policy.mailboxes);
    if (!mapping) {
      run_.summary.nothing_done = true;
      return mapping.error();
    }
    for (auto& warning : without_match(run_.policy.mailboxes, {&found_.source, &found_.target}))
      run_.warn(std::move(warning));
    for (auto& warning : mapping->warnings) run_.warn(std::move(warning));
    std::map<std::string, std::size_t> last_with_target;
    for (auto& mapped : mapping->mailboxes) {
      MailboxJob& job = board.jobs.emplace_back();
      job.report.source = mapped.source.path.display();
      job.report.target = mapped.target.path.display();
      if (auto earlier = last_with_target.find(mapped.target.id); earlier != last_with_target.end()) {
        job.predecessor = earlier->second;
      }
      last_with_target[mapped.target.id] = board.jobs.size() - 1;
      job.mapped = std::move(mapped);
    }
    run_.meter.start_mailboxes(board.jobs.size());
    return {};
  }

  // Mailboxes that share a target share it for ever: what one brought there the other must not take for its
  // own.
  Task<void> note_siblings() {
    PF_CO_TRY(const auto records, co_await run_.journal.mailboxes());
    std::map<std::string, std::set<std::string>> sources;  // by target
    for (const auto& record : records) sources[record.target_name].insert(record.source_name);
    for (const auto& job : board.jobs) sources[job.mapped.target.id].insert(job.mapped.source.id);
    for (auto& job : board.jobs) job.siblings = sources[job.mapped.target.id].size() > 1;
    co_return Status{};
  }

  Task<void> plan_only() {
    Lane lane(run_);
    for (auto& job : board.jobs) {
      if (run_.stopping()) co_return Status{};
      auto prepared = co_await prepare(run_, job, lane.patience());
      job.opened_source.reset();  // nothing will be read
      if (!prepared) {
        board.fail(job, prepared.error());
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
    if (run_.policy.mode != Mode::copy) PF_CO_TRYV(co_await remove_all());
    co_return Status{};
  }

  Task<void> copy_all() {
    PF_CO_TRYV(co_await leave_settled(board));
    auto copied = co_await run_crew(board);
    co_return copied;
  }

  RunContext& run_;
  Listings found_;
};

}  // namespace

asio::awaitable<void> run_copy(RunContext& run) {
  if (run.policy.mode == Mode::two_way) {
    co_await run_two_way(run);
    co_return;
  }
  run.observer(Event(RunStarted{run.source.label(), run.target.label(), run.policy.dry_run}));
  CopyRun copy(run);
  const auto done = co_await copy.go();
  co_await remember_pace(run);
  copy.board.add_up();
  if (copy.board.tells_at_end) tell_reports(run);
  if (!done) run.summary.fatal = done.error();
  conclude(run);
}

}  // namespace pf::sync
