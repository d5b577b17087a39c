#include "store/imap/imap_store.h"

#include "async/group.h"
#include "base/ascii.h"
#include "imap/command/commands.h"
#include "store/imap/append.h"
#include "store/imap/imap_ref.h"
#include "store/imap/leave.h"
#include "store/imap/listing.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::store {

namespace {

// More lanes gain little against one server and look like an attack to some (measured with Dovecot on 2
// cores).
constexpr std::size_t default_lanes = 6;
// Where an account may have few connections, the lanes have them all but for those that come and go.
constexpr std::size_t few_lanes = 4;
// Beside the lanes: the control session, and one that looks into a mailbox while the lanes work.
constexpr std::size_t spare_sessions = 2;

// `most`: connections of one account that the server is known to bear.
std::size_t lanes_within(std::size_t most) {
  const std::size_t lanes = most > spare_sessions ? most - spare_sessions : 1;
  return std::clamp(lanes, std::clamp<std::size_t>(most, 1, few_lanes), default_lanes);
}

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
  pool_ = std::make_shared<SessionPool>(options_.login, lanes + spare_sessions, options_.thrift);
  pool_->on_throttled = [this](const Error& error) {
    if (on_throttled) on_throttled(error);
  };
  features_.parallel = lanes;
}

ImapStore::~ImapStore() {
  pool_->on_throttled = nullptr;
  pool_->abort();
}

std::string ImapStore::ref_text(const MessageRef& ref) const {
  return std::to_string(to_uid(ref).value());
}

std::string ImapStore::epoch_text(const Epoch& epoch) const {
  const auto validity = from_handle<imap::UidValidity>(epoch);
  return validity ? std::to_string(validity->value()) : std::string{};
}

// What is asked once, in the write of the introduction where the login takes it along.
struct ImapStore::Arrival {
  Listing* listing = nullptr;  // wanted, too
  bool asked = false;
  Status answered;
  char separator = '\0';
  std::optional<std::uint64_t> quota_left;  // octets
};

Task<std::shared_ptr<ImapStore::Lent>> ImapStore::control(imap::Along along) {
  const auto lock = co_await control_mutex_.lock();
  if (auto lent = control_.lock(); lent && lent->session->connection().usable()) co_return lent;
  PF_CO_TRY(auto session, co_await pool_->take({}, false, std::move(along)));
  auto lent = std::make_shared<Lent>(pool_, std::move(session));
  control_ = lent;
  co_return lent;
}

Task<void> ImapStore::connect() {
  Arrival arrival;
  auto arrived = co_await arrive(arrival);
  if (!arrived) co_return arrived.error();
  co_return Status{};
}

Task<std::vector<MailboxInfo>> ImapStore::connect_and_list() {
  Listing listing;
  Arrival arrival;
  arrival.listing = &listing;
  PF_CO_TRY(const auto lent, co_await arrive(arrival));
  co_return listing.take(lent->session->logged_in, rules_);
}

Task<std::shared_ptr<ImapStore::Lent>> ImapStore::arrive(Arrival& arrival) {
  const imap::Along along = [&arrival](const imap::LoggedIn& session) -> Task<void> {
    arrival.asked = true;
    arrival.answered = co_await ask_first(session, arrival);
    co_return Status{};
  };
  PF_CO_TRY(auto lent, co_await control(along));
  const imap::LoggedIn& session = lent->session->logged_in;
  if (!arrival.asked) PF_CO_TRYV(co_await along(session));
  if (!arrival.answered) co_return arrival.answered.error();
  learn(session);
  if (rules_.separator == '\0') {
    const bool namespace_was_silent = session.capabilities.has("NAMESPACE");
    if (namespace_was_silent) PF_CO_TRYV(co_await ask_separator(session, arrival));
    rules_.separator = arrival.separator;
  }
  features_.quota_left_bytes = arrival.quota_left;
  co_return lent;
}

Task<void> ImapStore::ask_first(const imap::LoggedIn& session, Arrival& arrival) {
  TaskGroup group;
  if (!session.capabilities.has("NAMESPACE")) co_await group.spawn(ask_separator(session, arrival));
  if (session.capabilities.has("QUOTA")) co_await group.spawn(ask_quota(session, arrival));
  if (arrival.listing != nullptr) co_await group.spawn(arrival.listing->ask(session));
  auto done = co_await group.join();
  co_return done;
}

