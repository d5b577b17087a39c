#include "sync/gone_mailboxes.h"

#include "sync/patience.h"
#include "sync/scan.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::sync {

namespace {

const store::MailboxInfo* find(const std::vector<store::MailboxInfo>& list, const std::string& id) {
  const auto at = std::ranges::find(list, id, &store::MailboxInfo::id);
  return at == list.end() ? nullptr : &*at;
}

class GoneMailboxes {
 public:
  GoneMailboxes(Board& board, const Listings& found)
      : board_(board), run_(board.run), found_(found), patience_(run_) {}

  Task<void> plan() {
    PF_CO_TRY(const auto records, co_await run_.journal.mailboxes());
    for (const auto& record : records) {
      const auto* source = find(found_.source, record.source_name);
      const auto* target = find(found_.target, record.target_name);
      if (record.source_epoch.empty() || (source == nullptr) == (target == nullptr)) continue;
      // A mirror changes the target only.
      if (target == nullptr && run_.policy.mode != Mode::two_way) continue;
      PF_CO_TRYV(co_await plan_one(record, source, target));
    }
    co_return Status{};
  }

 private:
  Task<void> plan_one(const state::MailboxRecord& record, const store::MailboxInfo* source,
                      const store::MailboxInfo* target) {
    const bool at_source = source != nullptr;  // where it still is
    const store::MailboxInfo& left = at_source ? *source : *target;
    store::Store& lost_from = at_source ? run_.target : run_.source;
    if (!left.selectable || left.path.is_inbox() || shared(record, at_source)) co_return Status{};
    store::MailboxInfo lost;
    lost.id = at_source ? record.target_name : record.source_name;
    lost.path = path_from_wire(lost.id, lost_from.name_rules());
    if (!chosen(run_.policy.mailboxes, at_source ? left.path : lost.path)) co_return Status{};
    if (!run_.policy.removal.mailboxes) {
      left_alone(left, lost_from);
      co_return Status{};
    }
    PF_CO_TRY(const bool gone, co_await really_gone(lost_from, lost));
    if (!gone) co_return Status{};
    auto added = co_await add_job(record, left, lost, at_source);
    co_return added;
  }

  // Another mailbox goes there, too.
  [[nodiscard]] bool shared(const state::MailboxRecord& record, bool at_source) const {
    return std::ranges::any_of(board_.jobs, [&](const auto& job) {
      return at_source ? job.mapped.source.id == record.source_name
                       : job.mapped.target.id == record.target_name;
    });
  }

  void left_alone(const store::MailboxInfo& left, const store::Store& lost_from) {
    run_.warn(
        fmt::format("\"{}\" was deleted at {}; it is left alone here (--delete-mailboxes deletes it, when it "
                    "is empty or its messages are in the quarantine)",
                    printable(left.path.display()), lost_from.label()));
  }

  // A listing may be short, and rights or a damaged folder may hide a mailbox: gone is only what the store
  // says is not there when it is asked for it.
  Task<bool> really_gone(store::Store& store, const store::MailboxInfo& mailbox) {
    std::vector<store::MailboxInfo> one{mailbox};
    auto attempt = [&store, &one] { return store.status(one); };
    PF_CO_TRY(const auto told, co_await patiently(run_, store.label(), attempt));
    const auto& status = told.at(0);
    if (!status && status.error().code == Errc::not_found) co_return true;
    run_.warn(fmt::format("{} does not list \"{}\" but {}; it is left alone", store.label(),
                          printable(mailbox.path.display()),
                          status ? "has it" : "does not say that it is gone: " + status.error().describe()));
    co_return false;
  }

