#include "sync/prepare.h"

#include "async/group.h"
#include "sync/changes.h"
#include "sync/doubts.h"
#include "sync/pairing.h"
#include "sync/recover.h"
#include "sync/renumbered.h"
#include "sync/scan.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::sync {

namespace {

std::vector<Unresolved> as_unresolved(std::vector<state::IntentRow> intents) {
  std::vector<Unresolved> out;
  for (auto& intent : intents) {
    Unresolved u;
    u.intent = std::move(intent);
    out.push_back(std::move(u));
  }
  return out;
}

class Preparation {
 public:
  Preparation(RunContext& run, MailboxJob& job, Patience& patience)
      : run_(run), job_(job), patience_(patience) {}

  Task<void> prepare() {
    if (!job_.creating) PF_CO_TRYV(co_await recall());
    PF_CO_TRYV(co_await look_at_both());
    PF_CO_TRYV(co_await compare());
    if (target_) PF_CO_TRYV(co_await pair_up());
    PF_CO_TRYV(co_await plan_removals());
    plan();
    job_.opened_source = std::move(source_);
    if (target_) ignore(co_await target_->close());
    co_return Status{};
  }

 private:
  // What an earlier run left behind: appends nobody saw the answer of, and their late doubles.
  Task<void> recall() {
    PF_CO_TRY(job_.record, co_await run_.recall(job_.mapped.source.id, job_.mapped.target.id));
    if (!job_.mapped.exists || job_.report.created || run_.policy.dry_run) co_return Status{};
    PF_CO_TRY(auto intents, co_await run_.journal.open_intents(job_.record.id));
    if (!intents.empty())
      PF_CO_TRYV(co_await recover(run_, job_, patience_, as_unresolved(std::move(intents))));
    PF_CO_TRYV(co_await remove_late_doubles(run_, job_, patience_));
    co_return Status{};
  }

  // ---- looking

  Task<void> look_at_both() {
    // What changed will do, as far as can be told before the mailboxes are open.
    bool scanning = true;
    if (job_.record.id != 0 && job_.mapped.exists && !job_.report.created) {
      PF_CO_TRY(const bool may, co_await changes_may_do(run_, job_));
      scanning = !may;
    }
    {
      TaskGroup group;
      co_await group.spawn(open_source(scanning));
      co_await group.spawn(open_target(scanning));
      PF_CO_TRYV(co_await group.join());
    }
    note_statuses();
    PF_CO_TRYV(co_await check_epochs());
    const bool known = !forgotten_ && !job_.record.source_settled.empty();  // check_epochs() may forget
    if (!scanning && known && target_) {
      PF_CO_TRY(auto changes, co_await look_at_changes(run_, job_, *source_, *target_));
      if (changes) {
        look_ = *std::move(changes);
        co_return Status{};
      }
    }
    if (!scanning) {
      TaskGroup group;
      co_await group.spawn(scan_source());
      co_await group.spawn(scan_target());
      PF_CO_TRYV(co_await group.join());
    }
    note_shortfall();
    if (!forgotten_) {
      PF_CO_TRY(look_.pairs, co_await run_.journal.pairs(job_.record.id));
    }
    co_return Status{};
  }

  Task<void> open_source(bool scanning) {
    // Two-way the source is written to as well; only SELECT tells which flags are permanent.
    const bool writes = run_.policy.mode == Mode::two_way && !run_.policy.dry_run;
    const auto access = writes ? store::Access::write : store::Access::read;
    if (!scanning) {
      PF_CO_TRY(source_, co_await patience_.open(run_.source, job_.mapped.source, access));
      co_return Status{};
    }
    PF_CO_TRY(auto scanned,
              co_await open_and_scan_all(patience_, run_.source, job_.mapped.source, access, source_fields));
    source_ = std::move(scanned.mailbox);
    look_.source = std::move(scanned.messages);
    co_return Status{};
  }

  Task<void> open_target(bool scanning) {
    while (job_.creating) co_await job_.changed.wait();
    if (job_.record.id == 0) PF_CO_TRYV(co_await recall());
    if (!job_.mapped.exists) co_return Status{};
    // SELECT, because EXAMINE does not tell which flags are permanent; a dry run looks only.
    const auto access = run_.policy.dry_run ? store::Access::read : store::Access::write;
    if (!scanning) {
      PF_CO_TRY(target_, co_await patience_.open(run_.target, job_.mapped.target, access));
      co_return Status{};
    }
    PF_CO_TRY(auto scanned, co_await open_and_scan_all(patience_, run_.target, job_.mapped.target, access,
                                                       target_fields()));
    target_ = std::move(scanned.mailbox);
    look_.target = std::move(scanned.messages);
    co_return Status{};
  }

  Task<void> scan_source() {
    PF_CO_TRY(look_.source, co_await scan_all(*source_, source_fields));
    co_return Status{};
  }

  Task<void> scan_target() {
    if (!target_) co_return Status{};
    PF_CO_TRY(look_.target, co_await scan_all(*target_, target_fields()));
    co_return Status{};
  }

