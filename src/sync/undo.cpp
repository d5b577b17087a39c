#include "sync/undo.h"

#include "sync/conclude.h"
#include "sync/half_moved.h"
#include "sync/meet.h"
#include "sync/pacing.h"
#include "sync/patience.h"
#include "sync/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace pf::sync {

namespace {

using Done = state::RemovalRow::Done;

// Rows that went the same way.
struct Way {
  bool at_source = false;
  std::string from, quarantine;
  friend auto operator<=>(const Way&, const Way&) = default;
};

const store::MailboxInfo* find(const std::vector<store::MailboxInfo>& list, const std::string& id) {
  const auto at = std::ranges::find(list, id, &store::MailboxInfo::id);
  return at == list.end() ? nullptr : &*at;
}

bool same_content(const state::RemovalRow& row, const MessageMeta& m) {
  return m.key && *m.key == row.key;
}
// The date is that of the source; a copy that an earlier tool made may have another.
bool same_message(const state::RemovalRow& row, const MessageMeta& m) {
  return same_content(row, m) && m.date && m.date->unix_seconds() == row.date_seconds;
}

// One of that date, else any that holds the same.
std::vector<MessageMeta>::iterator most_like(const state::RemovalRow& row, std::vector<MessageMeta>& list) {
  const auto at = std::ranges::find_if(list, [&](const MessageMeta& m) { return same_message(row, m); });
  if (at != list.end()) return at;
  return std::ranges::find_if(list, [&](const MessageMeta& m) { return same_content(row, m); });
}

class Undo {
 public:
  Undo(RunContext& run, state::RunId id) : run_(run), id_(id) {}

  Task<void> go() {
    // Runs of all pairs of accounts are numbered together.
    PF_CO_TRY(const auto runs, co_await run_.journal.runs());
    std::vector<state::RemovalRow> rows;
    if (std::ranges::find(runs, id_, &state::RunRow::id) != runs.end()) {
      PF_CO_TRY(rows, co_await run_.journal.removals(id_));
    }
    if (rows.empty()) {
      run_.summary.nothing_done = true;
      co_return Error(Errc::usage, Scope::run, Retry::never,
                      fmt::format("run {} of these accounts removed nothing", id_), {},
                      "postferry undo FROM TO --list names the runs that did.");
    }
    PF_CO_TRY(found_, co_await meet(run_));
    std::map<Way, std::vector<state::RemovalRow>> ways;
    for (auto& row : rows) {
      if (row.done != Done::undone) ways[{row.at_source, row.from, row.quarantine}].push_back(std::move(row));
    }
    for (auto& [way, those] : ways) {
      if (run_.stopping()) co_return Status{};
      PF_CO_TRYV(co_await undo_patiently(way, those));
    }
    co_return Status{};
  }

 private:
  [[nodiscard]] store::Store& store_of(const Way& way) const {
    return way.at_source ? run_.source : run_.target;
  }

  Task<void> undo_patiently(const Way& way, std::vector<state::RemovalRow>& rows) {
    Patience patience(run_);
    for (;;) {
      auto undone = way.quarantine.empty() ? co_await bring_from_other_side(way, rows, patience)
                                           : co_await bring_from_quarantine(way, rows, patience);
      if (undone) co_return Status{};
      if (!will_pass(undone.error())) {
        for (const auto& row : rows) {
          if (row.done != Done::undone) fail(row, undone.error().describe());
        }
        co_return Status{};
      }
      const bool again = co_await patience.wait(undone.error(), store_of(way).label());
      if (!again) co_return undone;
    }
  }

  void fail(const state::RemovalRow& row, std::string why) {
    Failure failure;
    failure.mailbox = row.from;
    failure.ref = (row.at_source ? run_.source : run_.target).ref_text(row.ref);
    failure.reason = name(Errc::not_found);
    failure.message = std::move(why);
    ++run_.summary.failed;
    run_.fail(std::move(failure));
  }

  // The mailbox it was in, made again when it is gone.
  Task<store::MailboxInfo> home(const Way& way) {
    const auto& list = way.at_source ? found_.source : found_.target;
    if (const auto* there = find(list, way.from)) co_return *there;
    store::Store& store = store_of(way);
    const MailboxPath path = path_from_wire(way.from, store.name_rules());
    auto made = co_await store.create(path, way.from, SpecialUse::none);
    if (made || made.error().code != Errc::exists) co_return made;
    store::MailboxInfo info;
    info.id = way.from;
    info.path = path;
    co_return info;
  }

