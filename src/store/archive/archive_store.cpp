#include "store/archive/archive_store.h"

#include "async/group.h"
#include "base/ascii.h"
#include "base/printable.h"
#include "base/random.h"
#include "base/step.h"
#include "store/archive/archive_mailbox.h"
#include "store/archive/archive_session.h"
#include "store/archive/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pf::store {

namespace {

constexpr std::size_t epoch_octets = 8;
// Each lane has a batch or two in memory, and the disk is one.
constexpr std::size_t useful_lanes = 4;
// A manifest takes a processor to read, and memory.
constexpr std::size_t manifests_at_once = 3;
// Other folders that are in the way of a new one: left by a rename that was cut off, or with the same digest.
constexpr int most_folder_names = 9;

Features features_of_archives() {
  Features out;
  out.append_refs = true;
  out.atomic_batch = false;
  out.targeted_remove = true;
  out.checkpoints = true;
  out.tells_vanished = true;
  out.conditional_flags = true;
  out.move = true;
  out.special_use_create = true;
  out.subscriptions = true;
  out.parallel = useful_lanes;
  return out;
}

bool is_inbox(std::string_view id) {
  return iequals(id, "INBOX");
}

// An Error returned concerns more than the mailbox.
Task<void> read_status(ArchiveSession& session, const std::string& id, Result<MailboxStatus>& into) {
  auto folder = co_await session.folder(id);
  if (folder) {
    into = (*folder)->with([](const MailboxLog& log) { return log.status(); });
  } else if (folder.error().scope <= Scope::mailbox) {
    into = std::move(folder).error();
  } else {
    co_return std::move(folder).error();
  }
  co_return Status{};
}

Error rejected(std::string_view id, std::string_view why) {
  return {Errc::rejected, Scope::mailbox, Retry::never, fmt::format("{}: {}", printable(id), why)};
}

Error taken(std::string_view id) {
  return {Errc::exists, Scope::mailbox, Retry::never, printable(id)};
}

MailboxInfo info_of(FoundMailbox found) {
  MailboxInfo out;
  out.id = std::move(found.header.mailbox);
  out.path = path_from_wire(out.id, archive_names);
  out.special_use = found.header.special_use;
  out.subscribed = found.header.subscribed;
  out.object_id = ObjectId(std::move(found.header.epoch));
  out.status = std::move(found.status);
  return out;
}

}  // namespace

ArchiveStore::ArchiveStore(ArchiveOptions options)
    : session_(std::make_shared<ArchiveSession>(std::move(options))), features_(features_of_archives()) {}

ArchiveStore::~ArchiveStore() = default;

std::string ArchiveStore::label() const {
  return "archive:" + session_->options.directory.native();
}

std::string ArchiveStore::ref_text(const MessageRef& ref) const {
  return std::to_string(number_of(ref));
}

const NameRules& ArchiveStore::name_rules() const {
  return archive_names;
}

Task<void> ArchiveStore::connect() {
  const auto session = session_;
  PF_CO_TRYV(session->alive());
  struct Seen {
    std::shared_ptr<const os::Directory> root;
    std::optional<std::uint64_t> room;
  };
  auto job = [directory = session->options.directory]() -> Result<Seen> {
    PF_TRY(auto root, open_archive(directory));
    Seen out;
    if (!root) return out;
    if (const auto room = root->free_bytes()) out.room = *room;
    out.root = std::make_shared<const os::Directory>(*std::move(root));
    return out;
  };
  PF_CO_TRY(auto seen, co_await session->pool->call<Seen>(std::move(job)));
  PF_CO_TRYV(session->alive());
  if (!seen.root && session->options.must_exist)
    co_return Error{Errc::usage, Scope::account, Retry::never,
                    fmt::format("there is no archive in {}", printable(session->options.directory.native()))};
  if (!session->root) session->root = std::move(seen.root);
  features_.quota_left_bytes = seen.room;
  co_return Status{};
}

// ---- mailboxes

Task<std::vector<MailboxInfo>> ArchiveStore::list() {
  const auto session = session_;
  PF_CO_TRY(auto found, co_await session->look());
  std::vector<MailboxInfo> out;
  out.reserve(found.size());
  for (auto& mailbox : found) out.push_back(info_of(std::move(mailbox)));
  co_return out;
}

