#include "store/imap/imap_store.h"

#include "async/group.h"
#include "imap/command/commands.h"
#include "store/imap/imap_mailbox.h"
#include "store/imap/imap_ref.h"
#include "store/imap/listing.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::store {

namespace {

// More lanes gain nothing against one server and look like an attack to some (measured with Dovecot on 2
// cores).
constexpr std::size_t default_lanes = 4;
// Beside the lanes: the control session, and one that looks into a mailbox while the lanes work.
constexpr std::size_t spare_sessions = 2;

}  // namespace

// A session that several calls share: it selects nothing.
class ImapStore::Lent {
 public:
  Lent(std::shared_ptr<SessionPool> pool, std::unique_ptr<Session> session)
      : session(std::move(session)), pool_(std::move(pool)) {}
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;
  ~Lent() { pool_->give_back(std::move(session)); }

  std::unique_ptr<Session> session;

 private:
  std::shared_ptr<SessionPool> pool_;
};

ImapStore::ImapStore(ImapStoreOptions options) : options_(std::move(options)) {
  const std::size_t lanes = options_.connections != 0 ? options_.connections : default_lanes;
  pool_ = std::make_shared<SessionPool>(options_.login, lanes + spare_sessions);
  features_.parallel = lanes;
}

ImapStore::~ImapStore() {
  pool_->abort();
}

std::string ImapStore::ref_text(const MessageRef& ref) const {
  return std::to_string(to_uid(ref).value());
}

Task<std::shared_ptr<ImapStore::Lent>> ImapStore::control() {
  const auto lock = co_await control_mutex_.lock();
  if (auto lent = control_.lock(); lent && lent->session->connection().usable()) co_return lent;
  PF_CO_TRY(auto session, co_await pool_->take({}, false));
  auto lent = std::make_shared<Lent>(pool_, std::move(session));
  control_ = lent;
  co_return lent;
}

Task<void> ImapStore::connect() {
  PF_CO_TRY(const auto lent, co_await control());
  learn(*lent->session);
  if (rules_.separator == '\0') PF_CO_TRYV(co_await ask_separator(*lent->session));
  if (lent->session->capabilities().has("QUOTA")) PF_CO_TRYV(co_await ask_quota(*lent->session));
  co_return Status{};
}

void ImapStore::learn(const Session& session) {
  profile_ = session.profile();
  capabilities_ = session.capabilities();
  namespaces_ = session.logged_in.known.namespaces;
  features_.append_refs = capabilities_.has("UIDPLUS") && !profile_.has(imap::Quirk::append_uid_untrusted);
  features_.atomic_batch = capabilities_.has("MULTIAPPEND");
  features_.targeted_remove =
      capabilities_.has("UIDPLUS") && !profile_.has(imap::Quirk::uid_expunge_untrusted);
  features_.checkpoints = session.logged_in.condstore;
  features_.special_use_create = capabilities_.has("CREATE-SPECIAL-USE");
  features_.subscriptions = true;
  features_.object_id_family = profile_.object_id_family;
  features_.max_message_bytes =
      capabilities_.append_limit() ? capabilities_.append_limit() : profile_.append_limit;
  features_.rewrites_messages = profile_.has(imap::Quirk::rewrites_messages);
  if (session.wire().literals == imap::LiteralMode::minus)
    features_.batch_message_bytes = imap::literal_minus_max;
  if (options_.connections == 0)
    features_.parallel = std::clamp<std::size_t>(profile_.max_connections, 1, default_lanes);
  pool_->set_limit(features_.parallel + spare_sessions);
  rules_ = {};
  rules_.utf8 = session.logged_in.utf8;
  rules_.forbidden = profile_.forbidden_in_names;
  rules_.case_sensitive = !profile_.has(imap::Quirk::case_insensitive_names);
  if (namespaces_ && !namespaces_->personal.empty()) {
    rules_.prefix = namespaces_->personal.front().prefix;
    rules_.separator = namespaces_->personal.front().separator;
  }
}

// Servers without NAMESPACE tell their separator here (RFC 3501 6.3.8).
Task<void> ImapStore::ask_separator(Session& session) {
  PF_CO_TRY(imap::Command command, imap::command::list("", "", {}, session.wire()));
  imap::Handlers handlers;
  handlers.on_data = [this](imap::Response& r) {
    if (const auto* data = std::get_if<imap::ListData>(&r)) rules_.separator = data->separator;
  };
  auto tagged = co_await session.connection().run(std::move(command), std::move(handlers));
  if (!tagged) co_return tagged.error();
  co_return Status{};
}

