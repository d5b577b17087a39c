#include "store/memory/memory_mailbox.h"

#include "base/clock.h"
#include "base/digest.h"
#include "store/memory/memory_stream.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::store {

MemoryOpenMailbox::MemoryOpenMailbox(std::shared_ptr<MemorySession> session, std::string id, Access access)
    : session_(std::move(session)), id_(std::move(id)), access_(access) {
  ++session_->open;
}

MemoryOpenMailbox::~MemoryOpenMailbox() {
  if (streaming_) session_->server->violations_.push_back(id_ + ": closed with a stream open");
  give_back();
}

void MemoryOpenMailbox::give_back() {
  if (!std::exchange(holds_place_, false)) return;
  --session_->open;
  session_->freed.notify_all();
}

Error MemoryOpenMailbox::violation(Op op, std::string_view what) {
  const auto text = fmt::format("{}: {}", place(op, id_), what);
  session_->server->violations_.push_back(text);
  return {Errc::unexpected, Scope::mailbox, Retry::never, text};
}

Error MemoryOpenMailbox::unsupported(Op op) const {
  return {Errc::unsupported, Scope::mailbox, Retry::never, place(op, id_)};
}

Error MemoryOpenMailbox::failed(Error error) {
  lost_ = lost_ || error.scope == Scope::connection;
  return error;
}

Task<void> MemoryOpenMailbox::enter() {
  auto allowed = co_await session_->before(Op::open, id_);
  if (!allowed) co_return std::move(allowed).error();
  const auto* there = session_->server->find(id_);
  if (there == nullptr) co_return no_such_mailbox(Op::open, id_);
  validity_ = there->validity;
  if (access_ != Access::append) take_status(*there);
  if (access_ == Access::write) rules_ = session_->server->options.flag_rules;
  co_return end(Op::open);
}

Task<MemoryMailbox*> MemoryOpenMailbox::begin(Op op) {
  if (lost_ || !holds_place_) co_return connection_lost(op, id_);
  if (access_ == Access::append && op != Op::append) co_return violation(op, "opened for append");
  if (auto allowed = co_await session_->before(op, id_); !allowed)
    co_return failed(std::move(allowed).error());
  if (lost_) co_return connection_lost(op, id_);
  auto* there = session_->server->find(id_);
  if (there == nullptr) co_return no_such_mailbox(op, id_);
  // A mailbox that was replaced ends the sessions that had it selected.
  if (access_ != Access::append && there->validity != validity_) co_return failed(connection_lost(op, id_));
  co_return there;
}

Status MemoryOpenMailbox::end(Op op) {
  auto status = session_->after(op, id_);
  if (!status) return failed(std::move(status).error());
  return {};
}

void MemoryOpenMailbox::take_status(const MemoryMailbox& mailbox) {
  status_ = session_->server->status(id_, mailbox);
}

Task<void> MemoryOpenMailbox::refresh() {
  PF_CO_TRY(const auto* mailbox, co_await begin(Op::refresh));
  take_status(*mailbox);
  co_return end(Op::refresh);
}

MessageMeta MemoryOpenMailbox::meta(const MemoryMessage& message, ScanFields fields) const {
  MessageMeta out;
  out.ref = ref_of_uid(message.uid);
  if (fields >= ScanFields::flags) out.flags = message.flags;
  if (fields >= ScanFields::basic) {
    out.date = message.date;
    out.size = message.bytes->size();
    if (!session_->server->options.features.object_id_family.empty())
      out.object_id = ObjectId(hex(sha256(*message.bytes)));
  }
  if (fields == ScanFields::keys) {
    HeaderScan headers;
    headers.feed(as_bytes(*message.bytes));
    out.key = headers.key(message.bytes->size());
  }
  return out;
}

Task<ScanPage> MemoryOpenMailbox::scan(const MessageRef& from, ScanFields fields) {
  const auto first = uid_of_ref(from);
  PF_CO_TRY(const auto* mailbox, co_await begin(Op::scan));
  ScanPage page;
  const auto limit = std::max<std::size_t>(session_->server->options.page_messages, 1);
  for (auto it = mailbox->messages.lower_bound(first); it != mailbox->messages.end(); ++it) {
    if (page.messages.size() == limit) {
      page.more = true;
      page.next = ref_of_uid(it->first);
      break;
    }
    page.messages.push_back(meta(it->second, fields));
  }
  if (const auto& tell = session_->server->options.tell_messages) tell(id_, page.messages);
  PF_CO_TRYV(end(Op::scan));
  co_return page;
}

