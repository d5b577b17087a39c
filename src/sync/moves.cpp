#include "sync/moves.h"

#include "sync/patience.h"
#include "sync/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace pf::sync {

namespace {

constexpr const char* copying_fact = "copies of moves under way";

using Identity = std::tuple<MessageKey, std::uint64_t, std::int64_t>;

Identity identity_of(const state::PairRow& pair) {
  return {pair.key, pair.size, pair.date_seconds};
}

// A message that arrived in `to`.
struct Arrival {
  MailboxJob* to;
  MessageRef ref;
  FlagSet flags;
};

// One step on the other side.
struct Move {
  MailboxJob* from;
  MailboxJob* to;
  state::PairRow pair;  // in `from`
  MessageRef arrived;   // where it is now, in `to`, on the side where somebody moved it
  FlagSet flags;        // that it has there
};

class Moves {
 public:
  explicit Moves(Board& board) : board_(board), run_(board.run) {}

  Task<void> go() {
    PF_CO_TRYV(co_await follow(true));
    auto followed = co_await follow(false);
    co_return followed;
  }

 private:
  // `at_source`: somebody moved messages at the source, the target follows.  Else the other way round.
  Task<void> follow(bool at_source) {
    if (!(at_source ? run_.target : run_.source).features().move) co_return Status{};
    const bool any = std::ranges::any_of(board_.jobs, [&](const auto& job) {
      return !(at_source ? job.gone_source : job.gone_target).empty();
    });
    if (!any) co_return Status{};
    PF_CO_TRY(auto arrived, co_await find_arrivals(at_source));
    std::map<std::pair<MailboxJob*, MailboxJob*>, std::vector<Move>> ways;
    for (auto& job : board_.jobs) {
      for (const auto& pair : at_source ? job.gone_source : job.gone_target) {
        const auto there = arrived.find(identity_of(pair));
        if (there == arrived.end() || there->second.empty()) continue;
        Arrival arrival = std::move(there->second.back());
        there->second.pop_back();
        ways[{&job, arrival.to}].push_back(
            {&job, arrival.to, pair, std::move(arrival.ref), std::move(arrival.flags)});
      }
    }
    for (auto& [way, moves] : ways) {
      if (run_.policy.dry_run) {
        tell(at_source, moves);
        for (const auto& m : moves) plan_flags(at_source, m, m.pair);
        take_out_of_plans(at_source, moves);
        continue;
      }
      PF_CO_TRYV(co_await move_patiently(at_source, std::move(moves)));
    }
    co_return Status{};
  }

  // New messages at the side where things may have been moved, by who they are.
  Task<std::map<Identity, std::vector<Arrival>>> find_arrivals(bool at_source) {
    std::map<Identity, std::vector<Arrival>> out;
    auto note = [&out](MailboxJob& job, const MessageMeta& m) {
      if (m.key && m.date) out[{*m.key, m.size, m.date->unix_seconds()}].push_back({&job, m.ref, m.flags});
    };
    Patience patience(run_);
    for (auto& job : board_.jobs) {
      if (!at_source) {
        for (const auto& m : job.back) note(job, m);
        continue;
      }
      if (job.queue.empty()) continue;
      std::vector<MessageRef> refs;
      for (const auto& item : job.queue) refs.push_back(item.ref);
      PF_CO_TRY(const auto metas, co_await keys_of(job, refs, patience));
      for (const auto& m : metas) note(job, m);
    }
    co_return out;
  }

  Task<std::vector<MessageMeta>> keys_of(const MailboxJob& job, const std::vector<MessageRef>& refs,
                                         Patience& patience) {
    for (;;) {
      auto found = co_await keys_once(job, refs, patience);
      if (found || !will_pass(found.error())) co_return found;
      const bool again = co_await patience.wait(found.error(), job.report.source);
      if (!again) co_return found;
    }
  }

  Task<std::vector<MessageMeta>> keys_once(const MailboxJob& job, const std::vector<MessageRef>& refs,
                                           Patience& patience) {
    PF_CO_TRY(auto open, co_await patience.open(run_.source, job.mapped.source, store::Access::read));
    PF_CO_TRY(auto metas, co_await open->fetch(refs, store::ScanFields::keys));
    ignore(co_await open->close());
    co_return metas;
  }

  void tell(bool at_source, const std::vector<Move>& moves) const {
    const auto& label = [&](const MailboxJob& job) {
      return printable(at_source ? job.report.target : job.report.source);
    };
    run_.observer(Event(Planned{fmt::format("move {} message{} from \"{}\" to \"{}\"{}", moves.size(),
                                            moves.size() == 1 ? "" : "s", label(*moves[0].from),
                                            label(*moves[0].to), at_source ? "" : " (source)")}));
  }

  Task<void> move_patiently(bool at_source, std::vector<Move> moves) {
    Patience patience(run_);
    for (;;) {
      auto moved = co_await move(at_source, moves, patience);
      if (moved) co_return Status{};
      if (moved.error().scope == Scope::mailbox || moved.error().scope == Scope::message) {
        // Sent and removed then, as between servers that cannot move.
        run_.notice(fmt::format("not moved: {}", moved.error().describe()));
        co_return Status{};
      }
      if (moved.error().scope != Scope::connection) co_return moved;
      // Moved or not: the next run finds out.  Sending it as well would double it.
      take_out_of_plans(at_source, moves);
      for (const auto& m : moves) m.from->incomplete = m.to->incomplete = true;
      run_.warn(fmt::format("a move was not answered; the next run looks what became of it: {}",
                            moved.error().describe()));
      co_return Status{};
    }
  }