Task<std::vector<Result<MailboxStatus>>> ArchiveStore::status(const std::vector<MailboxInfo>& mailboxes) {
  const auto session = session_;
  std::vector<std::string> ids;
  for (const auto& mailbox : mailboxes) ids.push_back(mailbox.id);
  std::vector<Result<MailboxStatus>> out(ids.size(), MailboxStatus());
  TaskGroup reading;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    co_await reading.wait_below(manifests_at_once - 1);
    co_await reading.spawn(read_status(*session, ids[i], out[i]));
  }
  PF_CO_TRYV(co_await reading.join());
  co_return out;
}

Task<std::unique_ptr<OpenMailbox>> ArchiveStore::open(const MailboxInfo& mailbox, Access access) {
  const auto session = session_;
  const std::string id = mailbox.id;
  PF_CO_TRY(auto folder, co_await session->folder(id));
  if (access != Access::read) PF_CO_TRYV(co_await session->begin_writing());
  co_return std::unique_ptr<OpenMailbox>(
      std::make_unique<ArchiveMailbox>(session, id, std::move(folder), access));
}

namespace {

// In one step, so that there is never half a mailbox.
Status remove_at_once(const os::Directory& root, const std::string& name) {
  const std::string going = temporary_name();
  PF_TRYV(root.rename_to_new(name, root, going));
  PF_TRYV(root.sync());
  PF_STEP(file);
  return remove_folder(root, going);
}

// First the folder, then its line: a list that is ahead would miss what never was.
Status make_listed_folder(const os::Directory& root, MailboxList& list, const MailboxHeader& header) {
  const std::string wanted = folder_name(header.mailbox);
  std::string name = wanted;
  auto made = MailboxFolder::make(root, name, header);
  for (int i = 2; !made && made.error().code == Errc::exists && i <= most_folder_names; ++i) {
    name = fmt::format("{}-{}", wanted, i);
    made = MailboxFolder::make(root, name, header);
  }
  PF_TRYV(made);
  const ListedMailbox line{header.epoch, header.mailbox};
  auto listed = list.add(root, {&line, 1});
  if (!listed) ignore(remove_at_once(root, name));
  return listed;
}

// The other way round.
Status remove_listed_folder(const os::Directory& root, MailboxList& list, const std::string& name,
                            const ListedMailbox& mailbox) {
  PF_TRYV(list.remove(root, mailbox.epoch));
  auto removed = remove_at_once(root, name);
  if (!removed && root.status(name)) ignore(list.add(root, {&mailbox, 1}));
  return removed;
}

}  // namespace

Task<MailboxInfo> ArchiveStore::create(const MailboxPath& /*path*/, const std::string& id, SpecialUse use) {
  const auto session = session_;
  FoundMailbox made;
  made.header.mailbox = id;
  made.header.special_use = use;
  if (id.empty() || id.size() > mailbox_name_limit) co_return rejected(id, "the name is too long, or empty");
  PF_CO_TRYV(co_await session->begin_writing());
  auto there = co_await session->folder(id);
  if (there) co_return taken(id);
  if (there.error().code != Errc::not_found) co_return std::move(there).error();
  made.header.epoch = random_hex(epoch_octets);
  auto job = [root = session->root, lock = session->lock, header = made.header]() -> Result<void> {
    auto done = make_listed_folder(*root, lock->list(), header);
    if (!done) return of_mailbox(std::move(done).error());
    return done;
  };
  PF_CO_TRYV(co_await session->change<void>(std::move(job)));
  PF_CO_TRY(const auto folder, co_await session->folder(id));
  made.status = folder->with([](const MailboxLog& log) { return log.status(); });
  co_return info_of(std::move(made));
}

Task<void> ArchiveStore::subscribe(const MailboxInfo& mailbox) {
  const auto session = session_;
  const std::string id = mailbox.id;
  PF_CO_TRYV(co_await session->begin_writing());
  PF_CO_TRY(const auto folder, co_await session->folder(id));
  auto job = [folder]() -> Result<void> {
    auto header = folder->with([](const MailboxLog& log) { return log.header(); });
    if (std::exchange(header.subscribed, true)) return {};
    return folder->describe(header);
  };
  auto done = co_await session->change<void>(std::move(job));
  co_return done;
}

