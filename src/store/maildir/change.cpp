#include "store/maildir/change.h"

#include "base/step.h"
#include "store/maildir/delivery.h"
#include "store/maildir/unique_name.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::store::maildir {

namespace {

// The directories that were changed reach the disk.
class Touched {
 public:
  void add(const os::Directory& directory) {
    for (const auto* known : directories_) {
      if (known == &directory) return;
    }
    directories_.push_back(&directory);
  }
  Status sync() const {
    for (const auto* directory : directories_) PF_TRYV(directory->sync());
    return {};
  }

 private:
  std::vector<const os::Directory*> directories_;
};

std::string with_letters(const FileName& name, const std::string& letters) {
  std::string out(name.unique);
  out += name.fields;
  out += ":2,";
  out += letters;
  if (name.rest.starts_with(',')) out += name.rest;
  return out;
}

}  // namespace

Result<std::vector<MessageMeta>> change_flags(std::shared_ptr<const Folder> folder,
                                              const std::vector<FlagChange>& changes) {
  std::vector<const FlagSet*> added;
  for (const auto& change : changes) added.push_back(&change.add);
  PF_TRY(const Keywords keywords, keywords_with(*folder, added));
  PF_TRY(View view, look(folder));
  Finder finder(std::move(view));
  Touched touched;
  std::vector<MessageMeta> out;
  for (const auto& change : changes) {
    const auto use = [&](const os::Directory& directory, std::string_view name) -> Result<MessageMeta> {
      const auto parsed = parse_file_name(name);
      const FlagSet now = flags_of(parsed.letters, keywords);
      const FlagSet wanted = now.unite(change.add).without(change.remove);
      const auto letters = letters_of(wanted, keywords, parsed.letters);
      MessageMeta told;
      told.ref = change.ref;
      told.flags = flags_of(letters, keywords);
      if (told.flags == now) return told;
      // A message with flags is one that somebody has seen: its place is cur/.
      PF_STEP(file);
      PF_TRYV(directory.rename_to_new(name, folder->place(false), with_letters(parsed, letters)));
      PF_STEP(file);
      touched.add(directory);
      touched.add(folder->place(false));
      return told;
    };
    auto told = finder.with<MessageMeta>(change.ref, use);
    if (told) {
      out.push_back(*std::move(told));
    } else if (told.error().code != Errc::not_found) {
      return told.error();
    }
  }
  PF_TRYV(touched.sync());
  return out;
}

Status remove(std::shared_ptr<const Folder> folder, const std::vector<MessageRef>& refs) {
  PF_TRY(View view, look(std::move(folder)));
  Finder finder(std::move(view));
  Touched touched;
  for (const auto& ref : refs) {
    const auto use = [&](const os::Directory& directory, std::string_view name) -> Result<bool> {
      // Told apart: a message that got another name meanwhile is there still.
      PF_TRYV(directory.status(name));
      PF_STEP(file);
      PF_TRYV(directory.remove_file(name));
      PF_STEP(file);
      touched.add(directory);
      return true;
    };
    const auto removed = finder.with<bool>(ref, use);
    if (!removed && removed.error().code != Errc::not_found) return removed.error();
  }
  return touched.sync();
}

Result<std::vector<std::optional<MessageRef>>> move(std::shared_ptr<const Folder> folder,
                                                    const std::vector<MessageRef>& refs, const Folder& to) {
  PF_TRY(const Listing there, Listing::read(to));
  auto after = latest_delivery(to, there);
  PF_TRY(View view, look(std::move(folder)));
  Finder finder(std::move(view));
  // Letters mean something else there.
  std::vector<FlagSet> flags;
  for (const auto& ref : refs) {
    const auto* item = finder.view().listing->find(ref);
    const auto name = item != nullptr ? finder.view().listing->name(*item) : std::string_view();
    flags.push_back(flags_of(parse_file_name(name).letters, finder.view().keywords));
  }
  std::vector<const FlagSet*> all;
  for (const auto& set : flags) all.push_back(&set);
  PF_TRY(const Keywords keywords, keywords_with(to, all));
  Touched touched;
  std::vector<std::optional<MessageRef>> out(refs.size());
  for (std::size_t i = 0; i < refs.size(); ++i) {
    const auto use = [&](const os::Directory& directory, std::string_view name) -> Result<MessageRef> {
      const auto parsed = parse_file_name(name);
      const auto letters = letters_of(flags_of(parsed.letters, finder.view().keywords), keywords);
      const auto unique = unique_name(after);
      std::string wanted = unique;
      // Not ,U=: mbsync's uid is of the mailbox.
      for (const char key : {'S', 'W'}) {
        if (const auto size = parsed.number(key)) wanted += fmt::format(",{}={}", key, *size);
      }
      const auto& target = to.place(letters.empty());
      if (!letters.empty()) wanted += ":2," + letters;
      PF_STEP(file);
      PF_TRYV(directory.rename_to_new(name, target, wanted));
      PF_STEP(file);
      after = std::max(after, time_of(unique));
      touched.add(target);
      touched.add(directory);
      return ref_of(unique);
    };
    auto moved = finder.with<MessageRef>(refs[i], use);
    if (moved) {
      out[i] = *std::move(moved);
    } else if (moved.error().code != Errc::not_found) {
      return moved.error();
    }
  }
  PF_TRYV(touched.sync());
  return out;
}

}  // namespace pf::store::maildir
