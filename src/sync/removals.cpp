#include "sync/removals.h"

#include "sync/guards.h"
#include "sync/patience.h"
#include "sync/take_away.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace pf::sync {

namespace {

constexpr const char* confirmed_fact = "removals confirmed";

struct Candidates : Departing {
  std::uint64_t moved = 0;  // of them, seen elsewhere on the other side

  [[nodiscard]] Loss loss() const {
    return {rows.size() - std::min<std::uint64_t>(moved, rows.size()), status().count};
  }
};

using Identity = std::tuple<MessageKey, std::uint64_t, std::int64_t>;

state::RemovalRow row_of(const Candidates& from, const state::PairRow& pair) {
  state::RemovalRow row;
  row.mailbox = from.job->record.id;
  row.at_source = from.at_source;
  row.from = from.mailbox().id;
  row.ref = from.at_source ? pair.source : pair.target;
  row.other = from.at_source ? pair.target : pair.source;
  row.key = pair.key;
  row.size = pair.size;
  row.date_seconds = pair.date_seconds;
  row.flags = pair.flags;
  return row;
}

state::RemovalRow row_of(const Candidates& from, const MessageMeta& extra) {
  state::RemovalRow row;
  row.mailbox = from.job->record.id;
  row.at_source = from.at_source;
  row.from = from.mailbox().id;
  row.ref = extra.ref;
  if (extra.key) row.key = *extra.key;
  row.size = extra.size;
  row.date_seconds = extra.date ? extra.date->unix_seconds() : 0;
  row.flags = extra.flags;
  return row;
}

class Removals {
 public:
  Removals(Board& board, const AccountTotals& totals) : board_(board), run_(board.run), totals_(totals) {}

  Task<void> go() {
    collect();
    if (candidates_.empty()) co_return Status{};
    PF_CO_TRYV(co_await discount_moves());
    apply_guards();
    if (run_.policy.dry_run) {
      tell_plan();
      co_return Status{};
    }
    PF_CO_TRYV(co_await ask_first());
    if (candidates_.empty() || run_.stopping()) co_return Status{};
    PF_CO_TRY(const state::RunId id, co_await run_.journal.begin_run(std::string(name(run_.policy.mode))));
    run_.summary.run = fmt::format("{}", id);
    std::uint32_t ordinal = 0;
    for (auto& from : candidates_) {
      for (auto& row : from.rows) row.ordinal = ordinal++;
    }
    for (auto& from : candidates_) {
      if (run_.stopping()) co_return Status{};
      PF_CO_TRYV(co_await take_away_from(id, from));
    }
    co_return Status{};
  }

 private:
  void collect() {
    for (auto& job : board_.jobs) {
      if (job.error) continue;
      Candidates target{{&job, false, {}}};
      for (const auto& pair : job.gone_source) target.rows.push_back(row_of(target, pair));
      for (const auto& extra : job.extra) target.rows.push_back(row_of(target, extra));
      if (!target.rows.empty()) candidates_.push_back(std::move(target));
      Candidates source{{&job, true, {}}};
      for (const auto& pair : job.gone_target) source.rows.push_back(row_of(source, pair));
      if (!source.rows.empty()) candidates_.push_back(std::move(source));
    }
  }

  // A message that left one mailbox and arrived in another was not deleted.
  Task<void> discount_moves() {
    std::map<Identity, std::size_t> arrived;
    for (const auto& job : board_.jobs) {
      if (job.new_at_source.empty()) continue;
      PF_CO_TRY(const auto pairs, co_await run_.journal.pairs_of(job.record.id, state::Journal::Side::source,
                                                                 job.new_at_source));
      for (const auto& p : pairs) ++arrived[{p.key, p.size, p.date_seconds}];
    }
    for (auto& from : candidates_) {
      if (from.at_source) continue;
      for (const auto& row : from.rows) {
        const auto seen = arrived.find({row.key, row.size, row.date_seconds});
        if (seen == arrived.end() || seen->second == 0 || row.other.empty()) continue;
        --seen->second;
        ++from.moved;
      }
    }
    co_return Status{};
  }

  void withhold(Candidates& from, const std::string& why) {
    run_.warn(fmt::format("{}: nothing is removed: {}", printable(from.label()), why));
    from.job->report.withheld += from.rows.size();
    from.job->incomplete = true;
    from.rows.clear();
  }

