#include "store/memory/memory_server.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/random.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace pf::store {

std::string_view name(Op op) {
  static constexpr std::array<std::string_view, 18> names{
      "connect", "list",  "status", "open",   "refresh",   "scan",    "fetch", "read",           "chunk",
      "append",  "flags", "remove", "create", "subscribe", "changes", "move",  "remove mailbox", "rename"};
  return names.at(static_cast<std::size_t>(op));
}

MessageRef ref_of_uid(std::uint32_t uid) {
  return MessageRef(big_endian(uid, 4));
}

std::uint32_t uid_of_ref(const MessageRef& ref) {
  if (ref.bytes().size() != 4) return 0;
  std::uint32_t uid = 0;
  for (const char c : ref.bytes()) uid = uid << 8 | static_cast<std::uint8_t>(c);
  return uid;
}

MemoryOptions::MemoryOptions() {
  names.separator = '/';
  features.append_refs = true;
  features.atomic_batch = true;
  features.targeted_remove = true;
  features.checkpoints = true;
  features.tells_vanished = true;
  features.conditional_flags = true;
  features.move = true;
  features.special_use_create = true;
  features.subscriptions = true;
  features.parallel = 4;
  flag_rules.known = true;
  for (const auto flag : {SystemFlag::answered, SystemFlag::flagged, SystemFlag::deleted, SystemFlag::seen,
                          SystemFlag::draft}) {
    flag_rules.permanent.add(flag);
  }
}

MemoryServer::MemoryServer(MemoryOptions given)
    : options(std::move(given)), next_validity_(static_cast<std::uint32_t>(random_u64() >> 34) + 1) {
  make("INBOX");
}

std::uint32_t MemoryServer::add(std::string_view path, std::string bytes, std::string_view flags,
                                std::optional<InternalDate> date) {
  MemoryMessage message;
  message.bytes = std::make_shared<const std::string>(std::move(bytes));
  message.flags = FlagSet::parse(flags);
  message.date = date.value_or(InternalDate(wall_seconds(), 0));
  return store(make(id_of(path)), std::move(message));
}

std::vector<MemoryMessage> MemoryServer::messages(std::string_view path) const {
  std::vector<MemoryMessage> out;
  if (const auto* mailbox = find(id_of(path))) {
    out.reserve(mailbox->messages.size());
    for (const auto& [uid, message] : mailbox->messages) out.push_back(message);
  }
  return out;
}

std::vector<std::string> MemoryServer::mailbox_ids() const {
  std::vector<std::string> out;
  out.reserve(mailboxes_.size());
  for (const auto& [id, mailbox] : mailboxes_) out.push_back(id);
  return out;
}

bool MemoryServer::has(std::string_view path) const {
  return find(id_of(path)) != nullptr;
}

void MemoryServer::create(std::string_view path, SpecialUse use) {
  make(id_of(path)).special_use = use;
}

void MemoryServer::drop(std::string_view path) {
  const auto id = id_of(path);
  std::erase_if(mailboxes_, [&](const auto& entry) { return same_name(entry.first, id); });
}

void MemoryServer::rename(std::string_view from, std::string_view to) {
  auto mailbox = std::move(make(id_of(from)));
  drop(from);
  mailboxes_.insert_or_assign(id_of(to), std::move(mailbox));
}

void MemoryServer::remove(std::string_view path, std::uint32_t uid) {
  expunge(make(id_of(path)), uid);
}

void MemoryServer::set_flags(std::string_view path, std::uint32_t uid, std::string_view flags) {
  auto& mailbox = make(id_of(path));
  const auto found = mailbox.messages.find(uid);
  if (found == mailbox.messages.end()) return;
  found->second.flags = FlagSet::parse(flags);
  touch(mailbox, found->second);
}

void MemoryServer::subscribe(std::string_view path) {
  make(id_of(path)).subscribed = true;
}

void MemoryServer::set_validity(std::string_view path, std::uint32_t validity) {
  make(id_of(path)).validity = validity;
}

std::size_t MemoryServer::deliver_late() {
  std::size_t count = 0;
  for (auto& batch : std::exchange(late_, {})) {
    auto* mailbox = find(batch.mailbox);
    if (mailbox == nullptr) continue;
    for (auto& message : batch.messages) {
      store(*mailbox, std::move(message));
      ++count;
    }
  }
  return count;
}

std::string MemoryServer::id_of(std::string_view path) const {
  return wire_from_path(MailboxPath::from_display(path), options.names).wire;
}

bool MemoryServer::same_name(std::string_view a, std::string_view b) const {
  if (a == b) return true;
  return (!options.names.case_sensitive || iequals(a, "INBOX")) && iequals(a, b);
}

MemoryMailbox* MemoryServer::find(std::string_view id) {
  if (const auto exact = mailboxes_.find(id); exact != mailboxes_.end()) return &exact->second;
  for (auto& [known, mailbox] : mailboxes_) {
    if (same_name(known, id)) return &mailbox;
  }
  return nullptr;
}

MemoryMailbox& MemoryServer::make(const std::string& id) {
  if (auto* there = find(id)) return *there;
  auto& made = mailboxes_[id];
  made.validity = new_validity();
  made.object_id = fmt::format("box-{}", made.validity);
  return made;
}

MailboxStatus MemoryServer::status(std::string_view id, const MemoryMailbox& mailbox) const {
  MailboxStatus out;
  out.epoch = Epoch(big_endian(mailbox.validity, 4));
  out.position = Position(big_endian(mailbox.next_uid, 4));
  out.count = mailbox.messages.size();
  if (options.features.checkpoints) out.checkpoint = Checkpoint(big_endian(mailbox.changes, 8));
  if (options.tell_status) options.tell_status(id, out);
  return out;
}

// Never the same twice, so that a mailbox made again is a new one.
std::uint32_t MemoryServer::new_validity() {
  return next_validity_++;
}

std::uint32_t MemoryServer::store(MemoryMailbox& mailbox, MemoryMessage message) {
  message.uid = mailbox.next_uid++;
  touch(mailbox, message);
  const auto uid = message.uid;
  mailbox.messages.emplace(uid, std::move(message));
  return uid;
}

bool MemoryServer::expunge(MemoryMailbox& mailbox, std::uint32_t uid) {
  if (mailbox.messages.erase(uid) == 0) return false;
  mailbox.gone[uid] = ++mailbox.changes;
  return true;
}

}  // namespace pf::store
