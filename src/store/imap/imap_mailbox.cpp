#include "store/imap/imap_mailbox.h"

#include "async/group.h"
#include "imap/command/commands.h"
#include "store/imap/append.h"
#include "store/imap/fetch_items.h"
#include "store/imap/imap_ref.h"
#include "store/imap/message_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace pf::store {

namespace {

// Messages of one page of scan(): some hundred kilobytes of answer, one round trip.
constexpr std::uint32_t page_messages = 2000;
// Page borders that are asked for in one flight: 200,000 messages.
constexpr std::size_t borders_at_once = 100;
// FETCH and STORE commands of one call that are on the way at a time.
constexpr std::size_t commands_in_flight = 4;
constexpr imap::Uid last_uid{UINT32_MAX};

}  // namespace

ImapMailbox::ImapMailbox(std::unique_ptr<Session> session, MailboxInfo mailbox, Access access,
                         GiveBack give_back)
    : session_(std::move(session)),
      mailbox_(std::move(mailbox)),
      access_(access),
      give_back_(std::move(give_back)) {}

ImapMailbox::~ImapMailbox() {
  if (session_) give_back_(std::move(session_));
}

Task<void> ImapMailbox::close() {
  if (session_) give_back_(std::move(session_));
  co_return Status{};
}

std::string ImapMailbox::where(std::string_view verb) const {
  return fmt::format("{} {}", verb, printable(mailbox_.path.display()));
}

std::size_t ImapMailbox::line_budget() const {
  return session_->profile().max_command_octets;
}

Task<void> ImapMailbox::run_ok(imap::Command command, std::string_view verb, imap::Handlers handlers) {
  const imap::CommandKind kind = command.kind();
  PF_CO_TRY(const imap::Tagged tagged, co_await connection().run(std::move(command), std::move(handlers)));
  if (auto error = refusal(tagged, kind, where(verb))) co_return *error;
  co_return Status{};
}

// ---- selecting

// Appends go to a mailbox that is not selected.  GNU imap4d would show what comes that way to no later
// EXAMINE of the connection, and Dovecot would announce each message.  Nobody waits for the answer: commands
// are taken in order.
asio::awaitable<void> ImapMailbox::leave_selected() {
  if (!session_->selected || !session_->capabilities().has("UNSELECT")) co_return;
  session_->selected.reset();
  co_await imap::send_unawaited(session_->logged_in.connection, imap::command::unselect());
}

Task<void> ImapMailbox::select() {
  if (access_ == Access::append) {
    co_await leave_selected();
    co_return Status{};
  }
  const bool examine = access_ == Access::read;
  const std::string_view verb = examine ? "EXAMINE" : "SELECT";
  imap::command::SelectOptions how;
  how.condstore = session_->logged_in.condstore;
  auto built = examine ? imap::command::examine(mailbox_.id, how, session_->wire())
                       : imap::command::select(mailbox_.id, how, session_->wire());
  if (!built) co_return built.error().at(where(verb));
  const imap::CommandKind kind = built->kind();
  session_->selected.emplace(mailbox_.id, examine);
  // What is told later, to a command behind this one, is not of the same moment: a message that came in
  // between would be counted and have no place, a change of flags be taken for known.
  imap::SelectedMailbox box(mailbox_.id, examine);
  imap::Handlers handlers;
  handlers.on_data = [&box](imap::Response& r) { box.apply(r); };
  auto tagged = co_await connection().run(std::move(*built), std::move(handlers));
  if (!tagged) co_return tagged.error();
  if (auto error = refusal(*tagged, kind, where(verb))) {
    session_->selected.reset();
    if (error->scope == Scope::message) error->scope = Scope::mailbox;
    co_return *error;
  }
  session_->selected->apply(*tagged);
  box.apply(*tagged);
  borders_.clear();
  take_status(box);
  if (!session_->selected->uid_validity() && uids_stable()) PF_CO_TRYV(co_await ask_status_for_validity());
  if (status_.position.empty()) PF_CO_TRYV(co_await find_uid_next());
  co_return Status{};
}

