// What changed since a checkpoint, changes that depend on it, and moving.
#include "store/memory/memory_mailbox.h"

#include <algorithm>

namespace pf::store {

namespace {

std::optional<std::uint64_t> counter_of(const Checkpoint& checkpoint) {
  if (checkpoint.bytes().size() != 8) return std::nullopt;
  std::uint64_t counter = 0;
  for (const char c : checkpoint.bytes()) counter = counter << 8 | static_cast<std::uint8_t>(c);
  return counter;
}

std::vector<RefRange> gone_since(const MemoryMailbox& mailbox, std::uint64_t since) {
  std::vector<RefRange> out;
  std::uint32_t last = 0;
  for (const auto& [uid, counter] : mailbox.gone) {
    if (counter <= since) continue;
    if (out.empty() || last + 1 != uid) out.push_back({ref_of_uid(uid), {}});
    out.back().last = ref_of_uid(uid);
    last = uid;
  }
  return out;
}

}  // namespace

Task<Changes> MemoryOpenMailbox::changes_since(const Checkpoint& since) {
  const auto counter = counter_of(since);
  if (!counter) co_return violation(Op::changes, "no checkpoint of this store");
  PF_CO_TRY(const auto* mailbox, co_await begin(Op::changes));
  const auto& features = session_->server->options.features;
  if (!features.checkpoints) co_return unsupported(Op::changes);
  Changes out;
  for (const auto& [uid, message] : mailbox->messages) {
    if (message.changed > *counter) out.changed.push_back(meta(message, ScanFields::flags));
  }
  if (features.tells_vanished) out.vanished = gone_since(*mailbox, *counter);
  if (const auto& tell = session_->server->options.tell_changes) tell(id_, out);
  PF_CO_TRYV(end(Op::changes));
  co_return out;
}

Task<std::vector<MessageRef>> MemoryOpenMailbox::change_flags_unless(std::span<const FlagChange> changes,
                                                                     const Checkpoint& since) {
  if (access_ != Access::write) co_return violation(Op::flags, "not opened for write");
  const auto counter = counter_of(since);
  if (!counter) co_return violation(Op::flags, "no checkpoint of this store");
  PF_CO_TRY(auto* mailbox, co_await begin(Op::flags));
  if (!session_->server->options.features.conditional_flags) co_return unsupported(Op::flags);
  ++session_->traffic.commands;
  const auto may_change = [&](const FlagChange& change) {
    const auto found = mailbox->messages.find(uid_of_ref(change.ref));
    return found == mailbox->messages.end() || found->second.changed <= *counter;
  };
  // All are judged before the first is changed, because that changes the counters.
  std::vector<MessageRef> left_alone;
  std::vector<const FlagChange*> wanted;
  for (const auto& change : changes) {
    if (may_change(change)) {
      wanted.push_back(&change);
    } else {
      left_alone.push_back(change.ref);
    }
  }
  for (const auto* change : wanted) apply(*mailbox, *change);
  PF_CO_TRYV(end(Op::flags));
  co_return left_alone;
}

Task<std::vector<std::optional<MessageRef>>> MemoryOpenMailbox::move(const std::vector<MessageRef>& refs,
                                                                     const MailboxInfo& to) {
  if (access_ != Access::write) co_return violation(Op::move, "not opened for write");
  PF_CO_TRY(auto* mailbox, co_await begin(Op::move));
  auto& server = *session_->server;
  const auto& features = server.options.features;
  if (!features.move) co_return unsupported(Op::move);
  ++session_->traffic.commands;
  auto* target = server.find(to.id);
  if (target == nullptr) co_return no_such_mailbox(Op::move, to.id);
  std::vector<std::optional<MessageRef>> out(refs.size());
  for (std::size_t i = 0; i < refs.size(); ++i) {
    const auto found = mailbox->messages.find(uid_of_ref(refs[i]));
    if (found == mailbox->messages.end()) continue;
    const auto uid = MemoryServer::store(*target, found->second);
    if (features.append_refs) out[i] = ref_of_uid(uid);
    if (!features.move_copies) MemoryServer::expunge(*mailbox, uid_of_ref(refs[i]));
    ++server.writes_.moved;
  }
  if (features.move_copies) PF_CO_TRYV(co_await remove(refs));
  PF_CO_TRYV(end(Op::move));
  co_return out;
}

}  // namespace pf::store