Task<void> ImapStore::ask_quota(Session& session) {
  PF_CO_TRY(imap::Command command, imap::command::get_quota_root("INBOX", session.wire()));
  imap::Handlers handlers;
  handlers.on_data = [this](imap::Response& r) {
    const auto* data = std::get_if<imap::QuotaData>(&r);
    if (data == nullptr) return;
    for (const auto& resource : data->resources) {
      if (resource.name != "STORAGE") continue;
      const std::uint64_t left = (resource.limit - std::min(resource.limit, resource.usage)) * 1024;
      features_.quota_left_bytes = std::min(left, features_.quota_left_bytes.value_or(left));
    }
  };
  auto tagged = co_await session.connection().run(std::move(command), std::move(handlers));
  if (!tagged) co_return tagged.error();
  co_return Status{};  // a refusal: no quota is known
}

Task<std::vector<MailboxInfo>> ImapStore::list() {
  PF_CO_TRY(const auto lent, co_await control());
  auto found = co_await list_mailboxes(*lent->session, rules_);
  co_return found;
}

Task<Result<MailboxStatus>> ImapStore::status_of(Session& session, const MailboxInfo& mailbox) {
  imap::command::StatusItems items;
  items.highest_modseq = session.logged_in.condstore;
  auto command = imap::command::status(mailbox.id, items, session.wire());
  if (!command) co_return Result<MailboxStatus>(command.error());
  Result<MailboxStatus> out = Error(Errc::protocol, Scope::mailbox, Retry::now, "STATUS was not answered");
  imap::Handlers handlers;
  handlers.on_data = [&](imap::Response& r) {
    if (const auto* data = std::get_if<imap::StatusData>(&r)) out = to_status(*data, session.profile());
  };
  auto tagged = co_await session.connection().run(std::move(*command), std::move(handlers));
  if (!tagged) co_return tagged.error();
  if (auto error =
          refusal(*tagged, imap::CommandKind::status, "STATUS " + printable(mailbox.path.display()))) {
    error->scope = Scope::mailbox;
    out = *error;
  }
  co_return out;
}

Task<std::vector<Result<MailboxStatus>>> ImapStore::status(const std::vector<MailboxInfo>& mailboxes) {
  PF_CO_TRY(const auto lent, co_await control());
  std::vector<Result<MailboxStatus>> out(mailboxes.size());
  std::optional<Error> lost;
  auto one = [&](std::size_t i) -> Task<void> {
    auto got = co_await status_of(*lent->session, mailboxes[i]);
    if (!got) {
      lost = got.error();
    } else {
      out[i] = *got;
    }
    co_return Status{};
  };
  TaskGroup group;
  for (std::size_t i = 0; i < mailboxes.size(); ++i) co_await group.spawn(one(i));
  ignore(co_await group.join());
  if (lost) co_return *lost;
  co_return out;
}

Task<std::unique_ptr<OpenMailbox>> ImapStore::open(const MailboxInfo& mailbox, Access access) {
  PF_CO_TRY(auto session, co_await pool_->take(mailbox.id, access == Access::append));
  features_.parallel = std::min(features_.parallel, pool_->limit());  // the server may have refused more
  auto pool = pool_;
  auto opened =
      std::make_unique<ImapMailbox>(std::move(session), mailbox, access,
                                    [pool](std::unique_ptr<Session> s) { pool->give_back(std::move(s)); });
  PF_CO_TRYV(co_await opened->select());
  co_return std::unique_ptr<OpenMailbox>(std::move(opened));
}

Task<MailboxInfo> ImapStore::create(const MailboxPath& path, const std::string& id, SpecialUse use) {
  PF_CO_TRY(const auto lent, co_await control());
  Session& session = *lent->session;
  if (!features_.special_use_create) use = SpecialUse::none;
  const std::string where = "CREATE " + printable(path.display());
  PF_CO_TRY(imap::Command command, imap::command::create(id, use, session.wire()));
  PF_CO_TRY(const imap::Tagged tagged, co_await session.connection().run(std::move(command)));
  if (auto error = refusal(tagged, imap::CommandKind::create, where)) {
    error->scope = Scope::mailbox;
    co_return *error;
  }
  MailboxInfo info;
  info.id = id;
  info.path = path;
  info.special_use = use;
  co_return info;
}

Task<void> ImapStore::subscribe(const MailboxInfo& mailbox) {
  PF_CO_TRY(const auto lent, co_await control());
  Session& session = *lent->session;
  PF_CO_TRY(imap::Command command, imap::command::subscribe(mailbox.id, session.wire()));
  PF_CO_TRY(const imap::Tagged tagged, co_await session.connection().run(std::move(command)));
  if (auto error =
          refusal(tagged, imap::CommandKind::subscribe, "SUBSCRIBE " + printable(mailbox.path.display()))) {
    error->scope = Scope::mailbox;
    co_return *error;
  }
  co_return Status{};
}

Store::Traffic ImapStore::traffic() const {
  const auto totals = pool_->totals();
  return {totals.sent, totals.received, totals.writes};
}

Task<void> ImapStore::close() {
  auto closed = co_await pool_->close();
  co_return closed;
}

void ImapStore::abort() {
  pool_->abort();
}

}  // namespace pf::store
