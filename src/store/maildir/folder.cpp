#include "store/maildir/folder.h"

#include "base/clock.h"
#include "base/digest.h"
#include "store/maildir/locked_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace pf::store::maildir {

namespace {

constexpr std::int64_t second = 1'000'000'000;
// "A file in tmp/ not touched for 36 hours may safely be deleted" (maildir(5)).
constexpr std::int64_t dead_seconds = std::int64_t{36} * 3600;
// Reading a directory that changes all the time ends some time.
constexpr int most_walks = 8;
constexpr std::size_t much = std::size_t{256} << 20;
// The clock that stamps directories ticks every 1 to 10 ms: a later change may bear the stamp of an earlier
// one.
constexpr std::int64_t tick = 20'000'000;

Result<std::optional<os::Directory>> open_if_there(const os::Directory& at, std::string_view name) {
  auto opened = at.open_below(name);
  if (opened) return std::optional(*std::move(opened));
  if (opened.error().code == Errc::not_found) return std::optional<os::Directory>();
  return opened.error();
}

std::int64_t changed(const os::Directory* directory) {
  if (directory == nullptr) return 0;
  const auto status = directory->status();
  return status ? status->changed : 0;
}

std::int64_t now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

}  // namespace

Epoch only_epoch() {
  return Epoch("maildir1");
}

void remove_dead(const os::Directory& tmp, std::int64_t now) {
  std::vector<std::string> dead;
  const auto walked = tmp.each([&](const os::Entry& entry) -> Status {
    if (entry.kind != os::Entry::Kind::file) return {};
    const auto file = tmp.status(entry.name);
    if (file && file->changed / second + dead_seconds < now) dead.push_back(entry.name);
    return {};
  });
  ignore(walked);  // what is left there hurts nobody
  for (const auto& name : dead) ignore(tmp.remove_file(name));
}

Result<Folder> Folder::open(os::Directory at) {
  Folder out;
  PF_TRY(out.cur_, open_if_there(at, "cur"));
  PF_TRY(out.new_, open_if_there(at, "new"));
  if (!out.cur_ && !out.new_) {
    return Error{Errc::not_found, Scope::mailbox, Retry::never,
                 fmt::format("{} is no Maildir", at.path().native())};
  }
  out.at_ = std::move(at);
  return out;
}

Result<Folder> Folder::open_or_make(os::Directory at) {
  Folder out;
  PF_TRY(out.tmp_, at.open_or_make_below("tmp"));
  PF_TRY(out.new_, at.open_or_make_below("new"));
  PF_TRY(out.cur_, at.open_or_make_below("cur"));
  out.at_ = std::move(at);
  remove_dead(*out.tmp_, wall_seconds());
  return out;
}

Result<Keywords> Folder::keywords() const {
  if (!at_) return Keywords{};
  PF_TRY(const std::string text, read_if_there(*at_, Keywords::file, Keywords::most_octets));
  return Keywords::parse(text);
}

// ---- Listing

Status Listing::take(const os::Directory& directory, bool fresh) {
  return directory.each([&](const os::Entry& entry) -> Status {
    // Hidden files are none of Maildir's, and what is no file is no message.
    if (entry.kind != os::Entry::Kind::file || entry.name.front() == '.') return {};
    if (names_.size() + entry.name.size() > most_octets) {
      return Error{Errc::limit, Scope::mailbox, Retry::never,
                   fmt::format("{} holds too many files", directory.path().native())};
    }
    Item item;
    item.time = time_of(parse_file_name(entry.name).unique);
    item.name_at = static_cast<std::uint32_t>(names_.size());
    item.name_size = static_cast<std::uint16_t>(entry.name.size());
    item.fresh = fresh;
    names_ += entry.name;
    items_.push_back(item);
    return {};
  });
}

MessageRef Listing::ref(const Item& item) const {
  const auto parsed = parse_file_name(name(item));
  return item.twin == 0 ? ref_of(parsed.unique) : ref_of_twin(parsed, item.twin);
}

void Listing::sort() {
  std::ranges::sort(items_, [this](const Item& a, const Item& b) {
    if (a.time != b.time) return a.time < b.time;
    const auto left = ref(a), right = ref(b);
    if (left != right) return left < right;
    // The same message twice: cur/ before new/, and in the order of names.
    if (a.fresh != b.fresh) return b.fresh;
    return name(a) < name(b);
  });
}

// Two files with one name: a message that was renamed while we looked, or really two.
Status Listing::settle(const Folder& folder) {
  sort();
  bool twins = false;
  std::vector<Item> kept;
  kept.reserve(items_.size());
  for (std::size_t at = 0; at < items_.size();) {
    std::size_t end = at + 1;
    while (end < items_.size() && items_[end].time == items_[at].time && ref(items_[end]) == ref(items_[at]))
      ++end;
    if (end == at + 1) {
      kept.push_back(items_[at]);
    } else {
      PF_TRY(const bool several, keep_files(folder, std::span(items_).subspan(at, end - at), kept));
      twins = twins || several;
    }
    at = end;
  }
  items_ = std::move(kept);
  if (twins) sort();
  return {};
}

