#include "store/archive/layout_mailbox.h"

#include "base/os/fd_io.h"
#include "base/printable.h"
#include "mail/message_key.h"
#include "store/archive/file_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pf::store {

namespace {

// With keys the header of each is read.
constexpr std::size_t page_messages = 2000, page_with_keys = 500;
constexpr std::size_t header_octets = std::size_t{16} << 10;

// The same for all: references are made of the files' names and stay what they are.
constexpr std::string_view epoch_of_layouts = "files-1";

Result<MessageKey> key_of(const os::Directory& folder, const LayoutMessage& message) {
  PF_TRY(const os::Fd fd, folder.open_file(message.file));
  HeaderScan scan;
  std::string piece;
  for (std::uint64_t offset = 0; !scan.done(); offset += piece.size()) {
    piece.resize(header_octets);
    PF_TRY(const std::size_t got, os::read_at(fd, piece, offset, folder.path() / message.file));
    piece.resize(got);
    if (piece.empty()) break;
    scan.feed(as_bytes(piece));
  }
  return scan.key(message.size);
}

// One folder after the other, each opened once.
class Folders {
 public:
  Folders(const os::Directory& root, const LayoutTree& tree) : root_(root), tree_(tree) {}
  Result<const os::Directory*> at(std::uint32_t folder) {
    if (!open_ || folder != which_) {
      PF_TRY(open_, root_.open_below(tree_.folders[folder]));
      which_ = folder;
    }
    return &*open_;
  }

 private:
  const os::Directory& root_;
  const LayoutTree& tree_;
  std::uint32_t which_ = 0;
  std::optional<os::Directory> open_;
};

Result<MessageFile> open_file(const os::Directory& root, const LayoutTree& tree, const LayoutMessage& message,
                              bool allow_damaged) {
  auto folder = Folders(root, tree);
  auto opened = folder.at(message.folder);
  if (!opened) {
    opened.error().scope = Scope::message;
    return std::move(opened).error();
  }
  return MessageFile::open(**opened, message.file, {std::nullopt, message.sha256}, allow_damaged);
}

}  // namespace

LayoutSession::LayoutSession(ArchiveOptions wanted, Layout of)
    : options(std::move(wanted)),
      layout(of),
      pool(options.pool ? options.pool : std::make_shared<WorkerPool>()) {}

Status LayoutSession::alive() const {
  if (!aborted) return {};
  return Error{Errc::cancelled, Scope::run, Retry::never, "the archive was given up"};
}

Error LayoutSession::read_only() const {
  return {Errc::usage,
          Scope::account,
          Retry::never,
          fmt::format("{} is an export of imapsync_bulk_migrator, which is only read",
                      printable(options.directory.native())),
          {},
          "Name another directory, and copy this one there with 'postferry sync' if it shall go on."};
}

LayoutOpenMailbox::LayoutOpenMailbox(std::shared_ptr<LayoutSession> session, const LayoutMailbox& mailbox)
    : session_(std::move(session)), tree_(session_->tree), mailbox_(mailbox), status_(status_of(mailbox)) {}

MailboxStatus LayoutOpenMailbox::status_of(const LayoutMailbox& mailbox) {
  // Just above the last.
  const std::string last =
      mailbox.messages.empty() ? std::string() : std::string(mailbox.messages.back().ref.bytes());
  return {Epoch(std::string(epoch_of_layouts)), Position(last + '\0'), mailbox.messages.size(), Checkpoint()};
}

Task<void> LayoutOpenMailbox::refresh() {
  co_return session_->alive();
}

MessageMeta LayoutOpenMailbox::meta(const LayoutMessage& message, ScanFields fields) const {
  MessageMeta out;
  out.ref = message.ref;
  if (fields >= ScanFields::flags) out.flags = tree_->flags[message.flags];
  if (fields >= ScanFields::basic) {
    out.date = message.date;
    out.size = message.size;
  }
  return out;
}