Task<ScanPage> ImapMailbox::select_and_scan(ScanFields fields) {
  const bool small =
      mailbox_.status && mailbox_.status->count != 0 && mailbox_.status->count <= page_messages;
  if (!small) {
    PF_CO_TRYV(co_await select());
    auto scanned = co_await scan({}, fields);
    co_return scanned;
  }
  ScanPage page;
  Status scanned;
  const auto look = [&]() -> Task<void> {
    imap::UidSet all;
    all.add(imap::UidRange{imap::Uid{1}, last_uid});
    auto found = co_await fetch_uids(std::move(all), fields);
    if (found) {
      page.messages = *std::move(found);
    } else {
      scanned = found.error();
    }
    co_return Status{};
  };
  TaskGroup group;
  co_await group.spawn(select());
  co_await group.spawn(look());
  PF_CO_TRYV(co_await group.join());
  PF_CO_TRYV(scanned);
  co_return page;
}

bool ImapMailbox::uids_stable() const {
  return session_->selected->uids_sticky() && !session_->profile().has(imap::Quirk::uids_unstable);
}

void ImapMailbox::take_status(const imap::SelectedMailbox& box) {
  status_ = {};
  if (box.uid_validity() && uids_stable()) status_.epoch = to_handle<Epoch>(*box.uid_validity());
  if (box.uid_next()) status_.position = to_handle<Position>(*box.uid_next());
  status_.count = box.exists();
  if (box.highest_modseq() && !session_->profile().has(imap::Quirk::modseq_untrusted)) {
    status_.checkpoint = to_handle<Checkpoint>(*box.highest_modseq());
  }
  rules_ = box.flag_rules();
}

// Courier's EXAMINE may come without UIDVALIDITY.
Task<void> ImapMailbox::ask_status_for_validity() {
  imap::command::StatusItems items;
  items.messages = items.uid_next = false;
  PF_CO_TRY(imap::Command command, imap::command::status(mailbox_.id, items, session_->wire()));
  imap::Handlers handlers;
  handlers.on_data = [this](imap::Response& r) {
    if (const auto* data = std::get_if<imap::StatusData>(&r); data != nullptr && data->uid_validity) {
      status_.epoch = to_handle<Epoch>(*data->uid_validity);
    }
  };
  // A refusal leaves the epoch empty: references are then not remembered.
  PF_CO_TRY(const imap::Tagged tagged, co_await connection().run(std::move(command), std::move(handlers)));
  (void)tagged;
  co_return Status{};
}

// No UIDNEXT was told: one past the last message there is.
Task<void> ImapMailbox::find_uid_next() {
  imap::Uid last;
  if (status_.count != 0) {
    imap::command::FetchItems items;
    PF_CO_TRY(imap::Command command,
              imap::command::fetch(imap::SeqNum{static_cast<std::uint32_t>(status_.count)}, imap::SeqNum{0},
                                   items));
    imap::Handlers handlers;
    handlers.on_data = [&last](imap::Response& r) {
      if (const auto* data = std::get_if<imap::FetchData>(&r); data != nullptr && data->uid)
        last = std::max(last, *data->uid);
    };
    PF_CO_TRYV(co_await run_ok(std::move(command), "FETCH", std::move(handlers)));
  }
  status_.position = to_handle<Position>(imap::Uid{last.value() + 1});
  co_return Status{};
}

MessageRef ImapMailbox::first_ref_at(const Position& position) const {
  return MessageRef(std::string(position.bytes()));
}

// ---- looking