  static constexpr auto source_fields = store::ScanFields::basic;
  [[nodiscard]] store::ScanFields target_fields() const {
    return run_.policy.mode == Mode::copy ? store::ScanFields::flags : store::ScanFields::basic;
  }

  void note_statuses() {
    job_.source_status = source_->status();
    job_.at_source = job_.at_target = {};  // what was recovered is counted by the servers themselves
    if (target_) {
      job_.target_status = target_->status();
      if (!run_.policy.dry_run) job_.rules = target_->flag_rules();
    }
    if (run_.policy.mode == Mode::two_way && !run_.policy.dry_run) job_.source_rules = source_->flag_rules();
    job_.report.source_messages = job_.source_status.count;
  }

  // A server that lists less than it says it has: what is missing in the list is not gone.
  void note_shortfall() {
    auto note = [&](const std::string& side, const std::string& mailbox, std::size_t listed,
                    std::uint64_t count) {
      if (listed >= count) return;
      run_.warn(fmt::format("{}: the {} lists {} of {} messages", printable(mailbox), side, listed, count));
      job_.incomplete = true;
      short_list_ = true;
    };
    note("source", job_.report.source, look_.source.size(), job_.source_status.count);
    if (target_) note("target", job_.report.target, look_.target.size(), job_.target_status.count);
  }

  // References of another epoch mean nothing: forget them and pair by identity again.
  Task<void> check_epochs() {
    const Epoch& source = job_.source_status.epoch;
    const Epoch& target = job_.target_status.epoch;
    const bool same = job_.record.source_epoch == source && job_.record.target_epoch == target;
    if (same && !source.empty() && !target.empty()) co_return Status{};
    const auto changed = [](const Epoch& then, const Epoch& now) {
      return !then.empty() && !now.empty() && then != now;
    };
    if (changed(job_.record.source_epoch, source)) {
      run_.notice(fmt::format("{}: the source renumbered its messages (UIDVALIDITY); pairing by content",
                              printable(job_.report.source)));
      PF_CO_TRYV(co_await check_renumbered(run_, job_, *source_, job_.record.source_settled,
                                           printable(job_.report.source)));
    }
    if (changed(job_.record.target_epoch, target)) {
      run_.notice(fmt::format("{}: the target renumbered its messages (UIDVALIDITY); pairing by content",
                              printable(job_.report.target)));
      PF_CO_TRYV(co_await check_renumbered(run_, job_, *target_, job_.record.target_settled,
                                           printable(job_.report.target)));
    }
    if (run_.policy.dry_run) {
      forgotten_ = !job_.record.source_epoch.empty();
      co_return Status{};
    }
    PF_CO_TRYV(co_await run_.journal.reset(job_.record.id, source, target));
    job_.record.source_epoch = source;
    job_.record.target_epoch = target;
    job_.record.source_settled.clear();
    job_.record.target_settled.clear();
    co_return Status{};
  }

  // ---- comparing

  Task<void> compare() {
    if (!forgotten_) {
      PF_CO_TRY(parked_, co_await run_.journal.parked(job_.record.id));
    }
    const DiffInput in{
        look_.source, look_.pairs,       parked_,     target_ ? &look_.target : nullptr,
        job_.rules,   job_.source_rules, run_.policy, run_.target.features().max_message_bytes};
    diff_ = diff(in);
    if (!look_.whole) diff_.matched += job_.source_status.count - look_.source.size();
    if (job_.siblings) PF_CO_TRYV(co_await leave_out_siblings());
    if (run_.policy.dry_run) co_return Status{};
    if (!diff_.unpark.empty()) PF_CO_TRYV(co_await run_.journal.unpark(job_.record.id, diff_.unpark));
    if (!diff_.forget.empty() && !short_list_)
      PF_CO_TRYV(co_await run_.journal.forget(job_.record.id, diff_.forget));
    co_return Status{};
  }

  Task<void> pair_up() {
    if (look_.whole) PF_CO_TRYV(co_await confirm_gone(look_.pairs, *target_, diff_));
    PF_CO_TRYV(co_await pair_by_identity(run_, job_, *source_, *target_, diff_));
    PF_CO_TRY(const bool wrong, co_await references_are_wrong(run_, job_, *target_, diff_));
    if (!wrong) co_return Status{};
    run_.warn(fmt::format("{}: the target told wrong references of what it stored; pairing by content",
                          printable(job_.report.target)));
    PF_CO_TRYV(co_await forget_pairs());
    PF_CO_TRYV(co_await compare());
    auto paired = co_await pair_by_identity(run_, job_, *source_, *target_, diff_);
    co_return paired;
  }

  Task<void> forget_pairs() {
    if (!look_.whole) {
      look_ = {};
      TaskGroup group;
      co_await group.spawn(scan_source());
      co_await group.spawn(scan_target());
      PF_CO_TRYV(co_await group.join());
      note_shortfall();
    }
    look_.pairs.clear();
    job_.flags.clear();
    if (run_.policy.dry_run) co_return Status{};
    PF_CO_TRY(const auto pairs, co_await run_.journal.pairs(job_.record.id));
    std::vector<MessageRef> sources;
    for (const auto& pair : pairs) sources.push_back(pair.source);
    auto forgotten = co_await run_.journal.forget(job_.record.id, std::move(sources));
    co_return forgotten;
  }