  Task<void> bring_from_quarantine(const Way& way, std::vector<state::RemovalRow>& rows, Patience& patience) {
    PF_CO_TRY(const store::MailboxInfo to, co_await home(way));
    const auto* quarantine = find(way.at_source ? found_.source : found_.target, way.quarantine);
    std::vector<MessageMeta> held;
    std::unique_ptr<store::OpenMailbox> open;
    if (quarantine != nullptr) {
      PF_CO_TRY(auto scanned, co_await open_and_scan_all(patience, store_of(way), *quarantine,
                                                         store::Access::read, store::ScanFields::keys));
      open = std::move(scanned.mailbox);
      held = std::move(scanned.messages);
    }
    std::vector<MessageMeta> going;
    std::vector<state::RemovalRow*> bringing, absent;
    for (auto& row : rows) {
      if (row.done == Done::undone) continue;
      const auto at = choose(row, held, open ? open->status().epoch : Epoch{});
      if (at == held.end()) {
        absent.push_back(&row);
        continue;
      }
      going.push_back(std::move(*at));
      bringing.push_back(&row);
      held.erase(at);
    }
    const Epoch epoch = open ? open->status().epoch : Epoch{};
    if (open) ignore(co_await open->close());
    if (!going.empty())
      PF_CO_TRYV(co_await move_home(way, *quarantine, epoch, to, going, bringing, patience));
    PF_CO_TRYV(co_await note(bringing));
    auto settled = co_await settle_absent(way, to, absent, patience);
    co_return settled;
  }

  // `going` are messages of `epoch` of the quarantine.
  Task<void> move_home(const Way& way, const store::MailboxInfo& quarantine, const Epoch& epoch,
                       const store::MailboxInfo& to, const std::vector<MessageMeta>& going,
                       const std::vector<state::RemovalRow*>& rows, Patience& patience) {
    const bool copies_first = store_of(way).features().move_copies;
    std::map<MessageRef, MessageRef> copies;
    if (copies_first) {
      PF_CO_TRY(copies, co_await home_already(way, to, going, rows, patience));
    }
    std::vector<MessageRef> copied, refs;
    for (const auto& m : going) (copies.contains(m.ref) ? copied : refs).push_back(m.ref);
    PF_CO_TRY(auto open, co_await patience.open(store_of(way), quarantine, store::Access::write));
    if (open->status().epoch != epoch) {
      co_return Error(
          Errc::guard, Scope::mailbox, Retry::later,
          printable(quarantine.path.display()) + ": it was renumbered (UIDVALIDITY) during the run", {},
          "Run again.");
    }
    if (!copied.empty()) PF_CO_TRYV(co_await open->remove(copied));
    if (!refs.empty()) {
      PF_CO_TRY(const auto moved, co_await open->move(refs, to));
      (void)moved;
    }
    ignore(co_await open->close());
    if (copies_first) PF_CO_TRYV(co_await run_.journal.set_fact(home_fact(way), ""));
    co_return Status{};
  }

  // Where the mailbox ended before an undo of this run copied to it; empty when none was cut off.
  [[nodiscard]] std::string home_fact(const Way& way) const {
    return fmt::format("undo of {} at the {}: {}", id_, way.at_source ? "source" : "target", way.from);
  }

  // What an undo that was cut off has copied and not removed: it came after that undo had begun, and no run
  // knows of it.  For an undo that was not, writes down where the mailbox ends.
  Task<std::map<MessageRef, MessageRef>> home_already(const Way& way, const store::MailboxInfo& to,
                                                      const std::vector<MessageMeta>& going,
                                                      const std::vector<state::RemovalRow*>& rows,
                                                      Patience& patience) {
    std::map<MessageRef, MessageRef> copies;
    PF_CO_TRY(const std::string before, co_await run_.journal.fact(home_fact(way)));
    PF_CO_TRY(auto open, co_await patience.open(store_of(way), to, store::Access::read));
    const auto& status = open->status();
    const std::string epoch(status.epoch.bytes());
    if (before.starts_with(epoch) && before.size() > epoch.size()) {
      PF_CO_TRY(const auto claimed, co_await recorded(way, rows));
      MessageRef first(before.substr(epoch.size()));
      PF_CO_TRY(copies, co_await copied_to(run_, *open, going, std::move(first), claimed));
    } else {
      const MessageRef first = open->first_ref_at(status.position);
      PF_CO_TRYV(co_await run_.journal.set_fact(home_fact(way), epoch + std::string(first.bytes())));
      PF_CO_TRYV(co_await run_.journal.flush());
    }
    ignore(co_await open->close());
    co_return copies;
  }

  // The messages of the mailboxes that `rows` were taken from that recorded pairs explain.
  Task<std::set<MessageRef>> recorded(const Way& way, const std::vector<state::RemovalRow*>& rows) {
    std::set<state::MailboxId> mailboxes;
    for (const auto* row : rows) mailboxes.insert(row->mailbox);
    std::set<MessageRef> out;
    for (const auto id : mailboxes) {
      PF_CO_TRY(const auto pairs, co_await run_.journal.pairs(id));
      for (const auto& pair : pairs) out.insert(way.at_source ? pair.source : pair.target);
    }
    co_return out;
  }

