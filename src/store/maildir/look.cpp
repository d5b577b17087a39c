#include "store/maildir/look.h"

#include "base/os/fd_io.h"
#include "store/maildir/line_ends.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::store::maildir {

namespace {

constexpr std::size_t page_messages = 2000;
constexpr std::size_t page_keys = 300;  // each file is opened
constexpr std::size_t piece = 65'536;
constexpr std::uint64_t small_file = 262'144;
constexpr std::size_t batch_octets = 1 << 20;
constexpr std::size_t batch_messages = 100;

// What a name says of the served size, where the file does not contradict.
std::optional<std::uint64_t> told_size(const FileName& name, std::uint64_t in_file) {
  const auto stored = name.number('S');
  const auto served = name.number('W');
  if (!served || (stored && *stored != in_file)) return std::nullopt;
  if (*served < in_file || *served - in_file > in_file) return std::nullopt;
  return served;
}

class FileReader {
 public:
  FileReader(const os::Directory& directory, std::string_view name) : path_(directory.path() / name) {}

  Status open(const os::Directory& directory, std::string_view name) {
    PF_TRY(fd_, directory.open_shared_file(name));
    return {};
  }
  // Empty at the end.
  Result<Bytes> next() {
    buffer_.resize(piece);
    PF_TRY(const std::size_t got, os::read_up_to(fd_, buffer_, path_));
    return Bytes(buffer_).first(got);
  }

 private:
  std::filesystem::path path_;
  os::Fd fd_;
  std::string buffer_;
};

class MetaReader {
 public:
  MetaReader(const Keywords& keywords, ScanFields fields) : keywords_(keywords), fields_(fields) {}

  Result<MessageMeta> read(const MessageRef& ref, const os::Directory& directory, std::string_view name) {
    const auto parsed = parse_file_name(name);
    MessageMeta out;
    out.ref = ref;
    if (fields_ >= ScanFields::flags) out.flags = flags_of(parsed.letters, keywords_);
    if (fields_ < ScanFields::basic) return out;
    PF_TRY(const os::FileStatus file, directory.status(name));
    out.date = InternalDate(file.modified, 0);
    const auto told = told_size(parsed, file.size);
    out.size = told.value_or(file.size);
    if (told && fields_ != ScanFields::keys) return out;
    const auto looked = look_inside(directory, name, told.has_value(), out);
    // Gone or renamed is for the caller.  A file that cannot be read is a message nevertheless: who wants its
    // body is told why.
    if (!looked && looked.error().code == Errc::not_found) return looked.error();
    return out;
  }

 private:
  Status look_inside(const os::Directory& directory, std::string_view name, bool size_known,
                     MessageMeta& out) {
    headers_.reset();
    if (fields_ == ScanFields::keys) out.key = headers_.key(out.size);
    FileReader file(directory, name);
    PF_TRYV(file.open(directory, name));
    ToServed served;
    std::uint64_t size = 0;
    for (;;) {
      PF_TRY(const Bytes got, file.next());
      if (got.empty()) break;
      if (!size_known) size += served.size_of(got);
      if (!headers_.done()) headers_.feed(got);
      if (size_known && headers_.done()) break;
    }
    if (!size_known) out.size = size;
    if (fields_ == ScanFields::keys) out.key = headers_.key(out.size);
    return {};
  }

  const Keywords& keywords_;
  ScanFields fields_;
  HeaderScan headers_;
};

// Nothing when it is gone.
Result<std::optional<MessageMeta>> meta(Finder& finder, const MessageRef& ref, ScanFields fields) {
  auto found = finder.with<MessageMeta>(ref, [&](const os::Directory& directory, std::string_view name) {
    MetaReader reader(finder.view().keywords, fields);
    return reader.read(ref, directory, name);
  });
  if (found) return std::optional(*std::move(found));
  if (found.error().code == Errc::not_found) return std::optional<MessageMeta>();
  return found.error();
}

}  // namespace

Result<View> look(std::shared_ptr<const Folder> folder) {
  View out;
  PF_TRY(auto listing, Listing::read(*folder));
  // After the names: a letter is given its meaning before a name has it.
  PF_TRY(out.keywords, folder->keywords());
  out.listing = std::make_shared<const Listing>(std::move(listing));
  out.folder = std::move(folder);
  return out;
}

