#include "sync/recover.h"

#include "base/clock.h"
#include "sync/content.h"
#include "sync/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pf::sync {

Task<std::set<MessageRef>> claimed_by_siblings(RunContext& run, const MailboxJob& job) {
  PF_CO_TRY(const auto records, co_await run.journal.mailboxes());
  std::set<MessageRef> out;
  for (const auto& record : records) {
    if (record.target_name != job.record.target_name || record.id == job.record.id) continue;
    PF_CO_TRY(const auto pairs, co_await run.journal.pairs(record.id));
    for (const auto& p : pairs) out.insert(p.target);
  }
  co_return out;
}

namespace {

MessageMeta as_meta(const state::IntentItem& item) {
  MessageMeta m;
  m.ref = item.source;
  m.flags = item.flags;
  m.date = InternalDate(item.date_seconds, 0);
  m.size = item.size;
  m.key = item.key;
  return m;
}

state::PairRow as_pair(const state::IntentItem& item, const MessageMeta& at_target) {
  state::PairRow row;
  row.source = item.source;
  row.target = at_target.ref;
  row.key = item.key;
  row.size = item.size;
  row.date_seconds = item.date_seconds;
  row.flags = item.flags;
  row.normalised = item.flags.without(at_target.flags);
  return row;
}

// The pairs of the mailbox, ascending by source.  Two-way, those of one direction become pairs of the other
// when a run ends, and explain just as much.
Task<std::vector<state::PairRow>> known_pairs(RunContext& run, const MailboxJob& job) {
  PF_CO_TRY(auto pairs, co_await run.journal.pairs(job.record.id));
  if (run.back_journal == nullptr) co_return pairs;
  PF_CO_TRY(const auto records, co_await run.back_journal->mailboxes());
  const auto other = std::ranges::find_if(records, [&](const state::MailboxRecord& r) {
    return r.source_name == job.record.target_name && r.target_name == job.record.source_name &&
           r.source_epoch == job.record.target_epoch && r.target_epoch == job.record.source_epoch;
  });
  if (other == records.end()) co_return pairs;
  PF_CO_TRY(auto turned, co_await run.back_journal->pairs(other->id));
  for (auto& pair : turned) {
    std::swap(pair.source, pair.target);
    pairs.push_back(std::move(pair));
  }
  std::ranges::sort(pairs, {}, &state::PairRow::source);
  co_return pairs;
}

// Everything at the target that a recorded pair explains.
Task<std::set<MessageRef>> claimed_refs(RunContext& run, const MailboxJob& job,
                                        const std::vector<state::PairRow>& pairs) {
  PF_CO_TRY(auto out, co_await claimed_by_siblings(run, job));
  for (const auto& p : pairs) out.insert(p.target);
  co_return out;
}

Position lowest_position(const std::vector<Unresolved>& lost) {
  Position lowest = lost.front().intent.target_position;
  for (const auto& u : lost) lowest = std::min(lowest, u.intent.target_position);
  return lowest;
}

// Flat view of what is looked for.
struct Sought {
  std::vector<MessageMeta> metas;
  std::vector<std::pair<std::size_t, std::size_t>> where;  // {intent, item}
  std::size_t unanswered = 0;
};

Sought flatten(const std::vector<Unresolved>& lost) {
  Sought out;
  for (std::size_t u = 0; u < lost.size(); ++u) {
    for (std::size_t i = 0; i < lost[u].intent.items.size(); ++i) {
      out.metas.push_back(as_meta(lost[u].intent.items[i]));
      out.where.emplace_back(u, i);
      if (!lost[u].answered(i)) ++out.unanswered;
    }
  }
  return out;
}

// Writes the verdict on each intent; returns what was not found.
Task<std::vector<MessageRef>> settle_intents(RunContext& run, MailboxJob& job,
                                             const std::vector<Unresolved>& lost, const Sought& sought,
                                             const Probe& probe) {
  std::vector<std::vector<state::PairRow>> stored(lost.size());
  std::vector<std::set<std::size_t>> found(lost.size());
  for (const auto& [s, t] : probe.result.pairs) {
    const auto [u, i] = sought.where[s];
    stored[u].push_back(as_pair(lost[u].intent.items[i], probe.candidates[t]));
    found[u].insert(i);
  }
  std::vector<MessageRef> missing;
  for (std::size_t u = 0; u < lost.size(); ++u) {
    std::vector<state::IntentItem> watched;
    for (std::size_t i = 0; i < lost[u].intent.items.size(); ++i) {
      if (found[u].contains(i)) continue;
      missing.push_back(lost[u].intent.items[i].source);
      watched.push_back(lost[u].intent.items[i]);
    }
    job.at_target.stored += stored[u].size();
    if (watched.empty()) {
      PF_CO_TRYV(co_await run.journal.finish(lost[u].intent.id, std::move(stored[u]), {}));
    } else {
      PF_CO_TRYV(co_await run.journal.watch(lost[u].intent.id, std::move(stored[u]), std::move(watched)));
    }
  }
  co_return missing;
}

// The target's word is enough for what it said OK to; for the rest the content has to agree.
Task<void> confirm_unanswered(store::OpenMailbox& source, store::OpenMailbox& target,
                              const std::vector<Unresolved>& lost, const Sought& sought, Probe& probe) {
  auto& pairs = probe.result.pairs;
  const auto doubtful = std::ranges::partition(pairs, [&](const auto& pair) {
    const auto [u, i] = sought.where[pair.first];
    return lost[u].answered(i);
  });
  MatchResult unsure;
  unsure.pairs.assign(doubtful.begin(), doubtful.end());
  pairs.erase(doubtful.begin(), doubtful.end());
  PF_CO_TRYV(co_await confirm_pairs(source, target, sought.metas, probe.candidates, unsure));
  pairs.insert(pairs.end(), unsure.pairs.begin(), unsure.pairs.end());
  std::ranges::move(unsure.undecided, std::back_inserter(probe.result.undecided));
  co_return Status{};
}

// GNU imap4d fixes the UIDVALIDITY of a mailbox when its first message is stored.  One that was empty before
// our own appends has no numbering to lose: what is known goes on under the new one.
Task<void> adopt_epoch(RunContext& run, MailboxJob& job, const Epoch& epoch, std::vector<Unresolved>& lost) {
  PF_CO_TRYV(co_await run.journal.reset(job.record.id, job.record.source_epoch, epoch));
  job.record.target_epoch = epoch;
  job.target_status.epoch = epoch;
  std::vector<Unresolved*> all;
  for (auto& u : lost) all.push_back(&u);
  for (auto& u : job.unresolved) {
    const bool copied = std::ranges::any_of(lost, [&](const auto& l) { return l.intent.id == u.intent.id; });
    if (!copied) all.push_back(&u);
  }
  for (Unresolved* u : all) {
    u->intent.target_epoch = epoch;
    PF_CO_TRY(u->intent.id, co_await run.journal.begin(job.record.id, u->intent));
  }
  co_return Status{};
}

Task<std::vector<MessageRef>> recover_once(RunContext& run, MailboxJob& job, Patience& patience,
                                           std::vector<Unresolved>& lost) {
  PF_CO_TRY(auto target, co_await patience.open(run.target, job.mapped.target, store::Access::read));
  PF_CO_TRY(auto source, co_await patience.open(run.source, job.mapped.source, store::Access::read));
  for (const auto& u : lost) {
    if (u.intent.target_epoch == target->status().epoch) continue;
    if (u.items.empty()) co_return std::vector<MessageRef>{};
    if (job.target_status.count == 0 && job.at_target.stored == 0) {
      PF_CO_TRYV(co_await adopt_epoch(run, job, target->status().epoch, lost));
      break;
    }
    co_return Error(Errc::protocol, Scope::mailbox, Retry::later,
                    job.report.target + ": the target renumbered its messages (UIDVALIDITY) during the run",
                    {}, "Run again.");
  }
  PF_CO_TRY(const auto pairs, co_await known_pairs(run, job));
  PF_CO_TRY(const auto claimed, co_await claimed_refs(run, job, pairs));
  const Sought sought = flatten(lost);
  PF_CO_TRY(Duration settle, co_await settle_time(run));
  if (sought.unanswered == 0) settle = Duration::zero();
  const MatchOptions options{false, run.target.features().rewrites_messages};
  Probe probe(run, *target, target->first_ref_at(lowest_position(lost)), claimed, options);
  PF_CO_TRYV(co_await probe.watch(sought.metas, settle));
  if (!run.target.features().rewrites_messages) {
    PF_CO_TRYV(co_await resolve_open(*source, *target, sought.metas, probe.candidates, probe.result));
    PF_CO_TRYV(co_await confirm_unanswered(*source, *target, lost, sought, probe));
  }
  if (!probe.result.undecided.empty()) {
    // Not found is not proved, and sent again it would be there twice.
    Error why = probe.result.undecided.front().second;
    why.scope = Scope::mailbox;
    co_return why.at(job.report.target + ": a message that may be one of ours cannot be read");
  }
  auto missing = co_await settle_intents(run, job, lost, sought, probe);
  ignore(co_await source->close());
  ignore(co_await target->close());
  co_return missing;
}

}  // namespace

