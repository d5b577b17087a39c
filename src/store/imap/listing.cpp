#include "store/imap/listing.h"

#include "async/group.h"
#include "imap/command/commands.h"
#include "store/imap/imap_ref.h"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace pf::store {

namespace {

bool is_inbox(std::string_view wire) {
  constexpr std::string_view inbox = "INBOX";
  return wire.size() == inbox.size() &&
         std::equal(wire.begin(), wire.end(), inbox.begin(), [](char a, char b) { return (a & ~0x20) == b; });
}

class Listing {
 public:
  Listing(Session& session, const NameRules& rules) : session_(session), rules_(rules) {}

  Task<std::vector<MailboxInfo>> run() {
    const auto& caps = session_.capabilities();
    imap::command::ListReturn how;
    if (caps.has("LIST-EXTENDED") && !session_.profile().has(imap::Quirk::list_extended_broken)) {
      how.subscribed = how.children = true;
      how.special_use = caps.has("SPECIAL-USE");
      if (caps.has("LIST-STATUS")) how.status = status_items();
    }
    auto asked = co_await ask(how);
    // Some announce what they cannot do (Cyrus before 2.5.11).
    if (!asked && asked.error().code == Errc::rejected && how.subscribed) {
      lines_.clear();
      const imap::command::ListReturn plain;
      asked = co_await ask(plain);
    }
    if (!asked) co_return asked.error();
    co_return take();
  }

 private:
  Task<void> ask(imap::command::ListReturn how) {
    TaskGroup group;
    co_await group.spawn(list(how));
    if (!how.subscribed) co_await group.spawn(lsub());
    auto done = co_await group.join();
    co_return done;
  }

  imap::command::StatusItems status_items() const {
    imap::command::StatusItems items;
    items.highest_modseq = session_.logged_in.condstore;
    return items;
  }

  Task<void> list(imap::command::ListReturn how) {
    PF_CO_TRY(imap::Command command, imap::command::list("", "*", how, session_.wire()));
    imap::Handlers handlers;
    handlers.on_data = [this](imap::Response& r) {
      if (auto* data = std::get_if<imap::ListData>(&r)) lines_.push_back(std::move(*data));
      if (auto* status = std::get_if<imap::StatusData>(&r))
        statuses_.insert_or_assign(status->mailbox, *status);
    };
    PF_CO_TRY(const imap::Tagged tagged,
              co_await session_.connection().run(std::move(command), std::move(handlers)));
    if (auto error = refusal(tagged, imap::CommandKind::list, "LIST")) {
      error->scope = Scope::account;
      co_return *error;
    }
    co_return Status{};
  }

  Task<void> lsub() {
    PF_CO_TRY(imap::Command command, imap::command::lsub("", "*", session_.wire()));
    imap::Handlers handlers;
    handlers.on_data = [this](imap::Response& r) {
      if (auto* data = std::get_if<imap::ListData>(&r)) subscribed_.insert(data->name);
    };
    auto tagged = co_await session_.connection().run(std::move(command), std::move(handlers));
    if (!tagged) co_return tagged.error();
    co_return Status{};  // subscriptions are a comfort: a server without LSUB is no failure
  }

  std::vector<MailboxInfo> take() {
    std::vector<MailboxInfo> out;
    std::set<std::string> seen;
    for (const auto& line : lines_) {
      if (foreign(line)) continue;
      MailboxInfo info = to_info(line);
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

  // Of other users or shared.
  bool foreign(const imap::ListData& line) const {
    if (!session_.logged_in.known.namespaces) return false;
    const auto& spaces = *session_.logged_in.known.namespaces;
    for (const auto* list : {&spaces.other_users, &spaces.shared}) {
      for (const auto& entry : *list) {
        std::string_view root = entry.prefix;
        if (entry.separator != '\0' && root.ends_with(entry.separator)) root.remove_suffix(1);
        if (!root.empty() && (line.name == root || line.name.starts_with(entry.prefix))) return true;
      }
    }
    return false;
  }

  MailboxInfo to_info(const imap::ListData& line) {
    MailboxInfo info;
    info.id = is_inbox(line.name) ? "INBOX" : line.name;
    info.path = path_from_wire(line.name, rules_);
    for (const auto& attribute : line.attributes) {
      if (const auto use = parse_special_use(attribute); use != SpecialUse::none) info.special_use = use;
    }
    info.selectable = !line.has("\\Noselect") && !line.has("\\NonExistent");
    info.may_have_children = !line.has("\\Noinferiors");
    info.subscribed = line.has("\\Subscribed") || subscribed_.contains(line.name);
    if (auto found = statuses_.find(line.name); found != statuses_.end())
      info.status = to_status(found->second, session_.profile());
    return info;
  }

  Session& session_;
  const NameRules& rules_;
  std::vector<imap::ListData> lines_;
  std::map<std::string, imap::StatusData> statuses_;
  std::set<std::string> subscribed_;
};

}  // namespace

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

Task<std::vector<MailboxInfo>> list_mailboxes(Session& session, const NameRules& rules) {
  Listing listing(session, rules);
  auto found = co_await listing.run();
  co_return found;
}

}  // namespace pf::store