// Empty for twins, which only a whole look can tell apart, and for long names that are listed no more.
std::string Finder::unique_of(const MessageRef& ref) const {
  if (const auto* item = view_.listing->find(ref)) {
    return item->twin == 0 ? std::string(parse_file_name(view_.listing->name(*item)).unique) : std::string();
  }
  auto text = text_of(ref);
  return ref_of(text) == ref ? text : std::string();
}

Result<Page> scan(View view, std::size_t first, ScanFields fields) {
  const auto listing = view.listing;  // pages are of this one, whatever the finder sees later
  const auto& items = listing->items();
  const auto limit = fields == ScanFields::keys ? page_keys : page_messages;
  const auto end = std::min(items.size(), first + limit);
  Finder finder(std::move(view));
  ScanPage page;
  page.messages.reserve(end - std::min(first, end));
  for (std::size_t i = first; i < end; ++i) {
    PF_TRY(auto found, meta(finder, listing->ref(items[i]), fields));
    if (found) page.messages.push_back(*std::move(found));
  }
  page.more = end < items.size();
  if (page.more) page.next = listing->ref(items[end]);
  View seen = finder.view();
  seen.listing = listing;
  return Page{std::move(seen), std::move(page)};
}

Result<Fetched> fetch(std::shared_ptr<const Folder> folder, const std::vector<MessageRef>& refs,
                      ScanFields fields) {
  PF_TRY(View view, look(std::move(folder)));
  Finder finder(std::move(view));
  Fetched out;
  for (const auto& ref : refs) {
    PF_TRY(auto found, meta(finder, ref, fields));
    if (found) out.messages.push_back(*std::move(found));
  }
  out.view = finder.view();
  return out;
}

namespace {

Result<Body> read_body(const os::Directory& directory, std::string_view name, std::uint64_t limit) {
  Body out;
  out.path = directory.path() / name;
  PF_TRY(os::Fd fd, directory.open_shared_file(name));
  PF_TRY(const os::FileStatus status, directory.status(name));
  const bool whole = status.size <= limit;
  std::string buffer(std::min<std::uint64_t>(status.size + 1, small_file), '\0');
  ToServed served;
  for (;;) {
    PF_TRY(const std::size_t got, os::read_up_to(fd, buffer, out.path));
    if (got == 0) break;
    const auto bytes = Bytes(buffer).first(got);
    if (whole) {
      served.append(bytes, out.octets);
      // Files in a Maildir do not grow; this one is not ours to hold.
      if (out.octets.size() > 4 * small_file)
        return Error{Errc::io, Scope::message, Retry::later, out.path.native() + " grows while it is read"};
    } else {
      out.size += served.size_of(bytes);
    }
  }
  if (whole) {
    out.size = out.octets.size();
  } else {
    PF_TRY(fd, directory.open_shared_file(name));
    out.file = std::make_shared<os::Fd>(std::move(fd));
  }
  return out;
}

}  // namespace

Result<Bodies> read_some(View view, const std::vector<MessageRef>& refs) {
  Finder finder(std::move(view));
  Bodies out;
  std::uint64_t octets = 0;
  for (const auto& ref : refs) {
    if (octets >= batch_octets || out.taken == batch_messages) break;
    ++out.taken;
    auto body = finder.with<Body>(ref, [](const os::Directory& directory, std::string_view name) {
      return read_body(directory, name, small_file);
    });
    if (!body && body.error().code == Errc::not_found) continue;
    if (!body && body.error().scope > Scope::mailbox) body.error().scope = Scope::message;
    if (!body && body.error().scope > Scope::message) return body.error();
    if (!body) {
      out.bodies.emplace_back();
      out.bodies.back().error = std::move(body).error();
    } else {
      out.bodies.push_back(*std::move(body));
    }
    out.bodies.back().ref = ref;
    octets += out.bodies.back().octets.size();
    if (out.bodies.back().file) break;
  }
  out.view = finder.view();
  return out;
}

}  // namespace pf::store::maildir
