#include "sync/half_moved.h"

#include "sync/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pf::sync {

namespace {

using Done = state::RemovalRow::Done;

// What is known of moves of these messages that did not end.
struct Unfinished {
  std::set<MessageRef> refs;
  MessageRef first;
  state::RunId since = 0;
};

Task<Unfinished> unfinished(RunContext& run, const std::vector<state::RemovalRow>& rows,
                            const QuarantineEnd& quarantine) {
  Unfinished out;
  out.first = quarantine.first;
  if (rows.empty()) co_return out;
  PF_CO_TRY(const auto planned, co_await run.journal.unfinished_removals(rows.front().mailbox));
  std::map<MessageRef, MessageKey> wanted;
  for (const auto& row : rows) wanted.emplace(row.ref, row.key);
  for (const auto& [id, row] : planned) {
    const bool same_way = row.at_source == rows.front().at_source && row.from == rows.front().from &&
                          row.quarantine == quarantine.mailbox.id && row.quarantine_epoch == quarantine.epoch;
    const auto found = wanted.find(row.ref);
    if (!same_way || found == wanted.end() || found->second != row.key) continue;
    if (out.refs.empty()) out.since = id;
    out.refs.insert(row.ref);
    out.first = std::min(out.first, row.quarantine_ref);
  }
  co_return out;
}

// What runs since then have moved to the quarantine and were told so.
Task<std::set<MessageRef>> known_there(RunContext& run, const QuarantineEnd& quarantine, bool at_source,
                                       state::RunId since) {
  std::set<MessageRef> out;
  PF_CO_TRY(const auto runs, co_await run.journal.runs());
  for (const auto& one : runs) {
    if (one.id < since) continue;
    PF_CO_TRY(const auto removals, co_await run.journal.removals(one.id));
    for (const auto& row : removals) {
      if (row.done != Done::planned && row.at_source == at_source &&
          row.quarantine == quarantine.mailbox.id && row.quarantine_epoch == quarantine.epoch)
        out.insert(row.quarantine_ref);
    }
  }
  co_return out;
}

Task<std::vector<MessageMeta>> keys_of(store::Store& store, const store::MailboxInfo& mailbox,
                                       const std::set<MessageRef>& refs, Patience& patience) {
  PF_CO_TRY(auto open, co_await patience.open(store, mailbox, store::Access::read));
  const std::vector<MessageRef> list(refs.begin(), refs.end());
  PF_CO_TRY(auto metas, co_await open->fetch(list, store::ScanFields::keys));
  ignore(co_await open->close());
  co_return metas;
}

}  // namespace

Task<std::map<MessageRef, MessageRef>> copied_to(RunContext& run, store::OpenMailbox& there,
                                                 const std::vector<MessageMeta>& here, MessageRef first,
                                                 const std::set<MessageRef>& claimed) {
  PF_CO_TRY(const Duration settle, co_await settle_time(run));
  Probe probe(run, there, std::move(first), claimed, {});
  PF_CO_TRYV(co_await probe.watch(here, settle));
  const auto& candidates = probe.candidates;
  std::map<MessageRef, MessageRef> copies;
  for (const auto& [h, t] : probe.result.pairs) copies.emplace(here[h].ref, candidates[t].ref);
  for (const auto& open : probe.result.open) {
    // A server copies octet by octet, and in order.
    auto left = open.target;
    for (const auto h : open.source) {
      const auto twin =
          std::ranges::find_if(left, [&](std::size_t t) { return candidates[t].size == here[h].size; });
      if (twin == left.end()) continue;
      copies.emplace(here[h].ref, candidates[*twin].ref);
      left.erase(twin);
    }
  }
  co_return copies;
}

Task<QuarantineEnd> quarantine_end(store::Store& store, const store::MailboxInfo& quarantine,
                                   Patience& patience) {
  PF_CO_TRY(auto open, co_await patience.open(store, quarantine, store::Access::read));
  QuarantineEnd out{quarantine, open->status().epoch, open->first_ref_at(open->status().position)};
  ignore(co_await open->close());
  co_return out;
}

Task<HalfMoved> half_moved(RunContext& run, store::Store& store, const store::MailboxInfo& mailbox,
                           const std::vector<state::RemovalRow>& rows, const QuarantineEnd& quarantine,
                           Patience& patience) {
  HalfMoved out;
  out.first = quarantine.first;
  if (!store.features().move_copies) co_return out;
  PF_CO_TRY(const auto cut_off, co_await unfinished(run, rows, quarantine));
  if (cut_off.refs.empty()) co_return out;
  out.first = cut_off.first;
  run.notice(fmt::format("{}: looking for {} message{} whose move to \"{}\" was cut off",
                         printable(mailbox.path.display()), cut_off.refs.size(),
                         cut_off.refs.size() == 1 ? "" : "s", printable(quarantine.mailbox.path.display())));
  PF_CO_TRY(const auto here, co_await keys_of(store, mailbox, cut_off.refs, patience));
  const bool at_source = rows.front().at_source;
  PF_CO_TRY(const auto claimed, co_await known_there(run, quarantine, at_source, cut_off.since));
  PF_CO_TRY(auto open, co_await patience.open(store, quarantine.mailbox, store::Access::read));
  PF_CO_TRY(out.copies, co_await copied_to(run, *open, here, cut_off.first, claimed));
  ignore(co_await open->close());
  co_return out;
}

}  // namespace pf::sync