  Task<void> add_job(const state::MailboxRecord& record, const store::MailboxInfo& left,
                     const store::MailboxInfo& lost, bool at_source) {
    store::Store& store = at_source ? run_.source : run_.target;
    PF_CO_TRY(auto open, co_await patience_.open(store, left, store::Access::read));
    if (open->status().epoch != (at_source ? record.source_epoch : record.target_epoch)) {
      run_.warn(fmt::format("\"{}\" is not the mailbox it was (UIDVALIDITY); it is left alone",
                            printable(left.path.display())));
      co_return Status{};
    }
    PF_CO_TRY(const auto there, co_await scan_all(*open, store::ScanFields::refs));
    PF_CO_TRY(auto pairs, co_await run_.journal.pairs(record.id));
    MailboxJob& job = board_.jobs.emplace_back();
    (at_source ? job.source_status : job.target_status) = open->status();
    ignore(co_await open->close());
    std::erase_if(pairs, [&](const auto& pair) {
      const auto& ref = at_source ? pair.source : pair.target;
      return !std::ranges::binary_search(there, ref, {}, &MessageMeta::ref);
    });
    (at_source ? job.gone_target : job.gone_source) = std::move(pairs);
    job.mapped.source = at_source ? left : lost;
    job.mapped.target = at_source ? lost : left;
    job.mapped.exists = true;
    job.report.source = job.mapped.source.path.display();
    job.report.target = job.mapped.target.path.display();
    job.record = record;
    job.gone_from = at_source ? MailboxJob::Gone::target : MailboxJob::Gone::source;
    job.incomplete = true;  // nothing here can be settled
    job.phase = MailboxJob::Phase::done;
    co_return Status{};
  }

  Board& board_;
  RunContext& run_;
  const Listings& found_;
  Patience patience_;
};

// Where it still is.
Task<void> delete_one(RunContext& run, const MailboxJob& job) {
  const bool at_source = job.gone_from == MailboxJob::Gone::target;
  store::Store& store = at_source ? run.source : run.target;
  std::vector<store::MailboxInfo> one{at_source ? job.mapped.source : job.mapped.target};
  PF_CO_TRY(const auto told, co_await store.status(one));
  const std::string name = printable(one[0].path.display());
  if (!told.at(0)) co_return Status{};
  if (told[0]->count != 0) {
    run.warn(fmt::format("mailbox \"{}\" is not deleted: it holds {} message{}", name, told[0]->count,
                         told[0]->count == 1 ? "" : "s"));
    co_return Status{};
  }
  auto removed = co_await store.remove(one[0]);
  if (!removed && removed.error().scope != Scope::mailbox) co_return removed;
  if (!removed) {
    run.warn(fmt::format("mailbox \"{}\" is not deleted: {}", name, removed.error().describe()));
    co_return Status{};
  }
  run.notice(fmt::format("deleted mailbox \"{}\" at {}", name, store.label()));
  auto dropped = co_await run.journal.drop(job.record.id);
  co_return dropped;
}

}  // namespace

Task<void> plan_gone_mailboxes(Board& board, const Listings& found) {
  GoneMailboxes gone(board, found);
  auto planned = co_await gone.plan();
  co_return planned;
}

Task<void> delete_gone_mailboxes(Board& board) {
  std::vector<const MailboxJob*> gone;
  for (const auto& job : board.jobs) {
    if (job.gone_from != MailboxJob::Gone::nowhere) gone.push_back(&job);
  }
  // A mailbox with children may not go before them (Cyrus).
  std::ranges::sort(gone, std::ranges::greater{},
                    [](const MailboxJob* job) { return job->mapped.target.path.parts.size(); });
  for (const MailboxJob* job : gone) {
    if (board.run.stopping()) co_return Status{};
    if (board.run.policy.dry_run) {
      board.run.observer(
          Event(Planned{fmt::format("delete mailbox \"{}\" when it is empty{}", printable(job->report.target),
                                    job->gone_from == MailboxJob::Gone::target ? " (source)" : "")}));
      continue;
    }
    auto attempt = [&board, job] { return delete_one(board.run, *job); };
    PF_CO_TRYV(co_await patiently(board.run, job->report.target, attempt));
  }
  co_return Status{};
}

}  // namespace pf::sync