void ImapStore::learn(const imap::LoggedIn& session) {
  profile_ = session.profile;
  capabilities_ = session.capabilities;
  namespaces_ = session.known.namespaces;
  features_.append_refs = capabilities_.has("UIDPLUS") && !profile_.has(imap::Quirk::append_uid_untrusted);
  features_.atomic_batch = appends_together(session);
  features_.targeted_remove =
      capabilities_.has("UIDPLUS") && !profile_.has(imap::Quirk::uid_expunge_untrusted);
  features_.checkpoints = session.condstore && !profile_.has(imap::Quirk::modseq_untrusted);
  features_.tells_vanished = features_.checkpoints && session.qresync;
  features_.conditional_flags = features_.checkpoints;
  features_.move_copies = !capabilities_.has("MOVE") && features_.targeted_remove;
  features_.move = capabilities_.has("MOVE") || features_.move_copies;
  features_.special_use_create = capabilities_.has("CREATE-SPECIAL-USE");
  features_.subscriptions = true;
  features_.object_id_family = profile_.object_id_family;
  features_.max_message_bytes =
      capabilities_.append_limit() ? capabilities_.append_limit() : profile_.append_limit;
  features_.rewrites_messages = profile_.has(imap::Quirk::rewrites_messages);
  features_.appends_per_second = profile_.appends_per_second;
  // A larger one has to be asked for, and of several in one command the others would wait for it.
  if (session.wire.literals == imap::LiteralMode::minus && features_.atomic_batch)
    features_.batch_message_bytes = imap::literal_minus_max;
  if (options_.connections == 0) features_.parallel = lanes_within(profile_.max_connections);
  pool_->set_limit(features_.parallel + spare_sessions);
  rules_ = {};
  rules_.utf8 = session.utf8;
  rules_.forbidden = profile_.forbidden_in_names;
  rules_.case_sensitive = !profile_.has(imap::Quirk::case_insensitive_names);
  if (namespaces_ && !namespaces_->personal.empty()) {
    rules_.prefix = namespaces_->personal.front().prefix;
    rules_.separator = namespaces_->personal.front().separator;
  }
}

// Servers without NAMESPACE tell their separator here (RFC 3501 6.3.8).
Task<void> ImapStore::ask_separator(const imap::LoggedIn& session, Arrival& arrival) {
  PF_CO_TRY(imap::Command command, imap::command::list("", "", {}, session.wire));
  imap::Handlers handlers;
  handlers.on_data = [&arrival](imap::Response& r) {
    if (const auto* data = std::get_if<imap::ListData>(&r)) arrival.separator = data->separator;
  };
  auto tagged = co_await session.connection->run(std::move(command), std::move(handlers));
  if (!tagged) co_return tagged.error();
  co_return Status{};
}

Task<void> ImapStore::ask_quota(const imap::LoggedIn& session, Arrival& arrival) {
  PF_CO_TRY(imap::Command command, imap::command::get_quota_root("INBOX", session.wire));
  imap::Handlers handlers;
  handlers.on_data = [&arrival](imap::Response& r) {
    const auto* data = std::get_if<imap::QuotaData>(&r);
    if (data == nullptr) return;
    for (const auto& resource : data->resources) {
      if (resource.name != "STORAGE") continue;
      const std::uint64_t left = (resource.limit - std::min(resource.limit, resource.usage)) * 1024;
      arrival.quota_left = std::min(left, arrival.quota_left.value_or(left));
    }
  };
  auto tagged = co_await session.connection->run(std::move(command), std::move(handlers));
  if (!tagged) co_return tagged.error();
  co_return Status{};  // a refusal: no quota is known
}

