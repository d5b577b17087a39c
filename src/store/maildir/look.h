// What a scan tells of messages, and their bodies, by batches.  Everything here blocks.
#pragma once

#include "store/maildir/folder.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pf::store::maildir {

// A folder as it was seen: shared by all that look at it, changed by none.
struct View {
  std::shared_ptr<const Folder> folder;
  std::shared_ptr<const Listing> listing;
  Keywords keywords;
};
Result<View> look(std::shared_ptr<const Folder> folder);

// Follows messages whose names change meanwhile.
class Finder {
 public:
  explicit Finder(View view) : view_(std::move(view)) {}

  // Runs `use(directory, name)` for the message; again under its new name when the old one was not there any
  // more. Errc::not_found when it is gone.
  template <class T, class Use>
  Result<T> with(const MessageRef& ref, Use use);

  [[nodiscard]] const View& view() const { return view_; }

 private:
  // Looks for the one message, and uses it on the spot, before its name changes again.
  template <class T, class Use>
  Result<T> hunt(const std::string& unique, Use use) const;
  [[nodiscard]] std::string unique_of(const MessageRef& ref) const;
  static Error gone(const MessageRef& ref) {
    return {Errc::not_found, Scope::message, Retry::never, text_of(ref)};
  }

  static constexpr int most_looks = 20;
  static constexpr int most_hunts = 4;

  View view_;
  int looks_ = 0;
};

struct Page {
  View view;  // newer than the one given when messages had other names by then
  ScanPage page;
};
// `first`: where in the view's listing.
Result<Page> scan(View view, std::size_t first, ScanFields fields);

struct Fetched {
  View view;
  std::vector<MessageMeta> messages;
};
// As things are now, in the order asked for.
Result<Fetched> fetch(std::shared_ptr<const Folder> folder, const std::vector<MessageRef>& refs,
                      ScanFields fields);

// A body: wholly here, or open at its beginning.
struct Body {
  MessageRef ref;
  std::optional<Error> error;  // of scope message: it cannot be read
  std::uint64_t size = 0;      // served octets
  std::string octets;
  std::shared_ptr<os::Fd> file;
  std::filesystem::path path;
};
struct Bodies {
  View view;
  std::vector<Body> bodies;
  std::size_t taken = 0;  // of the references given; those that are gone have no body
};
// Some of `refs`, from the first on: at least one, and not much more than a megabyte.
Result<Bodies> read_some(View view, const std::vector<MessageRef>& refs);

template <class T, class Use>
Result<T> Finder::with(const MessageRef& ref, Use use) {
  for (bool again = false;; again = true) {
    if (const auto* item = view_.listing->find(ref)) {
      const auto& directory = view_.folder->place(item->fresh);
      auto used = use(directory, view_.listing->name(*item));
      if (used || used.error().code != Errc::not_found) return used;
    } else if (looks_ != 0 && view_.listing->sure()) {
      return gone(ref);
    }
    // One look serves all that got other names; where names change all the time it does not help.
    if (again || looks_ == most_looks) break;
    PF_TRY(view_, look(view_.folder));
    ++looks_;
    if (view_.listing->sure() && view_.listing->find(ref) == nullptr) return gone(ref);
  }
  const auto unique = unique_of(ref);
  for (int i = 0; i < most_hunts && !unique.empty(); ++i) {
    auto used = hunt<T>(unique, use);
    if (used || used.error().code != Errc::not_found) return used;
  }
  return gone(ref);
}

template <class T, class Use>
Result<T> Finder::hunt(const std::string& unique, Use use) const {
  std::optional<Result<T>> out;
  for (const auto* directory : {view_.folder->fresh(), view_.folder->cur()}) {
    if (directory == nullptr) continue;
    const auto walked = directory->each([&](const os::Entry& entry) -> Status {
      if (entry.kind != os::Entry::Kind::file || parse_file_name(entry.name).unique != unique) return {};
      auto used = use(*directory, std::string_view(entry.name));
      if (!used && used.error().code == Errc::not_found) return {};
      out = std::move(used);
      return Error{Errc::cancelled, Scope::message, Retry::never, {}};  // ends the walk
    });
    if (out) return *std::move(out);
    PF_TRYV(walked);
  }
  return Error{Errc::not_found, Scope::message, Retry::never, unique};
}

}  // namespace pf::store::maildir
