#include "sync/changes.h"

#include "async/group.h"
#include "sync/settled.h"

#include <algorithm>
#include <iterator>

namespace pf::sync {

namespace {

using Side = state::Journal::Side;

constexpr MessageRef state::PairRow::* ref_on(Side side) {
  return side == Side::source ? &state::PairRow::source : &state::PairRow::target;
}

// One side of the mailbox since it was settled.
class SideChanges {
 public:
  SideChanges(RunContext& run, state::MailboxId mailbox, Side side, store::OpenMailbox& open,
              store::MailboxStatus then)
      : run_(run), mailbox_(mailbox), side_(side), open_(open), then_(std::move(then)) {}

  std::vector<MessageRef> touched;  // known before, with other flags perhaps
  std::vector<MessageRef> arrived;
  std::vector<state::PairRow> gone;  // pairs whose message on this side vanished
  bool trusted = false;              // the numbers agree

  Task<void> ask(const store::Features& features) {
    PF_CO_TRY(const store::Changes changes, co_await open_.changes_since(then_.checkpoint));
    const MessageRef first_new = open_.first_ref_at(then_.position);
    for (const auto& m : changes.changed) (m.ref < first_new ? touched : arrived).push_back(m.ref);
    if (features.tells_vanished) PF_CO_TRYV(co_await find_gone(changes.vanished, first_new));
    trusted = adds_up();
    co_return Status{};
  }

  // Nothing happened: the status says so.
  void nothing() { trusted = true; }

 private:
  Task<void> find_gone(const std::vector<store::RefRange>& vanished, const MessageRef& first_new) {
    for (const auto& range : vanished) {
      if (!(range.first < first_new)) continue;
      PF_CO_TRY(auto rows, co_await run_.journal.pairs_within(mailbox_, side_, range.first, range.last));
      std::ranges::move(rows, std::back_inserter(gone));
    }
    // Ranges may overlap: a server is free to.
    std::ranges::sort(gone, {}, ref_on(side_));
    const auto twice = std::ranges::unique(gone, {}, ref_on(side_));
    gone.erase(twice.begin(), twice.end());
    co_return Status{};
  }

  [[nodiscard]] bool adds_up() const {
    return then_.count + arrived.size() == open_.status().count + gone.size();
  }

  RunContext& run_;
  state::MailboxId mailbox_;
  Side side_;
  store::OpenMailbox& open_;
  store::MailboxStatus then_;
};

void sort_unique(std::vector<MessageRef>& refs) {
  std::ranges::sort(refs);
  const auto twice = std::ranges::unique(refs);
  refs.erase(twice.begin(), twice.end());
}

Task<std::vector<MessageMeta>> fetch_sorted(store::OpenMailbox& mailbox, std::vector<MessageRef> refs,
                                            store::ScanFields fields) {
  sort_unique(refs);
  PF_CO_TRY(auto found, co_await mailbox.fetch(refs, fields));
  std::ranges::sort(found, {}, &MessageMeta::ref);
  co_return found;
}

class ChangesLook {
 public:
  ChangesLook(RunContext& run, const MailboxJob& job, store::OpenMailbox& source, store::OpenMailbox& target)
      : run_(run),
        job_(job),
        source_(source),
        target_(target),
        then_source_(*decode_settled(job.record.source_settled)),
        then_target_(*decode_settled(job.record.target_settled)),
        at_source_(run, job.record.id, Side::source, source, then_source_),
        at_target_(run, job.record.id, Side::target, target, then_target_) {}

  Task<std::optional<Look>> look() {
    const std::optional<Look> whole;
    if (source_.status().epoch != then_source_.epoch || target_.status().epoch != then_target_.epoch)
      co_return whole;
    const auto asked = co_await ask_both();
    if (!asked && asked.error().scope == Scope::mailbox) co_return whole;  // it will not say
    if (!asked) co_return asked.error();
    if (!at_source_.trusted || !at_target_.trusted) co_return whole;
    PF_CO_TRYV(co_await gather_pairs());
    if (two_lead_to_one()) co_return whole;
    PF_CO_TRY(const std::uint64_t pairs, co_await run_.journal.pair_count(job_.record.id));
    // More pairs than messages: some pair is not true.
    if (pairs > target_.status().count + at_target_.gone.size()) co_return whole;
    // What the target lacks may be among the messages it has besides: those were never told.
    const bool lacks = new_at_source() != 0 || !at_target_.gone.empty();
    if (lacks && pairs != then_target_.count) co_return whole;
    Look look;
    look.whole = false;
    PF_CO_TRYV(co_await fetch_concerned(look));
    if (!all_as_told(look)) co_return whole;
    look.pairs = std::move(pairs_);
    co_return look;
  }

 private:
  Task<void> ask_both() {
    TaskGroup asking;
    co_await asking.spawn(at_source_.ask(run_.source.features()));
    const bool flags_matter = run_.policy.mode == Mode::two_way && run_.policy.sync_flags;
    const auto& now = target_.status();
    if (flags_matter ? same_messages_and_flags(now, then_target_) : same_messages(now, then_target_)) {
      at_target_.nothing();
    } else if (!then_target_.checkpoint.empty() && run_.target.features().checkpoints) {
      co_await asking.spawn(at_target_.ask(run_.target.features()));
    }
    auto asked = co_await asking.join();
    co_return asked;
  }

