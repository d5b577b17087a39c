#include "sync/mailbox_renames.h"

#include "sync/patience.h"
#include "sync/settled.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::sync {

namespace {

constexpr std::size_t sample_messages = 20;

using Mailboxes = std::vector<store::MailboxInfo>;

const store::MailboxInfo* find(const Mailboxes& list, const std::string& id) {
  const auto at = std::ranges::find(list, id, &store::MailboxInfo::id);
  return at == list.end() ? nullptr : &*at;
}

class Renames {
 public:
  Renames(RunContext& run, Listings& found) : run_(run), found_(found), patience_(run) {}

  Task<void> go() {
    PF_CO_TRY(records_, co_await run_.journal.mailboxes());
    for (const auto& record : records_) {
      const bool at_source = find(found_.source, record.source_name) != nullptr;
      const bool at_target = find(found_.target, record.target_name) != nullptr;
      if (at_source == at_target) continue;
      PF_CO_TRYV(co_await look_for(record, !at_source));
    }
    co_return Status{};
  }

 private:
  // `at_source`: there the old name is gone.
  Task<void> look_for(const state::MailboxRecord& record, bool at_source) {
    const Epoch& epoch = at_source ? record.source_epoch : record.target_epoch;
    if (epoch.empty()) co_return Status{};
    store::Store& here = at_source ? run_.source : run_.target;
    std::vector<store::MailboxInfo> candidates = strangers(at_source);
    if (candidates.empty()) co_return Status{};
    PF_CO_TRY(const auto told, co_await here.status(candidates));
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (!told[i] || told[i]->epoch != epoch) continue;
      PF_CO_TRY(const bool same, co_await same_messages_in(record, at_source, candidates[i]));
      if (!same) continue;
      auto renamed = co_await follow(record, at_source, candidates[i]);
      co_return renamed;
    }
    co_return Status{};
  }

  // Mailboxes nobody has recorded.
  [[nodiscard]] Mailboxes strangers(bool at_source) const {
    Mailboxes out;
    for (const auto& m : at_source ? found_.source : found_.target) {
      const bool known = std::ranges::any_of(
          records_, [&](const auto& r) { return (at_source ? r.source_name : r.target_name) == m.id; });
      if (m.selectable && !known && !m.path.is_inbox()) out.push_back(m);
    }
    return out;
  }

  // Some of the messages recorded are there under their references, and none is another.
  Task<bool> same_messages_in(const state::MailboxRecord& record, bool at_source,
                              const store::MailboxInfo& mailbox) {
    PF_CO_TRY(auto pairs, co_await run_.journal.pairs(record.id));
    if (pairs.size() > sample_messages) pairs.erase(pairs.begin(), pairs.end() - sample_messages);
    PF_CO_TRY(auto open,
              co_await patience_.open(at_source ? run_.source : run_.target, mailbox, store::Access::read));
    std::vector<MessageRef> refs;
    for (const auto& pair : pairs) refs.push_back(at_source ? pair.source : pair.target);
    PF_CO_TRY(const auto there, co_await open->fetch(refs, store::ScanFields::keys));
    const bool empty = open->status().count == 0;
    ignore(co_await open->close());
    if (pairs.empty()) co_return empty;
    for (const auto& m : there) {
      const auto pair =
          std::ranges::find(pairs, m.ref, at_source ? &state::PairRow::source : &state::PairRow::target);
      if (pair == pairs.end() || !m.key || *m.key != pair->key) co_return false;
    }
    co_return !there.empty();
  }

  Task<void> follow(const state::MailboxRecord& record, bool at_source, const store::MailboxInfo& now) {
    store::Store& there = at_source ? run_.target : run_.source;
    Mailboxes& list = at_source ? found_.target : found_.source;
    const std::string& old_id = at_source ? record.target_name : record.source_name;
    const auto old = std::ranges::find(list, old_id, &store::MailboxInfo::id);
    const WireName name = wire_from_path(now.path, there.name_rules());
    if (old == list.end() || find(list, name.wire) != nullptr || old->path.is_inbox()) co_return Status{};
    const std::string text =
        fmt::format("rename mailbox \"{}\" to \"{}\" at {}", printable(old->path.display()),
                    printable(now.path.display()), there.label());
    if (run_.policy.dry_run) {
      run_.observer(Event(Planned{text}));
      co_return Status{};
    }
    auto renamed = co_await there.rename(*old, now.path, name.wire);
    if (!renamed && renamed.error().scope != Scope::mailbox) co_return renamed.error();
    if (!renamed) {
      run_.warn(fmt::format("not renamed: {}", renamed.error().describe()));
      co_return Status{};
    }
    run_.notice(text);
    old->id = renamed->id;
    old->path = renamed->path;
    auto noted =
        co_await run_.journal.rename(record.id, at_source ? now.id : old->id, at_source ? old->id : now.id);
    co_return noted;
  }

  RunContext& run_;
  Listings& found_;
  Patience patience_;
  std::vector<state::MailboxRecord> records_;
};

}  // namespace

Task<void> follow_renames(RunContext& run, Listings& found) {
  auto attempt = [&run, &found]() -> Task<void> {
    Renames renames(run, found);
    auto done = co_await renames.go();
    co_return done;
  };
  auto followed = co_await patiently(run, "renaming mailboxes", attempt);
  co_return followed;
}

}  // namespace pf::sync