Task<std::vector<MessageMeta>> MemoryOpenMailbox::fetch(const std::vector<MessageRef>& refs,
                                                        ScanFields fields) {
  PF_CO_TRY(const auto* mailbox, co_await begin(Op::fetch));
  std::vector<MessageMeta> out;
  for (const auto& ref : refs) {
    if (const auto found = mailbox->messages.find(uid_of_ref(ref)); found != mailbox->messages.end()) {
      out.push_back(meta(found->second, fields));
    }
  }
  if (const auto& tell = session_->server->options.tell_messages) tell(id_, out);
  PF_CO_TRYV(end(Op::fetch));
  co_return out;
}

MessageRef MemoryOpenMailbox::first_ref_at(const Position& position) const {
  return MessageRef(std::string(position.bytes()));
}

Task<std::unique_ptr<MessageStream>> MemoryOpenMailbox::read(std::vector<MessageRef> refs) {
  if (streaming_) co_return violation(Op::read, "a second stream");
  PF_CO_TRY(const auto* mailbox, co_await begin(Op::read));
  (void)mailbox;
  PF_CO_TRYV(end(Op::read));
  std::vector<std::uint32_t> uids;
  uids.reserve(refs.size());
  for (const auto& ref : refs) uids.push_back(uid_of_ref(ref));
  std::ranges::sort(uids);
  streaming_ = true;
  co_return std::unique_ptr<MessageStream>(std::make_unique<MemoryStream>(*this, std::move(uids)));
}

FlagSet MemoryOpenMailbox::kept(const FlagSet& flags) const {
  const auto& options = session_->server->options;
  return options.flag_rules.kept(flags).without(options.dropped_flags);
}

bool MemoryOpenMailbox::apply(MemoryMailbox& mailbox, const FlagChange& change) {
  const auto found = mailbox.messages.find(uid_of_ref(change.ref));
  if (found == mailbox.messages.end()) return false;
  auto& message = found->second;
  auto changed = message.flags.unite(kept(change.add)).without(change.remove);
  if (changed == message.flags) return true;
  message.flags = std::move(changed);
  MemoryServer::touch(mailbox, message);
  ++session_->server->writes_.flag_changes;
  return true;
}

Task<std::vector<MessageMeta>> MemoryOpenMailbox::change_flags(std::span<const FlagChange> changes) {
  if (access_ != Access::write) co_return violation(Op::flags, "not opened for write");
  PF_CO_TRY(auto* mailbox, co_await begin(Op::flags));
  ++session_->traffic.commands;
  std::vector<MessageMeta> out;
  for (const auto& change : changes) {
    if (apply(*mailbox, change))
      out.push_back(meta(mailbox->messages.at(uid_of_ref(change.ref)), ScanFields::flags));
  }
  PF_CO_TRYV(end(Op::flags));
  co_return out;
}

Task<void> MemoryOpenMailbox::remove(const std::vector<MessageRef>& refs) {
  if (access_ != Access::write) co_return violation(Op::remove, "not opened for write");
  PF_CO_TRY(auto* mailbox, co_await begin(Op::remove));
  if (!session_->server->options.features.targeted_remove) co_return unsupported(Op::remove);
  ++session_->traffic.commands;
  for (const auto& ref : refs) {
    if (MemoryServer::expunge(*mailbox, uid_of_ref(ref))) ++session_->server->writes_.removed;
  }
  co_return end(Op::remove);
}

Task<void> MemoryOpenMailbox::close() {
  if (streaming_) co_return violation(Op::open, "closed with a stream open");
  give_back();
  co_return Status{};
}

// ---- append

namespace {

Scope scope_of(Errc code) {
  switch (code) {
    case Errc::over_quota:
      return Scope::account;
    case Errc::permission:
    case Errc::not_found:
      return Scope::mailbox;
    default:
      return Scope::message;
  }
}

}  // namespace

// The body, or a lost connection: a literal that ends early cannot be taken back in any other way.
Task<MemoryMessage> MemoryOpenMailbox::receive(AppendItem& item) {
  std::string bytes;
  const auto size = item.body->size();
  for (;;) {
    auto piece = co_await item.body->next();
    if (session_->aborted) co_return Error{Errc::cancelled, Scope::run, Retry::never, place(Op::append, id_)};
    if (!piece || bytes.size() + piece->size() > size) co_return failed(connection_lost(Op::append, id_));
    if (piece->empty()) break;
    bytes.append(piece->begin(), piece->end());
    if (session_->server->options.received) session_->server->options.received(piece->size());
  }
  if (bytes.size() != size) co_return failed(connection_lost(Op::append, id_));
  session_->traffic.sent += size;
  if (const auto& rewrite = session_->server->options.rewrite) bytes = rewrite(std::move(bytes));
  MemoryMessage message;
  message.bytes = std::make_shared<const std::string>(std::move(bytes));
  message.flags = kept(item.flags);
  message.date = item.date.value_or(InternalDate(wall_seconds(), 0));
  co_return message;
}

