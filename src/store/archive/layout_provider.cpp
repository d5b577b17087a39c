// manifest.jsonl, one object a message, which is in messages/<id>.eml.  A message that was in several
// mailboxes (Gmail's labels) is stored once, and is read as one of its primary mailbox.
#include "base/os/fd_io.h"
#include "base/printable.h"
#include "store/archive/errors.h"
#include "store/archive/layout.h"
#include "store/archive/loose_json.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace pf::store {

namespace {

constexpr std::string_view manifest_name = "manifest.jsonl";
constexpr std::string_view messages_folder = "messages";
constexpr std::size_t read_octets = std::size_t{256} << 10;
constexpr std::size_t most_complaints = 100;

// "messages/<name>.eml" and nothing else: names are input.
std::optional<std::string> file_in(const LooseJson& row) {
  std::string path = row.text("eml_path");
  if (path.empty() && !row.text("canonical_id").empty())
    path = "messages/" + row.text("canonical_id") + ".eml";
  const std::string folder = std::string(messages_folder) + "/";
  if (!path.starts_with(folder) || !path.ends_with(".eml")) return std::nullopt;
  path.erase(0, folder.size());
  if (path.find('/') != std::string::npos || path.find('\0') != std::string::npos || path.starts_with('.'))
    return std::nullopt;
  return path;
}

class ProviderReader {
 public:
  ProviderReader(const os::Directory& root, os::Directory messages, const Log& log)
      : root_(root), messages_(std::move(messages)), log_(log) {}

  Result<LayoutTree> read() {
    const auto path = root_.path() / manifest_name;
    PF_TRY(const os::Fd fd, root_.open_file(manifest_name));
    std::string text;
    for (std::uint64_t offset = 0;;) {
      const std::size_t before = text.size();
      text.resize(before + read_octets);
      PF_TRY(const std::size_t got, os::read_at(fd, MutableBytes(text).subspan(before), offset, path));
      offset += got;
      text.resize(before + got);
      PF_TRYV(take_lines(text));
      if (got < read_octets) break;
      if (text.size() > layout_json_limit)
        return Error{Errc::limit, Scope::account, Retry::never,
                     fmt::format("{} has a line that is too long", path.native())};
    }
    if (!text.empty()) PF_TRYV(take(text));  // without its line end
    return builder_.finish();
  }

 private:
  // The whole lines of `text`, which keeps the rest.
  Status take_lines(std::string& text) {
    std::size_t from = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', from)) {
      PF_TRYV(take(std::string_view(text).substr(from, end - from)));
      from = end + 1;
    }
    text.erase(0, from);
    return {};
  }

  Status take(std::string_view line) {
    ++lines_;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return {};
    const auto row = parse_loose_json(line);
    const auto file = row ? file_in(*row) : std::nullopt;
    if (!file) {
      complain("names no message");
      return {};
    }
    LayoutBuilder::Found found;
    found.mailbox = row->text("primary_mailbox");
    const auto mailboxes = row->list("source_mailboxes");
    if (found.mailbox.empty() && !mailboxes.empty()) found.mailbox = mailboxes.front();
    if (found.mailbox.empty()) found.mailbox = "INBOX";
    found.folder = messages_folder;
    found.file = *file;
    for (const auto& flags : row->list("flags")) found.flags += (found.flags.empty() ? "" : " ") + flags;
    found.date = row->text("internaldate");
    found.sha256 = row->text("content_sha256");
    const auto status = messages_.status(*file);
    if (status) found.size = status->size;
    if (!status) complain("names a message that is not there");  // told again when it is read
    return builder_.message(found);
  }

  void complain(std::string_view what) {
    if (log_ && ++complaints_ <= most_complaints)
      log_(LogLevel::warning,
           fmt::format("{}, line {}: {}", printable((root_.path() / manifest_name).native()), lines_, what));
  }

  const os::Directory& root_;
  os::Directory messages_;
  const Log& log_;
  LayoutBuilder builder_;
  std::uint64_t lines_ = 0;
  std::size_t complaints_ = 0;
};

}  // namespace

bool is_provider_layout(const os::Directory& root) {
  return root.status(manifest_name) && root.open_below(messages_folder);
}

Result<LayoutTree> read_provider_layout(const os::Directory& root, const Log& log) {
  auto messages = root.open_below(messages_folder);
  if (!messages) return of_account(std::move(messages).error());
  auto tree = ProviderReader(root, *std::move(messages), log).read();
  if (!tree) return of_account(std::move(tree).error());
  return tree;
}

}  // namespace pf::store