  // The pairs concerned: changed or gone on either side.  What changed at the target only matters two-way.
  Task<void> gather_pairs() {
    PF_CO_TRY(pairs_, co_await run_.journal.pairs_of(job_.record.id, Side::source, at_source_.touched));
    if (run_.policy.mode == Mode::two_way && !at_target_.touched.empty()) {
      PF_CO_TRY(auto rows, co_await run_.journal.pairs_of(job_.record.id, Side::target, at_target_.touched));
      std::ranges::move(rows, std::back_inserter(pairs_));
    }
    // Told as new, and paired already: settled before the end of our own appends was seen.
    for (const auto side : {Side::source, Side::target}) {
      auto& changes = side == Side::source ? at_source_ : at_target_;
      if (changes.arrived.empty()) continue;
      PF_CO_TRY(auto rows, co_await run_.journal.pairs_of(job_.record.id, side, changes.arrived));
      std::ranges::move(rows, std::back_inserter(pairs_));
    }
    std::ranges::copy(at_source_.gone, std::back_inserter(pairs_));
    std::ranges::copy(at_target_.gone, std::back_inserter(pairs_));
    std::ranges::sort(pairs_, {}, &state::PairRow::source);
    const auto twice = std::ranges::unique(pairs_, {}, &state::PairRow::source);
    pairs_.erase(twice.begin(), twice.end());
    co_return Status{};
  }

  // Who is there can only be told by a look at all.
  [[nodiscard]] bool two_lead_to_one() const {
    std::vector<MessageRef> targets;
    for (const auto& pair : pairs_) targets.push_back(pair.target);
    std::ranges::sort(targets);
    return std::ranges::adjacent_find(targets) != targets.end();
  }

  [[nodiscard]] std::size_t new_at_source() const {
    return static_cast<std::size_t>(std::ranges::count_if(at_source_.arrived, [&](const MessageRef& ref) {
      const auto pair = std::ranges::lower_bound(pairs_, ref, {}, &state::PairRow::source);
      return pair == pairs_.end() || pair->source != ref;
    }));
  }

  Task<void> fetch_concerned(Look& look) {
    std::vector<MessageRef> at_source = at_source_.touched;
    std::ranges::copy(at_source_.arrived, std::back_inserter(at_source));
    std::vector<MessageRef> at_target = at_target_.arrived;
    // Also those that are said to have gone: see all_as_told().
    for (const auto& pair : pairs_) {
      at_source.push_back(pair.source);
      at_target.push_back(pair.target);
    }
    sort_unique(at_source);
    sort_unique(at_target);
    wanted_source_ = at_source.size();
    wanted_target_ = at_target.size();
    TaskGroup fetching;
    auto take = [](store::OpenMailbox& mailbox, std::vector<MessageRef> refs, store::ScanFields fields,
                   std::vector<MessageMeta>& out) -> Task<void> {
      PF_CO_TRY(out, co_await fetch_sorted(mailbox, std::move(refs), fields));
      co_return Status{};
    };
    co_await fetching.spawn(take(source_, std::move(at_source), store::ScanFields::basic, look.source));
    co_await fetching.spawn(take(target_, std::move(at_target), store::ScanFields::flags, look.target));
    auto fetched = co_await fetching.join();
    co_return fetched;
  }

  // What was there a moment ago and is not told now must not be taken for removed, nor what is there for
  // gone.
  [[nodiscard]] bool all_as_told(const Look& look) const {
    const auto as_told = [](const SideChanges& side, MessageRef state::PairRow::* ref, std::size_t wanted,
                            const std::vector<MessageMeta>& found) {
      return found.size() + side.gone.size() == wanted &&
             std::ranges::none_of(found, [&](const MessageMeta& m) {
               return std::ranges::binary_search(side.gone, m.ref, {}, ref);
             });
    };
    return as_told(at_source_, &state::PairRow::source, wanted_source_, look.source) &&
           as_told(at_target_, &state::PairRow::target, wanted_target_, look.target);
  }

  RunContext& run_;
  const MailboxJob& job_;
  store::OpenMailbox& source_;
  store::OpenMailbox& target_;
  store::MailboxStatus then_source_, then_target_;
  SideChanges at_source_, at_target_;
  std::vector<state::PairRow> pairs_;
  std::size_t wanted_source_ = 0, wanted_target_ = 0;
};

}  // namespace

Task<bool> changes_may_do(RunContext& run, const MailboxJob& job) {
  const Policy& policy = run.policy;
  if (job.siblings || policy.retry_failed || !policy.sync_flags || !policy.messages.everything())
    co_return false;
  if (policy.mode == Mode::mirror && policy.removal.extra) co_return false;  // all that is there must be seen
  const auto source = decode_settled(job.record.source_settled);
  const auto target = decode_settled(job.record.target_settled);
  if (!source || !target || source->checkpoint.empty() || !run.source.features().checkpoints) co_return false;
  if (source->epoch != job.record.source_epoch || target->epoch != job.record.target_epoch) co_return false;
  if (policy.mode == Mode::copy) co_return true;
  // Settled by a copy, there may be pairs whose message is long gone, and messages nobody knows.
  PF_CO_TRY(const std::uint64_t pairs, co_await run.journal.pair_count(job.record.id));
  co_return pairs == source->count && (policy.mode == Mode::mirror || pairs == target->count);
}

Task<std::optional<Look>> look_at_changes(RunContext& run, const MailboxJob& job, store::OpenMailbox& source,
                                          store::OpenMailbox& target) {
  ChangesLook changes(run, job, source, target);
  auto look = co_await changes.look();
  co_return look;
}

}  // namespace pf::sync