// One message is refused by itself; of several in an atomic batch nobody is told which it was.
void MemoryOpenMailbox::refuse_some(std::span<const MemoryMessage> messages,
                                    std::vector<AppendOutcome>& outcomes) const {
  const auto& options = session_->server->options;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    std::optional<Errc> why;
    const auto size = messages[i].bytes->size();
    if (options.features.max_message_bytes && size > *options.features.max_message_bytes) why = Errc::too_big;
    if (!why && options.refuse) why = options.refuse(*messages[i].bytes);
    if (!why) continue;
    AppendOutcome outcome;
    outcome.error = Error(*why, scope_of(*why), Retry::never, place(Op::append, id_));
    const bool unclear = messages.size() > 1 && outcome.error->scope == Scope::message;
    outcome.kind = unclear ? AppendOutcome::Kind::batch_refused : AppendOutcome::Kind::refused;
    outcomes.assign(messages.size(), outcome);
    return;
  }
}

// All of `items` in one APPEND: stored together or not at all.
Task<std::vector<AppendOutcome>> MemoryOpenMailbox::append_command(std::span<AppendItem> items) {
  auto began = co_await begin(Op::append);
  if (!began && began.error().code != Errc::not_found) co_return std::move(began).error();
  ++session_->traffic.commands;
  std::vector<MemoryMessage> messages;
  for (auto& item : items) {
    PF_CO_TRY(messages.emplace_back(), co_await receive(item));
  }
  std::vector<AppendOutcome> outcomes(items.size());
  auto& server = *session_->server;
  if (server.options.append_takes != Duration::zero()) co_await sleep_for(server.options.append_takes);
  // Others ran meanwhile, so the mailbox is looked up again.
  auto* mailbox = server.find(id_);
  if (mailbox == nullptr) {
    for (auto& outcome : outcomes) {
      outcome.kind = AppendOutcome::Kind::refused;
      outcome.error = no_such_mailbox(Op::append, id_);
    }
    co_return outcomes;
  }
  refuse_some(messages, outcomes);
  if (server.options.refuse_append) {
    if (const auto error = server.options.refuse_append({Op::append, id_, server.calls_})) {
      session_->tell_if_throttled(*error);
      for (auto& outcome : outcomes) {
        outcome.kind = AppendOutcome::Kind::refused;
        outcome.error = *error;
      }
    }
  }
  if (outcomes.front().kind != AppendOutcome::Kind::stored) co_return outcomes;

  if (server.options.arrived) server.options.arrived(id_, messages);
  const auto fault = server.options.append_fault
                         ? server.options.append_fault({Op::append, id_, server.calls_})
                         : AppendFault::none;
  if (fault == AppendFault::lose_command) co_return failed(connection_lost(Op::append, id_));
  if (fault == AppendFault::store_late) {
    server.late_.push_back({id_, std::move(messages)});
    co_return failed(connection_lost(Op::append, id_));
  }
  std::uint32_t unstored = mailbox->next_uid;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const bool dropped = fault == AppendFault::drop;
    const auto uid = dropped ? unstored++ : server.store(*mailbox, std::move(messages[i]));
    if (!dropped) ++server.writes_.appended;
    if (!server.options.features.append_refs) continue;
    outcomes[i].ref = ref_of_uid(uid);
    outcomes[i].epoch = Epoch(big_endian(mailbox->validity, 4));
  }
  if (server.options.tell_appended) server.options.tell_appended(id_, outcomes);
  if (fault == AppendFault::lose_answer) co_return failed(connection_lost(Op::append, id_));
  PF_CO_TRYV(end(Op::append));
  co_return outcomes;
}

Task<std::vector<AppendOutcome>> MemoryOpenMailbox::append(std::span<AppendItem> items) {
  auto turn = co_await appending_.lock();
  if (access_ == Access::read) co_return violation(Op::append, "opened for read");
  std::vector<AppendOutcome> outcomes;
  const auto step = session_->server->options.features.atomic_batch ? items.size() : 1;
  for (std::size_t at = 0; at < items.size(); at += step) {
    PF_CO_TRY(auto some, co_await append_command(items.subspan(at, step)));
    std::ranges::move(some, std::back_inserter(outcomes));
  }
  co_return outcomes;
}

}  // namespace pf::store