Task<std::vector<MessageRef>> recover(RunContext& run, MailboxJob& job, Patience& patience,
                                      std::vector<Unresolved> lost) {
  if (lost.empty()) co_return std::vector<MessageRef>{};
  std::size_t count = 0;
  for (const auto& u : lost) count += u.intent.items.size();
  run.notice(fmt::format("{}: looking for {} message{} whose append was not answered",
                         printable(job.mapped.target.path.display()), count, count == 1 ? "" : "s"));
  for (;;) {
    auto missing = co_await recover_once(run, job, patience, lost);
    if (missing || missing.error().scope != Scope::connection) co_return missing;
    const bool again = co_await patience.wait(missing.error(), "looking for unanswered appends");
    if (!again) co_return missing;
  }
}

namespace {

// Unexplained copies of what `intent` lost track of, although each has been sent again since.  Only the
// source's own octets prove that it is ours.
Task<std::vector<MessageRef>> late_copies(store::OpenMailbox& source, store::OpenMailbox& target,
                                          const state::IntentRow& intent,
                                          const std::vector<state::PairRow>& pairs,
                                          const std::set<MessageRef>& claimed) {
  PF_CO_TRY(const auto candidates,
            co_await unexplained(target, target.first_ref_at(intent.target_position), claimed));
  if (candidates.empty()) co_return std::vector<MessageRef>{};
  std::vector<MessageMeta> sent_again;
  for (const auto& item : intent.items) {
    const auto pair = std::ranges::lower_bound(pairs, item.source, {}, &state::PairRow::source);
    if (pair != pairs.end() && pair->source == item.source) sent_again.push_back(as_meta(item));
  }
  MatchResult result = match(sent_again, candidates, {});
  PF_CO_TRYV(co_await resolve_open(source, target, sent_again, candidates, result));
  PF_CO_TRYV(co_await confirm_pairs(source, target, sent_again, candidates, result, Vanished::drop));
  std::vector<MessageRef> doubles;
  for (const auto& [s, t] : result.pairs) {
    if (candidates[t].date == sent_again[s].date) doubles.push_back(candidates[t].ref);
  }
  std::ranges::sort(doubles);
  co_return doubles;
}

}  // namespace

