#include "store/archive/list_check.h"

#include "base/printable.h"
#include "store/archive/names.h"

#include <fmt/format.h>

#include <utility>

namespace pf::store {

namespace {

using Kind = ArchiveFinding::Kind;

// Made, and nothing was ever put into it.
bool is_new(const CheckedFolder& folder) {
  return folder.folder->with([](const MailboxLog& log) { return log.next_number() == 1; });
}

}  // namespace

ListCheck ListCheck::load(const os::Directory& root, bool expected, ArchiveFindings& findings) {
  ListCheck out;
  const std::string file(list_file);
  auto list = MailboxList::load(
      root, [&](const Error& error) { findings.add({Kind::damaged, file, error.context}); });
  if (list) {
    out.unfound_ = Unfound(*list);
    if (const auto torn = list->torn_octets(root); torn && *torn > 0)
      findings.add({Kind::damaged, file, torn_text(*torn)});
    out.list_ = *std::move(list);
  } else if (list.error().code != Errc::not_found) {
    findings.add(list.error(), root.path() / file, file);
  } else if (expected) {
    findings.add({Kind::missing, file,
                  "is not there: whether all mailboxes are cannot be told; the next export makes it again"});
  } else {
    findings.add({Kind::note, file,
                  "the archive was made before there were such: whether all mailboxes are there cannot be "
                  "told; the next export makes it"});
  }
  return out;
}

std::optional<ArchiveFinding> ListCheck::compare(const CheckedFolder& folder) {
  if (!list_) return std::nullopt;
  const auto& [epoch, mailbox, use, subscribed] = folder.header;
  const auto state = folder.folder ? list_->state(epoch) : MailboxList::State::unknown;
  unfound_.found(epoch);
  if (state == MailboxList::State::listed && list_->name_of(epoch) == mailbox) return std::nullopt;
  if (folder.damaged) {
    if (state != MailboxList::State::listed) nameless_.push_back(folder.name);
    return std::nullopt;
  }
  if (state == MailboxList::State::listed)
    return ArchiveFinding{
        Kind::note, folder.name,
        fmt::format("is the mailbox {}, and {} in {}: a rename was cut off; the next export "
                    "mends it",
                    printable(mailbox), printable(list_->name_of(epoch)), list_file)};
  if (state == MailboxList::State::gone)
    return ArchiveFinding{Kind::note, folder.name, "was about to be removed by an export that was killed"};
  if (list_->damaged() || is_new(folder))
    return ArchiveFinding{Kind::note, folder.name,
                          fmt::format("{} does not have it; the next export adds it", list_file)};
  return ArchiveFinding{
      Kind::unknown, folder.name,
      fmt::format("{} does not have it: put there, or the end of the list was cut off", list_file)};
}

ArchiveFindings ListCheck::missing() {
  ArchiveFindings out;
  for (const auto& folder : nameless_) unfound_.found_by_name(folder);
  for (const auto& [epoch, mailbox] : unfound_.rest())
    out.add({Kind::missing, folder_name(mailbox),
             fmt::format("the mailbox {} is not there: its folder was taken away", printable(mailbox))});
  return out;
}

}  // namespace pf::store
