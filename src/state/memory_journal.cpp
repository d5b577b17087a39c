#include "state/memory_journal.h"

#include "async/event.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::state {
namespace {

Error no_such(std::string_view what, std::int64_t id) {
  return {Errc::state, Scope::mailbox, Retry::never, fmt::format("state: no {} {}", what, id)};
}

template <class Key, class Row>
std::vector<Row> values(const std::map<Key, Row>& map) {
  std::vector<Row> out;
  out.reserve(map.size());
  for (const auto& [key, row] : map) out.push_back(row);
  return out;
}

template <class Row>
void put(std::map<MessageRef, Row>& map, std::vector<Row> rows) {
  for (auto& row : rows) {
    const MessageRef source = row.source;
    map.insert_or_assign(source, std::move(row));
  }
}

}  // namespace

MemoryJournal::MemoryJournal(std::shared_ptr<MemoryState> state, std::string source_account,
                             std::string target_account)
    : state_(std::move(state)), accounts_(std::move(source_account), std::move(target_account)) {}

Task<void> MemoryJournal::enter(std::string_view call) {
  co_await sleep_for(Duration::zero());
  if (state_->fault) {
    if (auto error = state_->fault(call)) co_return *std::move(error);
  }
  co_return Status{};
}

Result<MemoryState::Mailbox*> MemoryJournal::find(MailboxId mailbox) {
  const auto found = state_->mailboxes.find(mailbox);
  if (found == state_->mailboxes.end()) return no_such("mailbox", mailbox);
  return &found->second;
}

Result<MemoryState::Mailbox*> MemoryJournal::find_intent(IntentId intent) {
  for (auto& [id, mailbox] : state_->mailboxes) {
    if (mailbox.open.contains(intent) || mailbox.watched.contains(intent)) return &mailbox;
  }
  return no_such("intent", intent);
}

Task<MailboxRecord> MemoryJournal::mailbox(const std::string& source_name, const std::string& target_name) {
  PF_CO_TRY(auto known, co_await known_mailbox(source_name, target_name));
  if (known.id != 0) co_return known;
  MemoryState::Mailbox mailbox;
  mailbox.accounts = accounts_;
  mailbox.record = std::move(known);
  mailbox.record.id = ++state_->last_mailbox;  // never used twice, as on disk
  const auto record = mailbox.record;
  state_->mailboxes.emplace(record.id, std::move(mailbox));
  co_return record;
}

Task<MailboxRecord> MemoryJournal::known_mailbox(const std::string& source_name,
                                                 const std::string& target_name) {
  PF_CO_TRYV(co_await enter("mailbox"));
  for (const auto& [id, mailbox] : state_->mailboxes) {
    const auto& record = mailbox.record;
    if (mailbox.accounts == accounts_ && record.source_name == source_name &&
        record.target_name == target_name)
      co_return record;
  }
  MailboxRecord nothing;
  nothing.source_name = source_name;
  nothing.target_name = target_name;
  co_return nothing;
}

Task<std::vector<MailboxRecord>> MemoryJournal::mailboxes() {
  PF_CO_TRYV(co_await enter("mailboxes"));
  std::vector<MailboxRecord> out;
  for (const auto& [id, mailbox] : state_->mailboxes) {
    if (mailbox.accounts == accounts_) out.push_back(mailbox.record);
  }
  co_return out;
}

Task<void> MemoryJournal::reset(MailboxId mailbox, const Epoch& source, const Epoch& target) {
  PF_CO_TRYV(co_await enter("reset"));
  PF_CO_TRY(auto* box, find(mailbox));
  box->pairs.clear();
  box->parked.clear();
  box->open.clear();
  box->watched.clear();
  box->record.source_epoch = source;
  box->record.target_epoch = target;
  box->record.source_settled.clear();
  box->record.target_settled.clear();
  co_return Status{};
}

Task<void> MemoryJournal::set_settled(MailboxId mailbox, const std::string& source,
                                      const std::string& target) {
  PF_CO_TRYV(co_await enter("set_settled"));
  PF_CO_TRY(auto* box, find(mailbox));
  box->record.source_settled = source;
  box->record.target_settled = target;
  co_return Status{};
}

Task<std::vector<PairRow>> MemoryJournal::pairs(MailboxId mailbox) {
  PF_CO_TRYV(co_await enter("pairs"));
  const auto found = find(mailbox);
  if (!found) co_return std::vector<PairRow>{};
  co_return values((*found)->pairs);
}