Task<void> ArchiveStore::remove(const MailboxInfo& mailbox) {
  const auto session = session_;
  const std::string id = mailbox.id;
  if (is_inbox(id)) co_return rejected(id, "the INBOX stays");
  PF_CO_TRYV(co_await session->begin_writing());
  PF_CO_TRY(const auto folder, co_await session->folder(id));
  const std::string epoch = folder->with([](const MailboxLog& log) { return log.header().epoch; });
  auto job = [root = session->root, lock = session->lock, name = session->folder_of(id),
              mailbox = ListedMailbox{epoch, id}]() -> Result<void> {
    auto done = remove_listed_folder(*root, lock->list(), name, mailbox);
    if (!done) return of_mailbox(std::move(done).error());
    return done;
  };
  auto done = co_await session->change<void>(std::move(job));
  session->forget(id);
  co_return done;
}

namespace {

// A mailbox or a child of it, under its new name.
struct Move {
  std::string from_folder;
  MailboxHeader header;
};

Status move_all(const os::Directory& root, MailboxList& list, const std::vector<Move>& moves) {
  std::vector<ListedMailbox> names;
  for (const auto& move : moves) {
    PF_TRY(auto directory, root.open_below(move.from_folder));
    PF_TRY(const auto folder, MailboxFolder::load(std::move(directory), {}));
    PF_TRYV(folder->describe(move.header));
    PF_STEP(file);
    // The name inside is what counts; that of the folder is for people, and mended by the next who writes.
    ignore(root.rename_to_new(move.from_folder, root, folder_name(move.header.mailbox)));
    PF_STEP(file);
    names.push_back({move.header.epoch, move.header.mailbox});
  }
  PF_TRYV(root.sync());
  return list.add(root, names);
}

}  // namespace

Task<MailboxInfo> ArchiveStore::rename(const MailboxInfo& mailbox, const MailboxPath& /*path*/,
                                       const std::string& id) {
  const auto session = session_;
  const std::string old = mailbox.id;
  const std::string beneath = old + archive_names.separator;
  if (is_inbox(old) || is_inbox(id) || id.starts_with(beneath) || id.empty() ||
      id.size() > mailbox_name_limit)
    co_return rejected(old, "it cannot be called so");
  PF_CO_TRYV(co_await session->begin_writing());
  PF_CO_TRY(const auto found, co_await session->look());
  std::set<std::string_view> names;
  for (const auto& each : found) names.insert(each.header.mailbox);
  std::vector<Move> moves;
  std::vector<std::string> gone;
  std::vector<FoundMailbox> renamed;
  for (const auto& each : found) {
    const std::string& name = each.header.mailbox;
    if (each.missing || (name != old && !name.starts_with(beneath))) continue;
    gone.push_back(name);
    moves.push_back({each.folder, each.header});
    moves.back().header.mailbox = id + name.substr(old.size());
    if (names.contains(moves.back().header.mailbox)) co_return taken(moves.back().header.mailbox);
    if (name == old) renamed.push_back(each);
  }
  if (renamed.empty()) co_return session->no_such_mailbox(old);
  auto job = [root = session->root, lock = session->lock, moves]() -> Result<void> {
    auto done = move_all(*root, lock->list(), moves);
    if (!done) return of_mailbox(std::move(done).error());
    return done;
  };
  const auto done = co_await session->change<void>(std::move(job));
  for (const auto& name : gone) session->forget(name);
  PF_CO_TRYV(done);
  PF_CO_TRY(const auto folder, co_await session->folder(id));
  renamed.front().header.mailbox = id;
  renamed.front().status = folder->with([](const MailboxLog& log) { return log.status(); });
  co_return info_of(std::move(renamed.front()));
}

// ---- the end

Store::Traffic ArchiveStore::traffic() const {
  return session_->traffic;
}

Task<void> ArchiveStore::close() {
  const auto session = session_;
  session->lock.reset();
  co_return Status{};
}

void ArchiveStore::abort() {
  session_->aborted = true;
}

}  // namespace pf::store