  // The reference that was told, if it still names the message; else the most like it.
  static std::vector<MessageMeta>::iterator choose(const state::RemovalRow& row,
                                                   std::vector<MessageMeta>& held, const Epoch& epoch) {
    const bool told = !row.quarantine_ref.empty() && row.quarantine_epoch == epoch;
    auto exact = std::ranges::find_if(held, [&](const MessageMeta& m) {
      return told && m.ref == row.quarantine_ref && same_content(row, m);
    });
    return exact != held.end() ? exact : most_like(row, held);
  }

  // Not in the quarantine: it may never have left, or be back already.
  Task<void> settle_absent(const Way& way, const store::MailboxInfo& to,
                           const std::vector<state::RemovalRow*>& absent, Patience& patience) {
    if (absent.empty()) co_return Status{};
    PF_CO_TRY(auto scanned, co_await open_and_scan_all(patience, store_of(way), to, store::Access::read,
                                                       store::ScanFields::keys));
    std::vector<MessageMeta>& there = scanned.messages;
    ignore(co_await scanned.mailbox->close());
    std::vector<state::RemovalRow*> back;
    for (auto* row : absent) {
      const auto at = most_like(*row, there);
      if (at == there.end()) {
        fail(*row, fmt::format("it is not in \"{}\" any more; restore it from a backup",
                               printable(way.quarantine)));
      } else {
        there.erase(at);
        back.push_back(row);
      }
    }
    auto noted = co_await note(back, false);
    co_return noted;
  }

  // Removed for good: the counterpart, if that is still there, is copied.
  Task<void> bring_from_other_side(const Way& way, std::vector<state::RemovalRow>& rows, Patience& patience) {
    PF_CO_TRY(const store::MailboxInfo to, co_await home(way));
    PF_CO_TRY(const auto records, co_await run_.journal.mailboxes());
    store::Store& other = way.at_source ? run_.target : run_.source;
    for (auto& row : rows) {
      if (row.done == Done::undone) continue;
      const auto record = std::ranges::find(records, row.mailbox, &state::MailboxRecord::id);
      const auto* mailbox = record == records.end()
                                ? nullptr
                                : find(way.at_source ? found_.target : found_.source,
                                       way.at_source ? record->target_name : record->source_name);
      bool brought = false;
      if (mailbox != nullptr && !row.other.empty()) {
        PF_CO_TRY(brought, co_await copy_back(row, other, *mailbox, store_of(way), to, patience));
      }
      if (brought) {
        std::vector<state::RemovalRow*> one{&row};
        PF_CO_TRYV(co_await note(one));
      } else {
        fail(row, "it was removed for good and the other account does not have it any more");
      }
    }
    co_return Status{};
  }

  static Task<bool> copy_back(const state::RemovalRow& row, store::Store& from,
                              const store::MailboxInfo& mailbox, store::Store& target,
                              const store::MailboxInfo& to, Patience& patience) {
    PF_CO_TRY(auto source, co_await patience.open(from, mailbox, store::Access::read));
    std::vector<MessageRef> refs{row.other};
    PF_CO_TRY(const auto there, co_await source->fetch(refs, store::ScanFields::keys));
    if (there.size() != 1 || !same_content(row, there[0])) co_return false;
    PF_CO_TRY(auto stream, co_await source->read(std::move(refs)));
    PF_CO_TRY(const auto item, co_await stream->next());
    bool stored = false;
    if (item) {
      PF_CO_TRY(auto destination, co_await patience.open(target, to, store::Access::append));
      std::vector<store::AppendItem> one;
      one.push_back({row.flags, there[0].date, item->body, {}});
      PF_CO_TRY(const auto outcomes, co_await destination->append(one));
      stored = outcomes.at(0).kind == store::AppendOutcome::Kind::stored;
      ignore(co_await destination->close());
    }
    PF_CO_TRYV(co_await stream->close());
    ignore(co_await source->close());
    co_return stored;
  }

  Task<void> note(const std::vector<state::RemovalRow*>& rows, bool counted = true) {
    std::vector<state::RemovalRow> copies;
    for (auto* row : rows) {
      row->done = Done::undone;
      copies.push_back(*row);
    }
    if (counted) run_.summary.restored += rows.size();
    if (copies.empty()) co_return Status{};
    auto noted = co_await run_.journal.plan_removals(id_, std::move(copies));
    co_return noted;
  }

  RunContext& run_;
  state::RunId id_;
  Listings found_;
};

}  // namespace

asio::awaitable<void> run_undo(RunContext& run, state::RunId id) {
  watch_pace(run);
  run.observer(Event(RunStarted{run.source.label(), run.target.label(), false}));
  Undo undo(run, id);
  const auto done = co_await undo.go();
  if (!done) run.summary.fatal = done.error();
  conclude(run);
}

}  // namespace pf::sync
