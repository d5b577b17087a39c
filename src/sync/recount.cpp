#include "sync/recount.h"

#include "sync/patience.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace pf::sync {

namespace {

using Same = std::pair<MessageKey, std::uint64_t>;  // key and size

Same same(const state::PairRow& pair) {
  return {pair.key, pair.size};
}

bool looks_like(const state::PairRow& pair, const MessageMeta& m) {
  return m.key && m.key->headers == pair.key.headers &&
         (!pair.key.from_message_id || m.key->id == pair.key.id);
}

// Pairs recorded under references that nobody has, or that another message has.  `tail`: the messages at or
// above `first`, ascending.
std::vector<state::PairRow> not_there(const std::vector<state::PairRow>& pairs, const MessageRef& first,
                                      const std::vector<MessageMeta>& tail) {
  std::map<MessageRef, std::vector<const state::PairRow*>> claims;
  for (const auto& pair : pairs) {
    if (!(pair.target < first)) claims[pair.target].push_back(&pair);
  }
  std::vector<state::PairRow> out;
  for (const auto& [ref, claimants] : claims) {
    const auto at = std::ranges::lower_bound(tail, ref, {}, &MessageMeta::ref);
    const bool there = at != tail.end() && at->ref == ref;
    auto owner = claimants.end();
    if (there) {
      owner = std::ranges::find_if(claimants, [&](const auto* pair) { return looks_like(*pair, *at); });
      if (owner == claimants.end()) owner = claimants.begin();  // changed by the target, perhaps
    }
    for (auto pair = claimants.begin(); pair != claimants.end(); ++pair) {
      if (pair != owner) out.push_back(**pair);
    }
  }
  return out;
}

class Recount {
 public:
  Recount(RunContext& run, MailboxJob& job) : run_(run), job_(job) {}

  Task<void> look() {
    Patience patience(run_);
    PF_CO_TRY(auto target, co_await patience.open(run_.target, job_.mapped.target, store::Access::read));
    const MessageRef first = target->first_ref_at(job_.target_status.position);
    std::vector<MessageMeta> tail;
    PF_CO_TRYV(co_await list(*target, first, tail));
    ignore(co_await target->close());
    PF_CO_TRY(const auto pairs, co_await run_.journal.pairs(job_.record.id));
    auto reported = co_await report(pairs, not_there(pairs, first, tail));
    co_return reported;
  }

 private:
  static Task<void> list(store::OpenMailbox& target, MessageRef from, std::vector<MessageMeta>& out) {
    for (;;) {
      PF_CO_TRY(store::ScanPage page, co_await target.scan(from, store::ScanFields::keys));
      std::ranges::move(page.messages, std::back_inserter(out));
      if (!page.more) co_return Status{};
      from = page.next;
    }
  }

  Task<void> report(const std::vector<state::PairRow>& pairs, const std::vector<state::PairRow>& missing) {
    if (missing.empty()) co_return Status{};
    std::vector<MessageRef> sources;
    for (const auto& pair : missing) sources.push_back(pair.source);
    std::ranges::sort(sources);
    std::set<Same> kept;
    for (const auto& pair : pairs) {
      if (!std::ranges::binary_search(sources, pair.source)) kept.insert(same(pair));
    }
    std::vector<state::ParkedRow> parked;
    for (const auto& pair : missing) {
      const bool equal_is_there = kept.contains(same(pair));
      if (equal_is_there)
        parked.push_back({pair.source, std::string(name(Errc::unexpected)),
                          "it said OK and keeps only one of equal messages", pair.size, 0});
      fail(pair, equal_is_there);
    }
    PF_CO_TRYV(co_await run_.journal.forget(job_.record.id, std::move(sources)));
    if (!parked.empty()) PF_CO_TRYV(co_await run_.journal.park(job_.record.id, std::move(parked)));
    co_return Status{};
  }

  void fail(const state::PairRow& pair, bool equal_is_there) {
    auto& report = job_.report;
    if (auto& counted = report.copied != 0 ? report.copied : report.restored; counted != 0) --counted;
    if (job_.at_target.stored != 0) --job_.at_target.stored;
    ++report.failed;
    job_.incomplete = true;
    Failure failure;
    failure.mailbox = report.source;
    failure.ref = run_.source.ref_text(pair.source);
    failure.reason = name(Errc::unexpected);
    failure.message =
        equal_is_there
            ? "the target said OK to the message and has only one equal to it; --retry-failed sends it again"
            : "the target said OK to the message and does not have it; look at its filters and its log";
    run_.fail(std::move(failure));
  }

  RunContext& run_;
  MailboxJob& job_;
};

}  // namespace

Task<void> recount_target(RunContext& run, MailboxJob& job, const store::MailboxStatus& told) {
  if (told.epoch.empty() || told.epoch != job.record.target_epoch) co_return Status{};
  const std::uint64_t expected = job.target_status.count + job.at_target.stored;
  if (job.at_target.stored == 0 || told.count + job.at_target.removed >= expected) co_return Status{};
  Recount recount(run, job);
  auto looked = co_await recount.look();
  // Not seen is not missing: the next run looks again, because nothing is remembered as settled.
  if (!looked && looked.error().scope >= Scope::run) co_return looked;
  co_return Status{};
}

}  // namespace pf::sync