Task<std::uint64_t> remove_late_doubles(RunContext& run, MailboxJob& job, Patience& patience) {
  PF_CO_TRY(const auto watched, co_await run.journal.watched(job.record.id));
  if (watched.empty()) co_return std::uint64_t{0};
  PF_CO_TRY(auto source, co_await patience.open(run.source, job.mapped.source, store::Access::read));
  PF_CO_TRY(auto target, co_await patience.open(run.target, job.mapped.target, store::Access::write));
  PF_CO_TRY(const auto pairs, co_await known_pairs(run, job));
  PF_CO_TRY(const auto claimed, co_await claimed_refs(run, job, pairs));
  std::uint64_t removed = 0;
  for (const auto& intent : watched) {
    // References of another epoch say nothing about what is ours.
    if (source->status().epoch != job.record.source_epoch) break;
    if (target->status().epoch != job.record.target_epoch || target->status().epoch != intent.target_epoch)
      continue;
    PF_CO_TRY(const auto doubles, co_await late_copies(*source, *target, intent, pairs, claimed));
    if (!doubles.empty() && !run.target.features().targeted_remove) {
      run.warn(
          fmt::format("{}: {} message(s) arrived twice because the server stored an append after the "
                      "connection broke; this "
                      "server cannot remove single messages, delete them by hand",
                      printable(job.mapped.target.path.display()), doubles.size()));
    } else if (!doubles.empty()) {
      PF_CO_TRYV(co_await target->remove(doubles));
      removed += doubles.size();
    }
    if (wall_seconds() - intent.wall_seconds > watch_seconds)
      PF_CO_TRYV(co_await run.journal.unwatch(intent.id));
  }
  if (removed != 0) {
    run.warn(fmt::format("{}: removed {} late double(s) of our own",
                         printable(job.mapped.target.path.display()), removed));
  }
  ignore(co_await source->close());
  ignore(co_await target->close());
  co_return removed;
}

}  // namespace pf::sync
