#include "store/memory/memory_store.h"

#include "base/ascii.h"
#include "store/memory/memory_mailbox.h"
#include "store/memory/memory_session.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::store {

MemoryStore::MemoryStore(std::shared_ptr<MemoryServer> server, std::string label)
    : session_(std::make_shared<MemorySession>(std::move(server))), label_(std::move(label)) {
  session_->on_throttled = [this](const Error& error) {
    if (on_throttled) on_throttled(error);
  };
}

MemoryStore::~MemoryStore() {
  session_->on_throttled = nullptr;
}

std::string MemoryStore::ref_text(const MessageRef& ref) const {
  return fmt::format("{}", uid_of_ref(ref));
}

Task<void> MemoryStore::connect() {
  PF_CO_TRYV(co_await session_->before(Op::connect, {}));
  features_ = session_->server->options.features;
  names_ = session_->server->options.names;
  session_->connected = true;
  co_return session_->after(Op::connect, {});
}

MailboxInfo MemoryStore::info(const std::string& id, const MemoryMailbox* mailbox) const {
  MailboxInfo out;
  out.id = id;
  out.path = path_from_wire(id, names_);
  out.selectable = mailbox != nullptr;
  out.may_have_children = names_.separator != '\0';
  if (mailbox == nullptr) return out;
  out.special_use = mailbox->special_use;
  if (session_->server->options.mailbox_ids) out.object_id = ObjectId(mailbox->object_id);
  out.subscribed = mailbox->subscribed;
  if (session_->server->options.list_status) out.status = session_->server->status(id, *mailbox);
  return out;
}

Task<std::vector<MailboxInfo>> MemoryStore::list() {
  PF_CO_TRYV(co_await session_->before(Op::list, {}));
  std::map<std::string, const MemoryMailbox*> found;
  for (const auto& [id, mailbox] : session_->server->mailboxes_) {
    found[id] = &mailbox;
    if (names_.separator == '\0') continue;
    for (auto at = id.find(names_.separator, names_.prefix.size()); at != std::string::npos;
         at = id.find(names_.separator, at + 1)) {
      const auto parent = id.substr(0, at);
      if (session_->server->find(parent) == nullptr) found.emplace(parent, nullptr);
    }
  }
  std::vector<MailboxInfo> out;
  out.reserve(found.size());
  for (const auto& [id, mailbox] : found) {
    if (id != session_->server->options.forget_in_list) out.push_back(info(id, mailbox));
  }
  PF_CO_TRYV(session_->after(Op::list, {}));
  co_return out;
}

Task<std::vector<Result<MailboxStatus>>> MemoryStore::status(const std::vector<MailboxInfo>& mailboxes) {
  std::vector<Result<MailboxStatus>> out;
  for (const auto& mailbox : mailboxes) {
    auto allowed = co_await session_->before(Op::status, mailbox.id);
    if (!allowed && allowed.error().scope > Scope::mailbox) co_return std::move(allowed).error();
    if (!allowed) {
      out.emplace_back(std::move(allowed).error());
    } else if (const auto* there = session_->server->find(mailbox.id)) {
      out.emplace_back(session_->server->status(mailbox.id, *there));
    } else {
      out.emplace_back(no_such_mailbox(Op::status, mailbox.id));
    }
  }
  co_return out;
}

Task<std::unique_ptr<OpenMailbox>> MemoryStore::open(const MailboxInfo& mailbox, Access access) {
  const auto session = session_;
  while (session->open >= std::max<std::size_t>(features_.parallel, 1) && !session->aborted)
    co_await session->freed.wait();
  // Before anything is awaited: the place is ours.
  auto opened = std::make_unique<MemoryOpenMailbox>(session, mailbox.id, access);
  PF_CO_TRYV(co_await opened->enter());
  co_return std::unique_ptr<OpenMailbox>(std::move(opened));
}

Status MemoryStore::check_new_name(Op op, const std::string& id) const {
  const bool too_long = names_.max_bytes != 0 && id.size() > names_.max_bytes;
  const bool forbidden = id.find_first_of(names_.forbidden) != std::string::npos;
  const bool open_end = id.empty() || id.ends_with(names_.separator);
  if (too_long || forbidden || open_end)
    return Error{Errc::rejected, Scope::mailbox, Retry::never, place(op, id)};
  if (session_->server->find(id) != nullptr)
    return Error{Errc::exists, Scope::mailbox, Retry::never, place(op, id)};
  return {};
}

