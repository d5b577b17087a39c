#include "sync/prepare.h"

#include "async/group.h"
#include "sync/content.h"
#include "sync/match.h"
#include "sync/recover.h"
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
    PF_CO_TRYV(co_await check_epochs());
    PF_CO_TRYV(co_await compare());
    PF_CO_TRYV(co_await pair_by_identity());
    plan();
    job_.opened_source = std::move(source_);
    if (target_) ignore(co_await target_->close());
    co_return Status{};
  }

 private:
  // What an earlier run left behind: appends nobody saw the answer of, and their late doubles.
  Task<void> recall() {
    PF_CO_TRY(job_.record, co_await run_.journal.mailbox(job_.mapped.source.id, job_.mapped.target.id));
    if (!job_.mapped.exists || job_.report.created || run_.policy.dry_run) co_return Status{};
    PF_CO_TRY(auto intents, co_await run_.journal.open_intents(job_.record.id));
    if (!intents.empty())
      PF_CO_TRYV(co_await recover(run_, job_, patience_, as_unresolved(std::move(intents))));
    PF_CO_TRYV(co_await remove_late_doubles(run_, job_, patience_));
    co_return Status{};
  }

  Task<void> look_at_source() {
    PF_CO_TRY(source_, co_await patience_.open(run_.source, job_.mapped.source, store::Access::read));
    PF_CO_TRY(source_list_, co_await scan_all(*source_, store::ScanFields::basic));
    co_return Status{};
  }

  Task<void> look_at_target() {
    while (job_.creating) co_await job_.changed.wait();
    if (job_.record.id == 0) PF_CO_TRYV(co_await recall());
    if (!job_.mapped.exists) co_return Status{};
    // SELECT, because EXAMINE does not tell which flags are permanent; a dry run looks only.
    const auto access = run_.policy.dry_run ? store::Access::read : store::Access::write;
    PF_CO_TRY(target_, co_await patience_.open(run_.target, job_.mapped.target, access));
    if (target_->status().count == 0) co_return Status{};
    PF_CO_TRY(target_list_, co_await scan_all(*target_, store::ScanFields::flags));
    co_return Status{};
  }

  Task<void> look_at_both() {
    TaskGroup group;
    co_await group.spawn(look_at_source());
    co_await group.spawn(look_at_target());
    PF_CO_TRYV(co_await group.join());
    job_.source_status = source_->status();
    job_.stored = 0;  // what was recovered is counted by the target itself
    if (target_) {
      job_.target_status = target_->status();
      if (!run_.policy.dry_run) job_.rules = target_->flag_rules();
    }
    job_.report.source_messages = job_.source_status.count;
    if (source_list_.size() < job_.source_status.count) {
      run_.warn(fmt::format("{}: the source lists {} of {} messages", job_.report.source, source_list_.size(),
                            job_.source_status.count));
      job_.incomplete = true;
    }
    co_return Status{};
  }

  // References of another epoch mean nothing: forget them and pair by identity again.
  Task<void> check_epochs() {
    const Epoch& source = job_.source_status.epoch;
    const Epoch& target = job_.target_status.epoch;
    const bool same = job_.record.source_epoch == source && job_.record.target_epoch == target;
    if (same && !source.empty() && !target.empty()) co_return Status{};
    if (!job_.record.source_epoch.empty() && !run_.policy.dry_run) {
      run_.notice(
          fmt::format("{}: its numbering changed (UIDVALIDITY); pairing by content", job_.report.source));
    }
    if (run_.policy.dry_run) {
      forgotten_ = !job_.record.source_epoch.empty();
      co_return Status{};
    }
    PF_CO_TRYV(co_await run_.journal.reset(job_.record.id, source, target));
    job_.record.source_epoch = source;
    job_.record.target_epoch = target;
    co_return Status{};
  }

  Task<void> compare() {
    if (!forgotten_) {
      PF_CO_TRY(pairs_, co_await run_.journal.pairs(job_.record.id));
      PF_CO_TRY(parked_, co_await run_.journal.parked(job_.record.id));
    }
    DiffInput in{source_list_,
                 pairs_,
                 parked_,
                 target_ ? &target_list_ : nullptr,
                 job_.rules,
                 run_.policy,
                 run_.target.features().max_message_bytes};
    diff_ = diff(in);
    if (job_.siblings) PF_CO_TRYV(co_await leave_out_siblings());
    if (!diff_.unpark.empty() && !run_.policy.dry_run)
      PF_CO_TRYV(co_await run_.journal.unpark(job_.record.id, diff_.unpark));
    co_return Status{};
  }

  // Copies of another source mailbox that goes to the same target are not ours to pair with.
  Task<void> leave_out_siblings() {
    PF_CO_TRY(const auto taken, co_await claimed_by_siblings(run_, job_));
    std::erase_if(diff_.unpaired_target, [&](const MessageRef& ref) { return taken.contains(ref); });
    co_return Status{};
  }

  // No record says that these are at the target: their keys, and if need be their contents, do.
  Task<void> pair_by_identity() {
    if (diff_.unpaired.empty() || diff_.unpaired_target.empty()) co_return Status{};
    std::vector<MessageRef> refs;
    for (const auto& item : diff_.unpaired) refs.push_back(item.ref);
    PF_CO_TRY(const auto at_source, co_await source_->fetch(refs, store::ScanFields::keys));
    PF_CO_TRY(const auto at_target, co_await target_->fetch(diff_.unpaired_target, store::ScanFields::keys));
    MatchOptions options;
    const std::string& family = run_.source.features().object_id_family;
    options.compare_object_ids = !family.empty() && family == run_.target.features().object_id_family;
    options.target_rewrites = run_.target.features().rewrites_messages;
    MatchResult result = match(at_source, at_target, options);
    PF_CO_TRYV(co_await resolve_open(*source_, *target_, at_source, at_target, result));
    auto adopted = co_await adopt(at_source, at_target, result);
    co_return adopted;
  }

  // With no base flags are only added, never removed.
  Task<void> adopt(const std::vector<MessageMeta>& at_source, const std::vector<MessageMeta>& at_target,
                   const MatchResult& result) {
    std::vector<state::PairRow> rows;
    std::vector<MessageRef> paired;
    for (const auto& [s, t] : result.pairs) {
      state::PairRow row;
      row.source = at_source[s].ref;
      row.target = at_target[t].ref;
      row.key = *at_source[s].key;
      row.size = at_source[s].size;
      row.date_seconds = at_source[s].date ? at_source[s].date->unix_seconds() : 0;
      row.flags = at_source[s].flags.intersect(at_target[t].flags);
      const FlagSet missing = at_source[s].flags.without(at_target[t].flags);
      row.normalised = missing.without(job_.rules.kept(missing));
      if (run_.policy.sync_flags && !missing.empty()) {
        job_.flags.push_back({row.source, row.target, job_.rules.kept(missing), {}, at_source[s].flags});
      }
      paired.push_back(row.source);
      rows.push_back(std::move(row));
    }
    std::ranges::sort(paired);
    std::erase_if(diff_.unpaired,
                  [&](const CopyItem& item) { return std::ranges::binary_search(paired, item.ref); });
    diff_.matched += rows.size();
    if (!run_.policy.dry_run) PF_CO_TRYV(co_await run_.journal.record(job_.record.id, std::move(rows)));
    co_return Status{};
  }

  void plan() {
    std::ranges::move(diff_.flags, std::back_inserter(job_.flags));
    std::vector<CopyItem> items = std::move(diff_.unpaired);
    std::ranges::move(diff_.restore, std::back_inserter(items));
    drop_too_big(items);
    put_in_order(items, run_.policy.order);
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
  std::vector<MessageMeta> source_list_, target_list_;
  std::vector<state::PairRow> pairs_;
  std::vector<state::ParkedRow> parked_;
  bool forgotten_ = false;  // dry run: recorded pairs are of another epoch
  Diff diff_;
};

}  // namespace

Task<void> prepare(RunContext& run, MailboxJob& job, Patience& patience) {
  Preparation preparation(run, job, patience);
  auto done = co_await preparation.prepare();
  co_return done;
}

}  // namespace pf::sync