Task<std::vector<MailboxInfo>> ImapStore::list() {
  PF_CO_TRY(const auto lent, co_await control());
  const imap::LoggedIn& session = lent->session->logged_in;
  Listing listing;
  PF_CO_TRYV(co_await listing.ask(session));
  co_return listing.take(session, rules_);
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

// Not selected yet.
Task<std::unique_ptr<ImapMailbox>> ImapStore::lend(const MailboxInfo& mailbox, Access access) {
  PF_CO_TRY(auto session, co_await pool_->take(mailbox.id, access == Access::append));
  features_.parallel = std::min(features_.parallel, pool_->limit());  // the server may have refused more
  auto pool = pool_;
  co_return std::make_unique<ImapMailbox>(
      std::move(session), mailbox, access,
      [pool](std::unique_ptr<Session> s) { pool->give_back(std::move(s)); });
}

Task<std::unique_ptr<OpenMailbox>> ImapStore::open(const MailboxInfo& mailbox, Access access) {
  PF_CO_TRY(auto opened, co_await lend(mailbox, access));
  PF_CO_TRYV(co_await opened->select());
  co_return std::unique_ptr<OpenMailbox>(std::move(opened));
}

Task<Store::Opened> ImapStore::open_and_scan(const MailboxInfo& mailbox, Access access, ScanFields fields) {
  PF_CO_TRY(auto opened, co_await lend(mailbox, access));
  Opened out;
  PF_CO_TRY(out.page, co_await opened->select_and_scan(fields));
  out.mailbox = std::move(opened);
  co_return out;
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
  const auto* told = tagged.code.get<imap::MailboxId>();
  if (told != nullptr && has_mailbox_ids(session.logged_in)) info.object_id = ObjectId(told->id);
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

// A mailbox that is selected in another connection of ours would end that one, or be refused to us.
Task<void> ImapStore::leave_everywhere(Session& control, const MailboxInfo& mailbox, bool children) {
  const auto concerned = [&](const std::string& name) {
    if (name == mailbox.id) return true;
    return children && rules_.separator != '\0' && name.starts_with(mailbox.id + rules_.separator);
  };
  for (auto& session : pool_->take_selected(concerned)) {
    ignore(co_await leave(*session));  // a connection that broke is in nobody's way
    pool_->give_back(std::move(session));
  }
  if (control.selected && concerned(control.selected->name())) PF_CO_TRYV(co_await leave(control));
  co_return Status{};
}

Task<void> ImapStore::remove(const MailboxInfo& mailbox) {
  const std::string where = "DELETE " + printable(mailbox.path.display());
  if (iequals(mailbox.id, "INBOX"))
    co_return Error(Errc::unsupported, Scope::mailbox, Retry::never, where + ": the INBOX stays");
  PF_CO_TRY(const auto lent, co_await control());
  Session& session = *lent->session;
  PF_CO_TRYV(co_await leave_everywhere(session, mailbox, false));
  PF_CO_TRY(imap::Command command, imap::command::delete_(mailbox.id, session.wire()));
  PF_CO_TRY(const imap::Tagged tagged, co_await session.connection().run(std::move(command)));
  if (auto error = refusal(tagged, imap::CommandKind::delete_, where)) co_return *error;
  co_return Status{};
}

Task<MailboxInfo> ImapStore::rename(const MailboxInfo& mailbox, const MailboxPath& path,
                                    const std::string& id) {
  const std::string where =
      "RENAME " + printable(mailbox.path.display()) + " to " + printable(path.display());
  // It would stay and be emptied into a new mailbox (RFC 3501 6.3.5).
  if (iequals(mailbox.id, "INBOX"))
    co_return Error(Errc::unsupported, Scope::mailbox, Retry::never, where + ": the INBOX keeps its name");
  PF_CO_TRY(const auto lent, co_await control());
  Session& session = *lent->session;
  PF_CO_TRYV(co_await leave_everywhere(session, mailbox, true));
  PF_CO_TRY(imap::Command command, imap::command::rename(mailbox.id, id, session.wire()));
  PF_CO_TRY(const imap::Tagged tagged, co_await session.connection().run(std::move(command)));
  if (auto error = refusal(tagged, imap::CommandKind::rename, where)) co_return *error;
  MailboxInfo info = mailbox;
  info.id = id;
  info.path = path;
  info.subscribed = false;  // a subscription is of a name
  info.status.reset();
  co_return info;
}

Store::Traffic ImapStore::traffic() const {
  const auto totals = pool_->totals();
  return {totals.sent, totals.received, totals.writes, totals.awaited};
}

asio::awaitable<void> ImapStore::farewell() {
  co_await pool_->leave_idle();
  auto lent = std::exchange(control_, {}).lock();
  if (lent && lent->session->connection().usable()) {
    const auto connection = lent->session->logged_in.connection;
    co_await pool_->leave(connection, std::move(lent));
  }
}

Task<void> ImapStore::close() {
  auto closed = co_await pool_->close();
  co_return closed;
}

void ImapStore::abort() {
  pool_->abort();
}

}  // namespace pf::store
