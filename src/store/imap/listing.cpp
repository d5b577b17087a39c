#include "store/imap/listing.h"

#include "async/group.h"
#include "imap/command/commands.h"
#include "store/imap/imap_ref.h"

#include <algorithm>
#include <optional>

namespace pf::store {

namespace {

bool is_inbox(std::string_view wire) {
  constexpr std::string_view inbox = "INBOX";
  return wire.size() == inbox.size() &&
         std::equal(wire.begin(), wire.end(), inbox.begin(), [](char a, char b) { return (a & ~0x20) == b; });
}

// Of other users or shared.
bool foreign(const imap::ListData& line, const imap::LoggedIn& session) {
  if (!session.known.namespaces) return false;
  const auto& spaces = *session.known.namespaces;
  for (const auto* list : {&spaces.other_users, &spaces.shared}) {
    for (const auto& entry : *list) {
      std::string_view root = entry.prefix;
      if (entry.separator != '\0' && root.ends_with(entry.separator)) root.remove_suffix(1);
      if (!root.empty() && (line.name == root || line.name.starts_with(entry.prefix))) return true;
    }
  }
  return false;
}

bool selectable(const imap::ListData& line) {
  return !line.has("\\Noselect") && !line.has("\\NonExistent");
}

imap::command::StatusItems status_items(const imap::LoggedIn& session) {
  imap::command::StatusItems items;
  items.highest_modseq = session.condstore;
  // ENABLE is sent and unanswered: where it is refused, take() leaves out what this brings.
  if (!session.known.introduced && imap::asks_for_condstore(session.capabilities))
    items.highest_modseq = true;
  items.mailbox_id = has_mailbox_ids(session);
  return items;
}

}  // namespace

Task<void> Listing::ask(const imap::LoggedIn& session) {
  const auto& caps = session.capabilities;
  imap::command::ListReturn how;
  if (caps.has("LIST-EXTENDED") && !session.profile.has(imap::Quirk::list_extended_broken)) {
    how.subscribed = how.children = true;
    how.special_use = caps.has("SPECIAL-USE");
    if (caps.has("LIST-STATUS")) how.status = status_items(session);
  }
  auto asked = co_await ask_for(session, how);
  // Some announce what they cannot do (Cyrus before 2.5.11).
  if (!asked && asked.error().code == Errc::rejected && how.subscribed) {
    const imap::command::ListReturn plain;
    how = plain;
    asked = co_await ask_for(session, plain);
  }
  // Only STATUS tells what a mailbox is whatever its name; the questions overlap.
  if (asked && !how.status && has_mailbox_ids(session)) asked = co_await ask_each(session);
  co_return asked;
}

Task<void> Listing::ask_for(const imap::LoggedIn& session, imap::command::ListReturn how) {
  lines_.clear();
  statuses_.clear();
  subscribed_.clear();
  TaskGroup group;
  co_await group.spawn(list(session, how));
  if (!how.subscribed) co_await group.spawn(lsub(session));
  auto done = co_await group.join();
  co_return done;
}

Task<void> Listing::ask_each(const imap::LoggedIn& session) {
  constexpr std::size_t in_flight = 100;
  TaskGroup group;
  for (const auto& line : lines_) {
    if (!selectable(line) || foreign(line, session)) continue;
    co_await group.wait_below(in_flight - 1);
    co_await group.spawn(status(session, line.name));
  }
  auto done = co_await group.join();
  co_return done;
}

Task<void> Listing::status(const imap::LoggedIn& session, std::string name) {
  PF_CO_TRY(imap::Command command, imap::command::status(name, status_items(session), session.wire));
  imap::Handlers handlers;
  handlers.on_data = [this](imap::Response& r) {
    if (const auto* status = std::get_if<imap::StatusData>(&r))
      statuses_.insert_or_assign(status->mailbox, *status);
  };
  auto tagged = co_await session.connection->run(std::move(command), std::move(handlers));
  if (!tagged) co_return tagged.error();
  co_return Status{};  // refused: nothing is known of this one
}

Task<void> Listing::list(const imap::LoggedIn& session, imap::command::ListReturn how) {
  PF_CO_TRY(imap::Command command, imap::command::list("", "*", how, session.wire));
  imap::Handlers handlers;
  handlers.on_data = [this](imap::Response& r) {
    if (auto* data = std::get_if<imap::ListData>(&r)) lines_.push_back(std::move(*data));
    if (auto* status = std::get_if<imap::StatusData>(&r))
      statuses_.insert_or_assign(status->mailbox, *status);
  };
  PF_CO_TRY(const imap::Tagged tagged,
            co_await session.connection->run(std::move(command), std::move(handlers)));
  if (auto error = refusal(tagged, imap::CommandKind::list, "LIST")) {
    error->scope = Scope::account;
    co_return *error;
  }
  co_return Status{};
}

Task<void> Listing::lsub(const imap::LoggedIn& session) {
  PF_CO_TRY(imap::Command command, imap::command::lsub("", "*", session.wire));
  imap::Handlers handlers;
  handlers.on_data = [this](imap::Response& r) {
    if (auto* data = std::get_if<imap::ListData>(&r)) subscribed_.insert(data->name);
  };
  auto tagged = co_await session.connection->run(std::move(command), std::move(handlers));
  if (!tagged) co_return tagged.error();
  co_return Status{};  // subscriptions are a comfort: a server without LSUB is no failure
}

std::vector<MailboxInfo> Listing::take(const imap::LoggedIn& session, const NameRules& rules) {
  std::vector<MailboxInfo> out;
  std::set<std::string> seen;
  for (const auto& line : lines_) {
    if (foreign(line, session)) continue;
    MailboxInfo info = to_info(line, session, rules);
    if (seen.insert(info.id).second) out.push_back(std::move(info));
  }
  if (std::ranges::none_of(out, [](const auto& m) { return m.path.is_inbox(); })) {
    MailboxInfo inbox;
    inbox.id = "INBOX";
    inbox.path.parts = {"INBOX"};
    out.push_back(std::move(inbox));
  }
  return out;
}

MailboxInfo Listing::to_info(const imap::ListData& line, const imap::LoggedIn& session,
                             const NameRules& rules) const {
  MailboxInfo info;
  info.id = is_inbox(line.name) ? "INBOX" : line.name;
  info.path = path_from_wire(line.name, rules);
  for (const auto& attribute : line.attributes) {
    if (const auto use = parse_special_use(attribute); use != SpecialUse::none) info.special_use = use;
  }
  info.selectable = selectable(line);
  info.may_have_children = !line.has("\\Noinferiors");
  info.subscribed = line.has("\\Subscribed") || subscribed_.contains(line.name);
  if (auto found = statuses_.find(line.name); found != statuses_.end()) {
    info.status = to_status(found->second, session.profile);
    if (!session.condstore) info.status->checkpoint = {};
    if (has_mailbox_ids(session)) info.object_id = ObjectId(found->second.mailbox_id.value_or(""));
  }
  return info;
}

bool has_mailbox_ids(const imap::LoggedIn& session) {
  return session.capabilities.has("OBJECTID") && !session.profile.has(imap::Quirk::mailbox_id_untrusted);
}

MailboxStatus to_status(const imap::StatusData& data, const imap::Profile& profile) {
  MailboxStatus status;
  if (data.uid_validity && !profile.has(imap::Quirk::uids_unstable))
    status.epoch = to_handle<Epoch>(*data.uid_validity);
  if (data.uid_next) status.position = to_handle<Position>(*data.uid_next);
  status.count = data.messages.value_or(0);
  if (data.highest_modseq && !profile.has(imap::Quirk::modseq_untrusted))
    status.checkpoint = to_handle<Checkpoint>(*data.highest_modseq);
  return status;
}

}  // namespace pf::store
