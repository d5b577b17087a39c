#include "store/archive/found_mailboxes.h"

#include "base/printable.h"
#include "store/archive/archive_root.h"
#include "store/archive/errors.h"
#include "store/archive/mailbox_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace pf::store {

// ---- what is not found

Unfound::Unfound(const MailboxList& list) {
  for (auto& mailbox : list.listed()) names_.emplace(std::move(mailbox.epoch), std::move(mailbox.mailbox));
}

void Unfound::found(const std::string& epoch) {
  names_.erase(epoch);
}

std::optional<ListedMailbox> Unfound::found_by_name(const std::string& folder) {
  if (!std::exchange(indexed_, true)) {
    for (const auto& [epoch, mailbox] : names_) folders_.emplace(folder_name(mailbox), epoch);
  }
  auto known = folders_.find(folder);
  // "...-2": when another was in the way.
  if (known == folders_.end()) known = folders_.find(folder.substr(0, folder.rfind('-')));
  if (known == folders_.end()) return std::nullopt;
  const auto mailbox = names_.find(known->second);
  if (mailbox == names_.end()) return std::nullopt;
  ListedMailbox out{mailbox->first, mailbox->second};
  names_.erase(mailbox);
  return out;
}

std::vector<ListedMailbox> Unfound::rest() const {
  std::vector<ListedMailbox> out;
  for (const auto& [epoch, mailbox] : names_) out.push_back({epoch, mailbox});
  return out;
}

// ---- what is

namespace {

FoundMailbox look_at(const os::Directory& root, std::string name, bool allow_damaged) {
  FoundMailbox out;
  out.folder = std::move(name);
  out.header.mailbox = out.folder;
  auto directory = root.open_below(out.folder);
  auto folder = directory ? MailboxFolder::load(*std::move(directory), {.allow_damaged = allow_damaged})
                          : Result<std::shared_ptr<MailboxFolder>>(std::move(directory).error());
  if (!folder) return out;
  (*folder)->with([&](const MailboxLog& log) {
    out.header = log.header();
    out.status = log.status();
  });
  return out;
}

void compare_with(const MailboxList& list, std::vector<FoundMailbox>& all) {
  Unfound unfound(list);
  for (const auto& mailbox : all) {
    if (mailbox.status) unfound.found(mailbox.header.epoch);
  }
  for (auto& mailbox : all) {
    if (mailbox.status) continue;
    auto listed = unfound.found_by_name(mailbox.folder);
    if (!listed) continue;
    mailbox.header.epoch = std::move(listed->epoch);
    mailbox.header.mailbox = std::move(listed->mailbox);
  }
  for (auto& [epoch, name] : unfound.rest()) {
    FoundMailbox& missing = all.emplace_back();
    missing.folder = folder_name(name);
    missing.header.epoch = std::move(epoch);
    missing.header.mailbox = std::move(name);
    missing.missing = true;
  }
}

void read_list(const os::Directory& root, FoundMailboxes& found) {
  std::optional<Error> first;
  const auto list = MailboxList::load(root, [&](const Error& error) {
    if (!first) first = error;
  });
  const std::string where = root.path().native();
  if (!list && list.error().code == Errc::not_found) {
    const auto described = look_at_description(root);
    if (!described || *described == Description::without_list) return;
    found.warnings.push_back(fmt::format(
        "{}: {} is not there; should whole mailboxes be missing, nobody can tell", where, list_file));
  } else if (!list) {
    found.warnings.push_back(list.error().describe());
  } else {
    if (first) found.warnings.push_back(fmt::format("{}: {}", where, printable(first->context)));
    compare_with(*list, found.all);
  }
}

Result<FoundMailboxes> look(const os::Directory& root, bool allow_damaged) {
  auto names = folder_names(root);
  if (!names) return of_account(std::move(names).error());
  FoundMailboxes out;
  out.all.reserve(names->size());
  for (auto& name : *names) out.all.push_back(look_at(root, std::move(name), allow_damaged));
  read_list(root, out);
  return out;
}

std::set<std::string> missing_among(const FoundMailboxes& found) {
  std::set<std::string> out;
  for (const auto& mailbox : found.all) {
    if (mailbox.missing) out.insert(mailbox.header.epoch);
  }
  return out;
}

}  // namespace

Result<FoundMailboxes> find_mailboxes(const os::Directory& root, bool allow_damaged) {
  PF_TRY(auto found, look(root, allow_damaged));
  const auto before = missing_among(found);
  if (before.empty()) return found;
  // It may have been made, or called otherwise, between the look at the folders and the look at the list.
  PF_TRY(found, look(root, allow_damaged));
  std::erase_if(found.all, [&](const auto& m) { return m.missing && !before.contains(m.header.epoch); });
  return found;
}

}  // namespace pf::store