// Of names with the same reference those that are different files.  Where none is there any more, the message
// has yet another name by now.
Result<bool> Listing::keep_files(const Folder& folder, std::span<const Item> same,
                                 std::vector<Item>& kept) const {
  std::vector<std::uint64_t> inodes;
  for (std::size_t i = 0; i < same.size(); ++i) {
    const Item& item = same[i];
    if (i != 0 && item.fresh == same[i - 1].fresh && name(item) == name(same[i - 1])) continue;
    const auto file = (item.fresh ? folder.fresh() : folder.cur())->status(name(item));
    if (!file && file.error().code == Errc::not_found) continue;
    if (!file) return file.error();
    if (std::ranges::find(inodes, file->inode) != inodes.end()) continue;
    kept.push_back(item);
    kept.back().twin = static_cast<std::uint32_t>(inodes.size());
    inodes.push_back(file->inode);
  }
  if (inodes.empty()) kept.push_back(same.front());
  return inodes.size() > 1;
}

Result<Listing> Listing::read(const Folder& folder) {
  Listing out;
  for (int walk = 1;; ++walk) {
    // readdir may miss a name that is changed during the walk.  Only a directory that stood still was read
    // for sure; else what any walk has seen counts.
    const std::array before{changed(folder.fresh()), changed(folder.cur())};
    const bool rested = std::ranges::max(before) + tick < now();
    // new/ first: messages go from there to cur/.
    if (folder.fresh() != nullptr) PF_TRYV(out.take(*folder.fresh(), true));
    if (folder.cur() != nullptr) PF_TRYV(out.take(*folder.cur(), false));
    out.sure_ = rested && before == std::array{changed(folder.fresh()), changed(folder.cur())};
    if (walk == most_walks || out.sure_ || out.names_.size() > much) break;
  }
  // A directory that was taken away is empty, but that is not what the mailbox was.
  if (folder.cur() != nullptr) {
    PF_TRY(const auto status, folder.cur()->status());
    if (status.links == 0) {
      return Error{Errc::not_found, Scope::mailbox, Retry::never,
                   fmt::format("{} was removed", folder.cur()->path().native())};
    }
  }
  PF_TRYV(out.settle(folder));
  return out;
}

std::size_t Listing::lower_bound(const MessageRef& wanted) const {
  const auto found = std::ranges::partition_point(items_, [&](const Item& item) {
    const auto border = border_at(item.time);
    // The time decides nearly always, and costs no digest.
    const auto head = wanted.bytes().substr(0, border.size());
    if (head != border) return std::string_view(border) < head;
    return ref(item) < wanted;
  });
  return static_cast<std::size_t>(found - items_.begin());
}

const Listing::Item* Listing::find(const MessageRef& wanted) const {
  const auto at = lower_bound(wanted);
  return at < items_.size() && ref(items_[at]) == wanted ? &items_[at] : nullptr;
}

std::string Listing::keyword_letters() const {
  std::array<bool, 26> seen{};
  for (const auto& item : items_) {
    for (const char c : parse_file_name(name(item)).letters) {
      if (c >= 'a' && c <= 'z') seen[static_cast<std::size_t>(c - 'a')] = true;
    }
  }
  std::string out;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i]) out += static_cast<char>('a' + i);
  }
  return out;
}

namespace {

constexpr std::size_t digest_octets = 16;

std::string short_digest(Sha256& hash) {
  const auto digest = hash.finish();
  return {reinterpret_cast<const char*>(digest.data()), digest_octets};
}

}  // namespace

// A position names all messages there are, besides the border: other programs may deliver below it.
MailboxStatus Listing::status(const Keywords& keywords) const {
  Sha256 names, flags;
  std::string line;
  for (const auto& item : items_) {
    const auto parsed = parse_file_name(name(item));
    line.assign(parsed.unique);
    line += item.twin == 0 ? "\n" : fmt::format(":{}\n", item.twin);
    names.update(line);
    line.back() = ':';
    line += parsed.letters;
    line += '\n';
    flags.update(line);
  }
  flags.update(keywords.to_text());
  MailboxStatus out;
  out.epoch = only_epoch();
  out.count = items_.size();
  out.position = Position(border_at(items_.empty() ? 0 : last_time() + 1) + short_digest(names));
  out.checkpoint = Checkpoint(short_digest(flags));
  return out;
}

std::uint64_t latest_delivery(const Folder& folder, const Listing& listing) {
  std::uint64_t latest = listing.last_time();
  for (const auto* directory : {folder.tmp(), folder.fresh(), folder.cur()}) {
    latest =
        std::max(latest, static_cast<std::uint64_t>(std::max<std::int64_t>(changed(directory), 0)) / 1000);
  }
  return latest;
}

}  // namespace pf::store::maildir