  // Copies of another source mailbox that goes to the same target are not ours to pair with.
  Task<void> leave_out_siblings() {
    PF_CO_TRY(const auto taken, co_await claimed_by_siblings(run_, job_));
    std::erase_if(diff_.unpaired_target, [&](const MessageRef& ref) { return taken.contains(ref); });
    co_return Status{};
  }

  // ---- planning

  // Candidates only: guards and the person asked have the last word, when all mailboxes have been seen.
  Task<void> plan_removals() {
    const Policy& policy = run_.policy;
    if (policy.mode == Mode::copy) co_return Status{};
    if (short_list_) {
      diff_.restore_back.clear();  // may be there after all
      co_return Status{};
    }
    job_.gone_source = std::move(diff_.gone_source);
    job_.gone_target = std::move(diff_.gone_target);
    if (policy.mode == Mode::mirror) {
      if (policy.removal.extra && target_ && !diff_.unpaired_target.empty()) {
        PF_CO_TRY(job_.extra, co_await target_->fetch(diff_.unpaired_target, store::ScanFields::keys));
      }
      co_return Status{};
    }
    std::vector<MessageRef> back = std::move(diff_.unpaired_target);
    for (const auto& pair : diff_.restore_back) back.push_back(pair.target);
    if (!back.empty() && target_) {
      PF_CO_TRY(job_.back, co_await target_->fetch(back, store::ScanFields::keys));
    }
    std::erase_if(job_.back, [&](const MessageMeta& m) { return !chosen(policy.messages, m); });
    if (policy.dry_run) co_return Status{};
    // A changed message that the other side removed is a new one there.
    std::vector<MessageRef> sources;
    for (const auto& pair : diff_.restore_back) sources.push_back(pair.source);
    if (!sources.empty()) PF_CO_TRYV(co_await run_.journal.forget(job_.record.id, sources));
    co_return Status{};
  }

  void plan() {
    std::ranges::move(diff_.flags, std::back_inserter(job_.flags));
    std::vector<CopyItem> items = std::move(diff_.unpaired);
    std::ranges::move(diff_.restore, std::back_inserter(items));
    drop_too_big(items);
    put_in_order(items, run_.policy.order);
    if (run_.policy.mode != Mode::copy) {
      for (const auto& item : items) job_.new_at_source.push_back(item.ref);
    }
    for (const auto& ref : diff_.conflicts) note_conflict(ref);
    job_.report.matched = diff_.matched;
    if (diff_.kept_deleted != 0) job_.incomplete = true;  // another run may want them back
    for (auto& item : items) {
      job_.queued_bytes += item.size;
      job_.queue.push_back(std::move(item));
    }
    for (const auto& row : diff_.still_parked) {
      Failure failure;
      failure.mailbox = job_.report.source;
      failure.ref = run_.source.ref_text(row.source);
      failure.reason = row.reason;
      failure.server_text = row.server_text;
      failure.message = fmt::format("refused in an earlier run ({}: {}); --retry-failed sends it again",
                                    row.reason, printable(row.server_text));
      fail(std::move(failure));
    }
  }

  void note_conflict(const MessageRef& source) {
    run_.summary.conflicts.push_back(
        fmt::format("{} uid {}: removed on one side, changed on the other; the change wins, it is put back",
                    printable(job_.report.source), run_.source.ref_text(source)));
  }

  // Not worth the download: the target has said what it takes.
  void drop_too_big(std::vector<CopyItem>& items) {
    const auto limit = run_.target.features().max_message_bytes;
    if (!limit) return;
    std::erase_if(items, [&](const CopyItem& item) {
      if (item.size <= *limit) return false;
      Failure failure;
      failure.mailbox = job_.report.source;
      failure.ref = run_.source.ref_text(item.ref);
      failure.reason = name(Errc::too_big);
      failure.message =
          fmt::format("{} bytes, the target takes {}; raise its limit and run again", item.size, *limit);
      fail(std::move(failure));
      return true;
    });
  }

  void fail(Failure failure) {
    ++job_.report.failed;
    job_.incomplete = true;
    run_.fail(std::move(failure));
  }

  RunContext& run_;
  MailboxJob& job_;
  Patience& patience_;
  std::unique_ptr<store::OpenMailbox> source_, target_;
  Look look_;
  std::vector<state::ParkedRow> parked_;
  bool forgotten_ = false;   // dry run: recorded pairs are of another epoch
  bool short_list_ = false;  // what is not listed may be there all the same
  Diff diff_;
};

}  // namespace

Task<void> prepare(RunContext& run, MailboxJob& job, Patience& patience) {
  Preparation preparation(run, job, patience);
  auto done = co_await preparation.prepare();
  co_return done;
}

}  // namespace pf::sync
