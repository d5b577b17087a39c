#include "sync/take_away.h"

#include "sync/half_moved.h"
#include "sync/patience.h"
#include "sync/quarantine.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace pf::sync {

namespace {

constexpr std::size_t messages_a_command = 500;

using Rows = std::vector<state::RemovalRow>;

class TakeAway {
 public:
  TakeAway(RunContext& run, state::RunId id, Departing& from)
      : run_(run), id_(id), from_(from), store_(from.at_source ? run.source : run.target), patience_(run) {}

  Task<void> go() {
    for (;;) {
      auto removed = co_await once();
      if (removed || !will_pass(removed.error())) co_return removed;
      const bool again = co_await patience_.wait(removed.error(), from_.label());
      if (!again) co_return removed;
    }
  }

 private:
  Task<void> once() {
    std::optional<QuarantineEnd> quarantine;
    HalfMoved half;
    if (!run_.policy.removal.for_good) {
      PF_CO_TRY(const auto mailbox, co_await open_quarantine(run_, store_));
      PF_CO_TRY(quarantine, co_await quarantine_end(store_, mailbox, patience_));
      PF_CO_TRY(half, co_await half_moved(run_, store_, from_.mailbox(), from_.rows, *quarantine, patience_));
    }
    PF_CO_TRY(auto open, co_await patience_.open(store_, from_.mailbox(), store::Access::write));
    if (open->status().epoch != from_.status().epoch) {
      co_return Error(Errc::guard, Scope::mailbox, Retry::later,
                      from_.label() + ": it was renumbered (UIDVALIDITY) during the run", {}, "Run again.");
    }
    while (!from_.rows.empty() && !run_.stopping()) {
      const auto end =
          from_.rows.begin() + static_cast<std::ptrdiff_t>(std::min(from_.rows.size(), messages_a_command));
      Rows rows(from_.rows.begin(), end);
      if (quarantine) aim(rows, *quarantine, half);
      PF_CO_TRYV(co_await run_.journal.plan_removals(id_, rows));
      PF_CO_TRYV(co_await take(*open, quarantine, half, rows));
      PF_CO_TRYV(co_await note(std::move(rows)));
      from_.rows.erase(from_.rows.begin(), end);
      patience_.progress();
    }
    ignore(co_await open->close());
    co_return Status{};
  }

  static void aim(Rows& rows, const QuarantineEnd& quarantine, const HalfMoved& half) {
    for (auto& row : rows) {
      row.quarantine = quarantine.mailbox.id;
      row.quarantine_epoch = quarantine.epoch;
      row.quarantine_ref = half.first;
    }
  }

  static Task<void> take(store::OpenMailbox& open, const std::optional<QuarantineEnd>& quarantine,
                         const HalfMoved& half, Rows& rows) {
    std::vector<MessageRef> going, there;
    for (const auto& row : rows)
      (!quarantine || half.copies.contains(row.ref) ? there : going).push_back(row.ref);
    if (!there.empty()) PF_CO_TRYV(co_await open.remove(there));
    auto copies = half.copies;
    if (!going.empty()) {
      PF_CO_TRY(const auto moved, co_await open.move(going, quarantine->mailbox));
      for (std::size_t i = 0; i < going.size() && i < moved.size(); ++i) {
        if (moved[i]) copies.insert_or_assign(going[i], *moved[i]);
      }
    }
    for (auto& row : rows) {
      const auto copy = copies.find(row.ref);
      row.quarantine_ref = copy == copies.end() ? MessageRef{} : copy->second;
      if (row.quarantine_ref.empty()) row.quarantine_epoch = {};
      row.done = state::RemovalRow::Done::removed;
    }
    co_return Status{};
  }

  Task<void> note(Rows rows) {
    std::vector<MessageRef> sources;
    for (const auto& row : rows) {
      const MessageRef& source = row.at_source ? row.ref : row.other;
      if (!source.empty()) sources.push_back(source);
    }
    from_.job->report.deleted += rows.size();
    (from_.at_source ? from_.job->at_source : from_.job->at_target).removed += rows.size();
    PF_CO_TRYV(co_await run_.journal.plan_removals(id_, std::move(rows)));
    if (!sources.empty()) PF_CO_TRYV(co_await run_.journal.forget(from_.job->record.id, std::move(sources)));
    co_return Status{};
  }

  RunContext& run_;
  state::RunId id_;
  Departing& from_;
  store::Store& store_;
  Patience patience_;
};

}  // namespace

Task<void> take_away(RunContext& run, state::RunId id, Departing& from) {
  TakeAway taking(run, id, from);
  auto taken = co_await taking.go();
  co_return taken;
}

}  // namespace pf::sync