// Asks for the uid of every page_messages-th message, so that windows of uids are neither empty nor too large
// however far UIDNEXT runs ahead (Yahoo: by 420,000) and however sparse the uids are.
Task<void> ImapMailbox::find_page_borders(imap::Uid from) {
  borders_.assign(1, from);
  const std::uint32_t exists = session_->selected->exists();
  if (exists <= page_messages) co_return Status{};
  imap::command::FetchItems items;
  TaskGroup group;
  std::vector<imap::Uid> found;
  imap::Handlers handlers;
  handlers.on_data = [&found](imap::Response& r) {
    if (const auto* data = std::get_if<imap::FetchData>(&r); data != nullptr && data->uid)
      found.push_back(*data->uid);
  };
  for (std::uint64_t seq = page_messages + 1; seq <= exists;) {
    const std::size_t known = found.size();
    for (std::size_t i = 0; i < borders_at_once && seq <= exists; ++i, seq += page_messages) {
      const imap::SeqNum at{static_cast<std::uint32_t>(seq)};
      auto command = imap::command::fetch(at, at, items);
      if (command) co_await group.spawn(run_ok(std::move(*command), "FETCH", handlers));
    }
    PF_CO_TRYV(co_await group.join());
    if (found.size() == known) break;  // there are fewer messages than was said
  }
  std::ranges::sort(found);
  for (const imap::Uid uid : found) {
    if (uid > borders_.back()) borders_.push_back(uid);
  }
  co_return Status{};
}

Task<ScanPage> ImapMailbox::scan(const MessageRef& from, ScanFields fields) {
  const imap::Uid first = std::max(imap::Uid{1}, to_uid(from));
  if (borders_.empty() || first < borders_.front()) PF_CO_TRYV(co_await find_page_borders(first));
  const auto after = std::ranges::upper_bound(borders_, first);
  ScanPage page;
  page.more = after != borders_.end();
  const imap::Uid last = page.more ? imap::Uid{after->value() - 1} : last_uid;
  if (page.more) page.next = to_ref(*after);
  if (session_->selected->exists() == 0) {
    if (connection().error()) co_return *connection().error();
    co_return page;
  }
  imap::UidSet uids;
  uids.add(imap::UidRange{first, last});
  PF_CO_TRY(page.messages, co_await fetch_uids(std::move(uids), fields));
  co_return page;
}

Task<std::vector<MessageMeta>> ImapMailbox::fetch(const std::vector<MessageRef>& refs, ScanFields fields) {
  if (refs.empty()) co_return std::vector<MessageMeta>{};
  auto found = co_await fetch_uids(to_uids(refs), fields);
  co_return found;
}

Task<void> ImapMailbox::fetch_piece(imap::UidSet uids, const imap::command::FetchItems& items,
                                    imap::Handlers handlers) {
  PF_CO_TRY(imap::Command command, imap::command::uid_fetch(uids, items));
  PF_CO_TRY(const imap::Tagged tagged, co_await connection().run(std::move(command), handlers));
  if (tagged.status != imap::StatusKind::bad || uids.empty() || uids.contains(last_uid)) {
    if (auto error = refusal(tagged, imap::CommandKind::uid_fetch, where("UID FETCH"))) co_return *error;
    co_return Status{};
  }
  // GNU imap4d (measured on 3.15) cannot parse a set that ends with a uid that is gone, but all from one on.
  imap::UidSet all;
  all.add(imap::UidRange{*uids.uids().begin(), last_uid});
  PF_CO_TRY(imap::Command again, imap::command::uid_fetch(all, items));
  auto done = co_await run_ok(std::move(again), "UID FETCH", std::move(handlers));
  co_return done;
}