Task<void> MemoryJournal::record(MailboxId mailbox, std::vector<PairRow> rows) {
  PF_CO_TRYV(co_await enter("record"));
  PF_CO_TRY(auto* box, find(mailbox));
  put(box->pairs, std::move(rows));
  co_return Status{};
}

Task<void> MemoryJournal::forget(MailboxId mailbox, std::vector<MessageRef> sources) {
  PF_CO_TRYV(co_await enter("forget"));
  const auto found = find(mailbox);
  for (const auto& source : sources) {
    if (found) (*found)->pairs.erase(source);
  }
  co_return Status{};
}

Task<std::uint64_t> MemoryJournal::pair_count(MailboxId mailbox) {
  PF_CO_TRYV(co_await enter("pair_count"));
  const auto found = find(mailbox);
  co_return found ? (*found)->pairs.size() : std::uint64_t{0};
}

std::vector<PairRow> MemoryJournal::pairs_where(MailboxId mailbox, Side side,
                                                const std::function<bool(const MessageRef&)>& wanted) {
  std::vector<PairRow> out;
  const auto found = find(mailbox);
  if (!found) return out;
  for (const auto& [source, row] : (*found)->pairs) {
    if (wanted(side == Side::source ? row.source : row.target)) out.push_back(row);
  }
  return out;
}

Task<std::vector<PairRow>> MemoryJournal::pairs_of(MailboxId mailbox, Side side,
                                                   std::vector<MessageRef> refs) {
  PF_CO_TRYV(co_await enter("pairs_of"));
  std::ranges::sort(refs);
  co_return pairs_where(mailbox, side,
                        [&](const MessageRef& ref) { return std::ranges::binary_search(refs, ref); });
}

Task<std::vector<PairRow>> MemoryJournal::pairs_within(MailboxId mailbox, Side side, MessageRef first,
                                                       MessageRef last) {
  PF_CO_TRYV(co_await enter("pairs_within"));
  co_return pairs_where(mailbox, side, [&](const MessageRef& ref) { return first <= ref && ref <= last; });
}

Task<IntentId> MemoryJournal::begin(MailboxId mailbox, IntentRow intent) {
  PF_CO_TRYV(co_await enter("begin"));
  PF_CO_TRY(auto* box, find(mailbox));
  intent.id = ++state_->last_intent;
  const IntentId id = intent.id;
  box->open.emplace(id, std::move(intent));
  co_return id;
}

Task<void> MemoryJournal::finish(IntentId intent, std::vector<PairRow> stored,
                                 std::vector<ParkedRow> parked) {
  PF_CO_TRYV(co_await enter("finish"));
  PF_CO_TRY(auto* box, find_intent(intent));
  put(box->pairs, std::move(stored));
  put(box->parked, std::move(parked));
  box->open.erase(intent);
  box->watched.erase(intent);
  co_return Status{};
}

Task<void> MemoryJournal::watch(IntentId intent, std::vector<PairRow> stored, std::vector<IntentItem> items) {
  PF_CO_TRYV(co_await enter("watch"));
  PF_CO_TRY(auto* box, find_intent(intent));
  put(box->pairs, std::move(stored));
  auto node = box->open.extract(intent);
  if (node.empty()) node = box->watched.extract(intent);
  if (!items.empty()) {
    node.mapped().items = std::move(items);
    box->watched.insert(std::move(node));
  }
  co_return Status{};
}

Task<std::vector<IntentRow>> MemoryJournal::open_intents(MailboxId mailbox) {
  PF_CO_TRYV(co_await enter("open_intents"));
  const auto found = find(mailbox);
  if (!found) co_return std::vector<IntentRow>{};
  co_return values((*found)->open);
}

Task<std::vector<IntentRow>> MemoryJournal::watched(MailboxId mailbox) {
  PF_CO_TRYV(co_await enter("watched"));
  const auto found = find(mailbox);
  if (!found) co_return std::vector<IntentRow>{};
  co_return values((*found)->watched);
}

Task<void> MemoryJournal::unwatch(IntentId intent) {
  PF_CO_TRYV(co_await enter("unwatch"));
  if (auto found = find_intent(intent)) (*found)->watched.erase(intent);
  co_return Status{};
}

Task<std::vector<ParkedRow>> MemoryJournal::parked(MailboxId mailbox) {
  PF_CO_TRYV(co_await enter("parked"));
  const auto found = find(mailbox);
  if (!found) co_return std::vector<ParkedRow>{};
  co_return values((*found)->parked);
}