  void withhold_side(bool at_source, const std::string& why) {
    run_.warn(fmt::format("nothing is removed from {}: {}",
                          at_source ? run_.source.label() : run_.target.label(), why));
    for (auto& from : candidates_) {
      if (from.at_source != at_source) continue;
      from.job->report.withheld += from.rows.size();
      from.job->incomplete = true;
      from.rows.clear();
    }
  }

  void apply_guards() {
    for (const bool at_source : {false, true}) {
      Loss all;
      for (const auto& job : board_.jobs)
        all.present += (at_source ? job.source_status : job.target_status).count;
      for (const auto& from : candidates_) {
        if (from.at_source == at_source) all.removals += from.loss().removals;
      }
      if (auto why = emptied_guard(all, at_source ? totals_.target_messages : totals_.source_messages)) {
        withhold_side(at_source, *why);
      } else if (auto too_many = run_guard(all, run_.policy.removal)) {
        withhold_side(at_source, *too_many);
      }
    }
    for (auto& from : candidates_) {
      if (auto why = mailbox_guard(from.loss(), run_.policy.removal)) {
        withhold(from, *why);
      } else if (auto cannot = unable(from)) {
        withhold(from, *cannot);
      }
    }
    std::erase_if(candidates_, [](const auto& from) { return from.rows.empty(); });
  }

  std::optional<std::string> unable(const Candidates& from) const {
    const auto& features = (from.at_source ? run_.source : run_.target).features();
    if (run_.policy.removal.for_good && !features.targeted_remove)
      return "this server cannot remove single messages (UIDPLUS); without --expunge they are moved";
    if (!run_.policy.removal.for_good && !features.move)
      return "this server can neither MOVE nor UID EXPUNGE; delete them by hand";
    return std::nullopt;
  }

  [[nodiscard]] std::string destination() const {
    return run_.policy.removal.for_good ? std::string("remove for good")
                                        : fmt::format("move to \"{}\"", run_.policy.removal.quarantine);
  }

  void tell_plan() {
    for (const auto& from : candidates_) {
      run_.observer(Event(Planned{fmt::format("{} {} message{} of \"{}\"{}", destination(), from.rows.size(),
                                              from.rows.size() == 1 ? "" : "s", printable(from.label()),
                                              from.at_source ? " (source)" : "")}));
    }
  }

  // The first time a pair of accounts would lose something, a person says yes.
  Task<void> ask_first() {
    if (candidates_.empty()) co_return Status{};
    PF_CO_TRY(const std::string answered, co_await run_.journal.fact(confirmed_fact));
    if (!answered.empty()) co_return Status{};
    if (!run_.policy.removal.confirmed && !ask_person()) {
      for (const bool at_source : {false, true}) {
        const bool any =
            std::ranges::any_of(candidates_, [&](const auto& c) { return c.at_source == at_source; });
        if (any)
          withhold_side(at_source, "this is the first run that would remove something; --yes allows it");
      }
      candidates_.clear();
      co_return Status{};
    }
    auto noted = co_await run_.journal.set_fact(confirmed_fact, "yes");
    co_return noted;
  }

  bool ask_person() const {
    if (!run_.ask) return false;
    std::string question = fmt::format("This is the first {} run of these accounts. It would {}:\n",
                                       name(run_.policy.mode), destination());
    for (const auto& from : candidates_) {
      question +=
          fmt::format("  {} of {} messages of \"{}\" at {}\n", from.rows.size(), from.status().count,
                      printable(from.label()), from.at_source ? run_.source.label() : run_.target.label());
    }
    return run_.ask(question + "Go on?");
  }

  Task<void> take_away_from(state::RunId id, Candidates& from) {
    auto taken = co_await take_away(run_, id, from);
    if (taken) co_return Status{};
    if (will_pass(taken.error()) || taken.error().scope == Scope::run ||
        taken.error().scope == Scope::account)
      co_return taken;
    withhold(from, taken.error().describe());
    co_return Status{};
  }

  Board& board_;
  RunContext& run_;
  AccountTotals totals_;
  std::vector<Candidates> candidates_;
};

}  // namespace

Task<void> remove_gone(Board& board, const AccountTotals& totals) {
  Removals removals(board, totals);
  auto done = co_await removals.go();
  co_return done;
}

}  // namespace pf::sync
