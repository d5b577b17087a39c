// What changed since a HIGHESTMODSEQ, and changes that depend on one (RFC 7162).
#include "async/group.h"
#include "imap/command/commands.h"
#include "store/imap/fetch_items.h"
#include "store/imap/imap_mailbox.h"
#include "store/imap/imap_ref.h"

#include <algorithm>
#include <map>
#include <set>

namespace pf::store {

namespace {

constexpr std::size_t commands_in_flight = 4;

// The answer to UID FETCH with CHANGEDSINCE, as it comes.
class Gathered {
 public:
  explicit Gathered(imap::ModSeq since) : since_(since) {}

  void take(imap::Response& response) {
    if (auto* fetch = std::get_if<imap::FetchData>(&response)) {
      take(*fetch);
    } else if (const auto* gone = std::get_if<imap::Vanished>(&response)) {
      add(gone->uids.intervals());
    }
  }

  void add(const std::vector<imap::UidRange>& vanished) {
    too_many_ = too_many_ || vanished_.size() + vanished.size() > limits_.max_vanished_ranges;
    if (!too_many_) vanished_.insert(vanished_.end(), vanished.begin(), vanished.end());
  }

  [[nodiscard]] bool too_many() const { return too_many_; }

  // `gone`: what vanished while we asked, whatever was said of it before.
  Changes result(const imap::UidSet& gone) {
    Changes out;
    std::vector<imap::UidRange> present;
    for (auto& [uid, flags] : changed_) {
      if (gone.contains(uid)) continue;
      present.push_back({uid, uid});
      MessageMeta meta;
      meta.ref = to_ref(uid);
      meta.flags = std::move(flags);
      out.changed.push_back(std::move(meta));
    }
    // What was told with its flags is there.
    const auto vanished =
        imap::UidSet::of(std::move(vanished_)).subtract(imap::UidSet::of(std::move(present)));
    out.vanished.reserve(vanished.intervals().size());
    for (const auto& range : vanished.intervals())
      out.vanished.push_back({to_ref(range.first), to_ref(range.last)});
    return out;
  }

 private:
  // Also what is told unasked meanwhile: a change is a change.
  void take(imap::FetchData& fetch) {
    if (!fetch.uid || *fetch.uid == imap::Uid{} || !fetch.flags) return;
    if (fetch.modseq && *fetch.modseq <= since_) return;
    too_many_ =
        too_many_ || (changed_.size() >= limits_.max_changed_messages && !changed_.contains(*fetch.uid));
    if (!too_many_) changed_[*fetch.uid] = std::move(*fetch.flags);
  }