Task<void> MemoryJournal::park(MailboxId mailbox, std::vector<ParkedRow> rows) {
  PF_CO_TRYV(co_await enter("park"));
  PF_CO_TRY(auto* box, find(mailbox));
  put(box->parked, std::move(rows));
  co_return Status{};
}

Task<void> MemoryJournal::unpark(MailboxId mailbox, std::vector<MessageRef> sources) {
  PF_CO_TRYV(co_await enter("unpark"));
  const auto found = find(mailbox);
  for (const auto& source : sources) {
    if (found) (*found)->parked.erase(source);
  }
  co_return Status{};
}

Task<Duration> MemoryJournal::slowest_commit() {
  PF_CO_TRYV(co_await enter("slowest_commit"));
  co_return state_->slowest_commit[accounts_.second];
}

Task<void> MemoryJournal::note_commit(Duration took) {
  PF_CO_TRYV(co_await enter("note_commit"));
  auto& slowest = state_->slowest_commit[accounts_.second];
  slowest = std::max(slowest, took);
  co_return Status{};
}

Task<void> MemoryJournal::rename(MailboxId mailbox, const std::string& source_name,
                                 const std::string& target_name) {
  PF_CO_TRYV(co_await enter("rename"));
  PF_CO_TRY(auto* box, find(mailbox));
  std::erase_if(state_->mailboxes, [&](const auto& other) {
    const auto& record = other.second.record;
    return other.first != mailbox && other.second.accounts == box->accounts &&
           record.source_name == source_name && record.target_name == target_name;
  });
  box->record.source_name = source_name;
  box->record.target_name = target_name;
  co_return Status{};
}

Task<void> MemoryJournal::drop(MailboxId mailbox) {
  PF_CO_TRYV(co_await enter("drop"));
  state_->mailboxes.erase(mailbox);
  co_return Status{};
}

Task<RunId> MemoryJournal::begin_run(std::string mode) {
  PF_CO_TRYV(co_await enter("begin_run"));
  const RunId id = static_cast<RunId>(state_->runs.size()) + 1;  // runs are never deleted
  MemoryState::Run run;
  run.accounts = accounts_;
  run.row.id = id;
  run.row.wall_seconds = wall_seconds();
  run.row.mode = std::move(mode);
  state_->runs.emplace(id, std::move(run));
  co_return id;
}

Task<void> MemoryJournal::plan_removals(RunId run, std::vector<RemovalRow> rows) {
  PF_CO_TRYV(co_await enter("plan_removals"));
  if (rows.empty()) co_return Status{};
  const auto found = state_->runs.find(run);
  if (found == state_->runs.end()) co_return no_such("run", run);
  for (auto& row : rows) {
    const auto ordinal = row.ordinal;
    found->second.removals.insert_or_assign(ordinal, std::move(row));
  }
  co_return Status{};
}

Task<std::vector<RemovalRow>> MemoryJournal::removals(RunId run) {
  PF_CO_TRYV(co_await enter("removals"));
  const auto found = state_->runs.find(run);
  if (found == state_->runs.end()) co_return std::vector<RemovalRow>{};
  co_return values(found->second.removals);
}

Task<std::vector<UnfinishedRemoval>> MemoryJournal::unfinished_removals(MailboxId mailbox) {
  PF_CO_TRYV(co_await enter("unfinished_removals"));
  std::vector<UnfinishedRemoval> out;
  for (const auto& [id, run] : state_->runs) {
    for (const auto& [ordinal, row] : run.removals) {
      if (row.mailbox == mailbox && row.done == RemovalRow::Done::planned) out.push_back({id, row});
    }
  }
  co_return out;
}

Task<std::vector<RunRow>> MemoryJournal::runs() {
  PF_CO_TRYV(co_await enter("runs"));
  std::vector<RunRow> out;
  for (const auto& [id, run] : state_->runs) {
    if (run.accounts == accounts_) out.push_back(run.row);
  }
  co_return out;
}

Task<std::string> MemoryJournal::fact(const std::string& name) {
  PF_CO_TRYV(co_await enter("fact"));
  const auto& facts = state_->facts[accounts_];
  const auto found = facts.find(name);
  co_return found == facts.end() ? std::string() : found->second;
}

Task<void> MemoryJournal::set_fact(const std::string& name, const std::string& value) {
  PF_CO_TRYV(co_await enter("set_fact"));
  state_->facts[accounts_].insert_or_assign(name, value);
  co_return Status{};
}

Task<void> MemoryJournal::flush() {
  auto status = co_await enter("flush");
  co_return status;
}

}  // namespace pf::state