Task<std::vector<MessageMeta>> ImapMailbox::fetch_uids(imap::UidSet uids, ScanFields fields) {
  const auto items = fetch_items(fields, session_->profile());
  // A server may answer in any order, twice, or with what nobody asked for.
  std::map<imap::Uid, Told> found;
  imap::Handlers handlers;
  handlers.on_data = [&](imap::Response& r) {
    auto* data = std::get_if<imap::FetchData>(&r);
    if (data == nullptr || !data->uid || !uids.contains(*data->uid)) return;
    add_to(found[*data->uid], *data, fields, session_->profile());
  };
  TaskGroup group;
  for (const imap::UidSet& piece : uids.split(line_budget())) {
    co_await group.wait_below(commands_in_flight - 1);
    co_await group.spawn(fetch_piece(piece, items, handlers));
  }
  PF_CO_TRYV(co_await group.join());
  std::vector<MessageMeta> out;
  out.reserve(found.size());
  for (auto& [uid, told] : found) {
    if (!told.answered) continue;
    told.meta.ref = to_ref(uid);
    out.push_back(std::move(told.meta));
  }
  co_return out;
}

Task<std::unique_ptr<MessageStream>> ImapMailbox::read(std::vector<MessageRef> refs) {
  auto commands = [most = std::max<std::size_t>(1, session_->profile().max_fetch_uids),
                   line = line_budget()](const std::vector<MessageRef>& all) {
    std::vector<imap::UidSet> out;
    for (std::size_t at = 0; at < all.size(); at += most) {
      const auto end = std::min(all.size(), at + most);
      const std::vector<MessageRef> part(all.begin() + static_cast<std::ptrdiff_t>(at),
                                         all.begin() + static_cast<std::ptrdiff_t>(end));
      for (auto& piece : to_uids(part).split(line)) out.push_back(std::move(piece));
    }
    return out;
  };
  auto stream = std::make_unique<ImapMessageStream>(*session_, std::move(commands), where("UID FETCH"));
  co_await stream->more(std::move(refs));
  co_return std::unique_ptr<MessageStream>(std::move(stream));
}

// ---- changing

Task<std::vector<AppendOutcome>> ImapMailbox::append(std::span<AppendItem> items) {
  return append_messages(*session_, mailbox_.id, where("APPEND to"), items);
}

Task<std::vector<MessageMeta>> ImapMailbox::change_flags(std::span<const FlagChange> changes) {
  // Messages with the same change share a command.
  std::map<std::pair<bool, std::string>, imap::UidSet> groups;
  for (const auto& change : changes) {
    if (!change.add.empty()) groups[{true, change.add.to_string()}].add(to_uid(change.ref));
    if (!change.remove.empty()) groups[{false, change.remove.to_string()}].add(to_uid(change.ref));
  }
  TaskGroup group;
  Status built;
  for (const auto& [what, uids] : groups) {
    const auto mode = what.first ? imap::command::StoreMode::add : imap::command::StoreMode::remove;
    for (const auto& piece : uids.split(line_budget())) {
      auto command = imap::command::uid_store(piece, mode, FlagSet::parse(what.second), {});
      if (!command) {
        built = command.error();
        continue;
      }
      co_await group.wait_below(commands_in_flight - 1);
      co_await group.spawn(run_ok(std::move(*command), "UID STORE in"));
    }
  }
  auto done = co_await group.join();
  if (!built) co_return built.error();
  if (!done) co_return done.error();
  co_return std::vector<MessageMeta>{};
}

Task<void> ImapMailbox::remove(const std::vector<MessageRef>& refs) {
  for (const auto& piece : to_uids(refs).split(line_budget())) PF_CO_TRYV(co_await expunge(piece));
  co_return Status{};
}

// These and no others: a plain EXPUNGE would take what other programs have marked.
Task<void> ImapMailbox::expunge(const imap::UidSet& uids) {
  FlagSet deleted;
  deleted.add(SystemFlag::deleted);
  PF_CO_TRY(imap::Command mark, imap::command::uid_store(uids, imap::command::StoreMode::add, deleted, {}));
  PF_CO_TRYV(co_await run_ok(std::move(mark), "UID STORE in"));
  PF_CO_TRY(imap::Command away, imap::command::uid_expunge(uids));
  PF_CO_TRYV(co_await run_ok(std::move(away), "UID EXPUNGE in"));
  co_return Status{};
}

}  // namespace pf::store