  imap::Limits limits_;
  imap::ModSeq since_;
  std::map<imap::Uid, FlagSet> changed_;
  std::vector<imap::UidRange> vanished_;
  bool too_many_ = false;
};

Error no_checkpoint(const std::string& where) {
  return {Errc::unsupported, Scope::mailbox, Retry::never, where + ": the mailbox tells no changes"};
}

Error too_many_changes(const std::string& where) {
  return {Errc::limit, Scope::mailbox, Retry::never, where + ": more changed than can be told at once"};
}

}  // namespace

Task<Changes> ImapMailbox::changes_since(const Checkpoint& since) {
  const std::string what = where("changes of");
  const auto modseq = from_handle<imap::ModSeq>(since);
  if (!modseq || status_.checkpoint.empty()) co_return no_checkpoint(what);
  imap::command::FetchItems items;
  items.flags = true;
  items.changed_since = *modseq;
  items.vanished = session_->logged_in.qresync;
  PF_CO_TRY(imap::Command command, imap::command::uid_fetch_from(imap::Uid{1}, items));
  Gathered gathered(*modseq);
  imap::Handlers handlers;
  handlers.on_data = [&gathered](imap::Response& r) { gathered.take(r); };
  PF_CO_TRYV(co_await run_ok(std::move(command), "UID FETCH", std::move(handlers)));
  // Whatever was expunged since the mailbox was selected has been told without being asked for, and need not
  // be told again.
  const auto& meanwhile = session_->selected->vanished();
  if (!meanwhile) co_return too_many_changes(what);
  gathered.add(*meanwhile);
  if (gathered.too_many()) co_return too_many_changes(what);
  co_return gathered.result(imap::UidSet::of(*meanwhile));
}

// ---- flags

// What the answers to conditional STOREs told.
struct ImapMailbox::Conditional {
  imap::UidSet left_alone;
  // The first that each message got after `since`: by our own change.
  std::map<imap::Uid, imap::ModSeq> modseqs;
};

Task<void> ImapMailbox::store_unless(imap::UidSet uids, imap::command::StoreMode mode, FlagSet flags,
                                     imap::ModSeq since, Conditional& told) {
  imap::command::StoreOptions how;
  how.unchanged_since = since;
  PF_CO_TRY(imap::Command command, imap::command::uid_store(uids, mode, flags, how));
  imap::Handlers handlers;
  handlers.on_data = [&told, since](imap::Response& r) {
    const auto* data = std::get_if<imap::FetchData>(&r);
    // The first is ours; a later one may be anybody's.
    if (data != nullptr && data->uid && data->modseq && *data->modseq > since)
      told.modseqs.try_emplace(*data->uid, *data->modseq);
  };
  PF_CO_TRY(const imap::Tagged tagged, co_await connection().run(std::move(command), std::move(handlers)));
  if (const auto* modified = tagged.code.get<imap::Modified>()) {
    // OK or NO (RFC 7162 3.1.3): these were left alone, the others were changed.
    told.left_alone.add(modified->uids.intersect(uids));
    co_return Status{};
  }
  if (auto error = refusal(tagged, imap::CommandKind::uid_store, where("UID STORE in"))) co_return *error;
  co_return Status{};
}

Task<std::vector<MessageRef>> ImapMailbox::change_flags_unless(std::span<const FlagChange> changes,
                                                               const Checkpoint& since) {
  const auto modseq = from_handle<imap::ModSeq>(since);
  if (!modseq || status_.checkpoint.empty()) co_return no_checkpoint(where("UID STORE in"));
  using imap::command::StoreMode;
  struct Key {
    StoreMode mode;
    std::string flags;
    imap::ModSeq since;
    auto operator<=>(const Key&) const = default;
  };
  using Groups = std::map<Key, imap::UidSet>;
  Groups first, second;
  std::vector<std::pair<imap::Uid, std::string>> both;  // and what is to be taken away from it
  for (const auto& change : changes) {
    const auto uid = to_uid(change.ref);
    if (!change.add.empty()) first[{StoreMode::add, change.add.to_string(), *modseq}].add(uid);
    if (change.remove.empty()) continue;
    if (change.add.empty()) {
      first[{StoreMode::remove, change.remove.to_string(), *modseq}].add(uid);
    } else {
      both.emplace_back(uid, change.remove.to_string());
    }
  }
  Conditional told;
  const auto send = [this, &told](const Groups& groups) -> Task<void> {
    TaskGroup group;
    for (const auto& [key, uids] : groups) {
      const FlagSet flags = FlagSet::parse(key.flags);
      for (auto& piece : uids.split(line_budget())) {
        co_await group.wait_below(commands_in_flight - 1);
        co_await group.spawn(store_unless(std::move(piece), key.mode, flags, key.since, told));
      }
    }
    auto done = co_await group.join();
    co_return done;
  };
  PF_CO_TRYV(co_await send(first));
  // Our own addition was a change: the removal goes by the number that one got.
  for (auto& [uid, flags] : both) {
    if (told.left_alone.contains(uid)) continue;
    const auto own = told.modseqs.find(uid);
    second[{StoreMode::remove, std::move(flags), own != told.modseqs.end() ? own->second : *modseq}].add(uid);
  }
  PF_CO_TRYV(co_await send(second));
  std::vector<MessageRef> out;
  for (const auto uid : told.left_alone.uids()) out.push_back(to_ref(uid));
  co_return out;
}

}  // namespace pf::store