Task<MailboxInfo> MemoryStore::create(const MailboxPath& path, const std::string& id, SpecialUse use) {
  PF_CO_TRYV(co_await session_->before(Op::create, id));
  ++session_->traffic.commands;
  PF_CO_TRYV(check_new_name(Op::create, id));
  auto& made = session_->server->make(id);
  if (features_.special_use_create) made.special_use = use;
  ++session_->server->writes_.created;
  PF_CO_TRYV(session_->after(Op::create, id));
  auto out = info(id, &made);
  out.path = path;
  co_return out;
}

Task<void> MemoryStore::subscribe(const MailboxInfo& mailbox) {
  PF_CO_TRYV(co_await session_->before(Op::subscribe, mailbox.id));
  if (!features_.subscriptions)
    co_return Error{Errc::unsupported, Scope::mailbox, Retry::never, place(Op::subscribe, mailbox.id)};
  ++session_->traffic.commands;
  auto* there = session_->server->find(mailbox.id);
  if (there == nullptr) co_return no_such_mailbox(Op::subscribe, mailbox.id);
  there->subscribed = true;
  ++session_->server->writes_.subscribed;
  co_return session_->after(Op::subscribe, mailbox.id);
}

Task<void> MemoryStore::remove(const MailboxInfo& mailbox) {
  PF_CO_TRYV(co_await session_->before(Op::remove_mailbox, mailbox.id));
  ++session_->traffic.commands;
  auto& server = *session_->server;
  if (iequals(mailbox.id, "INBOX"))
    co_return Error{Errc::rejected, Scope::mailbox, Retry::never, place(Op::remove_mailbox, mailbox.id)};
  if (server.find(mailbox.id) == nullptr) co_return no_such_mailbox(Op::remove_mailbox, mailbox.id);
  std::erase_if(server.mailboxes_,
                [&](const auto& entry) { return server.same_name(entry.first, mailbox.id); });
  ++server.writes_.mailboxes_removed;
  co_return session_->after(Op::remove_mailbox, mailbox.id);
}

Task<MailboxInfo> MemoryStore::rename(const MailboxInfo& mailbox, const MailboxPath& path,
                                      const std::string& id) {
  PF_CO_TRYV(co_await session_->before(Op::rename, mailbox.id));
  ++session_->traffic.commands;
  auto& server = *session_->server;
  const auto beneath = mailbox.id + names_.separator;
  const bool has_separator = names_.separator != '\0';
  if (iequals(mailbox.id, "INBOX") || (has_separator && id.starts_with(beneath)))
    co_return Error{Errc::rejected, Scope::mailbox, Retry::never, place(Op::rename, mailbox.id)};
  if (server.find(mailbox.id) == nullptr) co_return no_such_mailbox(Op::rename, mailbox.id);
  std::vector<std::pair<std::string, std::string>> names;
  for (const auto& [known, each] : server.mailboxes_) {
    const bool child = has_separator && known.starts_with(beneath);
    if (!child && !server.same_name(known, mailbox.id)) continue;
    names.emplace_back(known, child ? id + known.substr(mailbox.id.size()) : id);
    PF_CO_TRYV(check_new_name(Op::rename, names.back().second));
  }
  for (const auto& [from, to] : names) {
    auto node = server.mailboxes_.extract(from);
    node.key() = to;
    node.mapped().subscribed = false;  // a subscription is of a name
    server.mailboxes_.insert(std::move(node));
  }
  ++server.writes_.mailboxes_renamed;
  PF_CO_TRYV(session_->after(Op::rename, mailbox.id));
  auto out = info(id, server.find(id));
  out.path = path;
  co_return out;
}

Store::Traffic MemoryStore::traffic() const {
  return session_->traffic;
}

Task<void> MemoryStore::close() {
  session_->connected = false;
  co_return Status{};
}

void MemoryStore::abort() {
  session_->aborted = true;
  session_->freed.notify_all();
}

}  // namespace pf::store