Task<std::vector<MessageMeta>> LayoutOpenMailbox::tell(Places messages, ScanFields fields) {
  PF_CO_TRYV(session_->alive());
  std::vector<MessageMeta> out;
  out.reserve(messages.size());
  for (const auto* message : messages) out.push_back(meta(*message, fields));
  if (fields != ScanFields::keys) co_return out;
  using Keys = std::vector<std::optional<MessageKey>>;
  auto job = [root = session_->root, tree = tree_, messages]() -> Result<Keys> {
    Keys keys(messages.size());
    Folders folders(*root, *tree);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto folder = folders.at(messages[i]->folder);
      // What cannot be read is told when it is to be sent.
      auto key = folder ? key_of(**folder, *messages[i]) : Result<MessageKey>(folder.error());
      if (key) keys[i] = *std::move(key);
    }
    return keys;
  };
  PF_CO_TRY(auto keys, co_await session_->pool->call<Keys>(std::move(job)));
  for (std::size_t i = 0; i < keys.size(); ++i) out[i].key = keys[i].value_or(MessageKey{});
  co_return out;
}

Task<ScanPage> LayoutOpenMailbox::scan(const MessageRef& from, ScanFields fields) {
  const auto& all = mailbox_.messages;
  auto at = std::ranges::lower_bound(all, from, {}, &LayoutMessage::ref);
  const std::size_t most = fields == ScanFields::keys ? page_with_keys : page_messages;
  Places some;
  for (; at != all.end() && some.size() < most; ++at) some.push_back(&*at);
  ScanPage page;
  page.more = at != all.end();
  if (page.more) page.next = at->ref;
  PF_CO_TRY(page.messages, co_await tell(std::move(some), fields));
  co_return page;
}

LayoutOpenMailbox::Places LayoutOpenMailbox::find(const std::vector<MessageRef>& refs) const {
  Places out;
  for (const auto& ref : refs) {
    const auto at = std::ranges::lower_bound(mailbox_.messages, ref, {}, &LayoutMessage::ref);
    if (at != mailbox_.messages.end() && at->ref == ref) out.push_back(&*at);
  }
  return out;
}

Task<std::vector<MessageMeta>> LayoutOpenMailbox::fetch(const std::vector<MessageRef>& refs,
                                                        ScanFields fields) {
  auto out = co_await tell(find(refs), fields);
  co_return out;
}

MessageRef LayoutOpenMailbox::first_ref_at(const Position& position) const {
  return MessageRef(std::string(position.bytes()));
}

Task<std::unique_ptr<MessageStream>> LayoutOpenMailbox::read(std::vector<MessageRef> refs) {
  PF_CO_TRYV(session_->alive());
  std::ranges::sort(refs);
  FileStream::Source source;
  source.pool = session_->pool;
  source.alive = [session = session_] { return session->alive(); };
  source.traffic = std::shared_ptr<Store::Traffic>(session_, &session_->traffic);
  const Places messages = find(refs);
  for (const auto* message : messages) source.sizes.push_back(message->size);
  source.load = [root = session_->root, tree = tree_, messages,
                 allow = session_->options.allow_damaged](std::size_t i) -> std::optional<LoadedMessage> {
    return load_message(messages[i]->ref, open_file(*root, *tree, *messages[i], allow));
  };
  co_return std::unique_ptr<MessageStream>(std::make_unique<FileStream>(std::move(source)));
}

// ---- nothing is ever changed

Task<std::vector<AppendOutcome>> LayoutOpenMailbox::append(std::span<AppendItem> /*items*/) {
  co_return session_->read_only();
}

Task<std::vector<MessageMeta>> LayoutOpenMailbox::change_flags(std::span<const FlagChange> /*changes*/) {
  co_return session_->read_only();
}

Task<void> LayoutOpenMailbox::remove(const std::vector<MessageRef>& /*refs*/) {
  co_return session_->read_only();
}

Task<void> LayoutOpenMailbox::close() {
  co_return Status{};
}

}  // namespace pf::store