  Task<void> move(bool at_source, const std::vector<Move>& moves, Patience& patience) {
    MailboxJob& from = *moves[0].from;
    MailboxJob& to = *moves[0].to;
    store::Store& store = at_source ? run_.target : run_.source;
    const auto& mailbox = at_source ? from.mapped.target : from.mapped.source;
    const auto& destination = at_source ? to.mapped.target : to.mapped.source;
    PF_CO_TRY(auto open, co_await patience.open(store, mailbox, store::Access::write));
    std::vector<MessageRef> refs;
    for (const auto& m : moves) refs.push_back(at_source ? m.pair.target : m.pair.source);
    const bool copies = store.features().move_copies;
    if (copies) {
      PF_CO_TRYV(co_await run_.journal.set_fact(copying_fact, "yes"));
      PF_CO_TRYV(co_await run_.journal.flush());
    }
    PF_CO_TRY(const auto now, co_await open->move(refs, destination));
    if (copies) PF_CO_TRYV(co_await run_.journal.set_fact(copying_fact, ""));
    ignore(co_await open->close());
    take_out_of_plans(at_source, moves);
    auto& left = at_source ? from.at_target : from.at_source;
    auto& joined = at_source ? to.at_target : to.at_source;
    left.removed += moves.size();
    joined.stored += moves.size();
    to.report.moved += moves.size();
    auto recorded = co_await record(at_source, moves, now);
    co_return recorded;
  }

  Task<void> record(bool at_source, const std::vector<Move>& moves,
                    const std::vector<std::optional<MessageRef>>& now) {
    std::vector<state::PairRow> rows;
    std::vector<MessageRef> sources;
    MailboxJob& to = *moves[0].to;
    for (std::size_t i = 0; i < moves.size(); ++i) {
      sources.push_back(moves[i].pair.source);
      if (i >= now.size() || !now[i]) {
        to.incomplete = true;  // the next run pairs it by what it is
        continue;
      }
      state::PairRow row = moves[i].pair;
      row.source = at_source ? moves[i].arrived : *now[i];
      row.target = at_source ? *now[i] : moves[i].arrived;
      plan_flags(at_source, moves[i], row);
      rows.push_back(std::move(row));
    }
    if (!rows.empty()) PF_CO_TRYV(co_await run_.journal.record(to.record.id, std::move(rows)));
    auto forgotten = co_await run_.journal.forget(moves[0].from->record.id, std::move(sources));
    co_return forgotten;
  }

  // Flags that were changed besides travel with the rest of them.
  void plan_flags(bool at_source, const Move& move, const state::PairRow& pair) const {
    if (!run_.policy.sync_flags || move.flags == pair.flags) return;
    FlagStep step;
    step.source = pair.source;
    step.target = pair.target;
    step.base_after = move.flags;
    step.normalised = pair.normalised;
    step.moved = true;
    const FlagRules& rules = at_source ? move.to->rules : move.to->source_rules;
    (at_source ? step.add : step.source_add) =
        rules.kept(move.flags.without(pair.flags)).without(pair.normalised);
    (at_source ? step.remove : step.source_remove) = pair.flags.without(move.flags);
    if (step.changes_target() || step.changes_source()) move.to->flags.push_back(std::move(step));
  }

  static void take_out_of_plans(bool at_source, const std::vector<Move>& moves) {
    for (const auto& m : moves) {
      auto& gone = at_source ? m.from->gone_source : m.from->gone_target;
      std::erase_if(gone, [&](const auto& pair) { return pair.source == m.pair.source; });
      if (at_source) {
        const auto item = std::ranges::find(m.to->queue, m.arrived, &CopyItem::ref);
        if (item == m.to->queue.end()) continue;
        m.to->queued_bytes -= item->size;
        m.to->queue.erase(item);
        ++m.to->report.matched;
      } else {
        std::erase_if(m.to->back, [&](const auto& meta) { return meta.ref == m.arrived; });
      }
    }
  }

  Board& board_;
  RunContext& run_;
};

}  // namespace

Task<void> outwait_cut_off_moves(RunContext& run) {
  PF_CO_TRY(const std::string copying, co_await run.journal.fact(copying_fact));
  if (copying.empty() || run.policy.dry_run) co_return Status{};
  PF_CO_TRY(const Duration settle, co_await settle_time(run));
  run.notice("a move was cut off: giving the server time to finish it");
  const TimePoint until = MonoClock::now() + settle;
  while (MonoClock::now() < until && !run.stopping())
    co_await sleep_until(std::min(until, MonoClock::now() + std::chrono::milliseconds(100)));
  if (run.stopping()) co_return Status{};
  auto forgotten = co_await run.journal.set_fact(copying_fact, "");
  co_return forgotten;
}

Task<void> follow_moves(Board& board) {
  Moves moves(board);
  auto followed = co_await moves.go();
  co_return followed;
}

}  // namespace pf::sync
