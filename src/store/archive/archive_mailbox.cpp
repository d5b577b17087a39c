#include "store/archive/archive_mailbox.h"

#include "base/printable.h"
#include "store/archive/errors.h"
#include "store/archive/file_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pf::store {

namespace {

constexpr std::size_t page_messages = 2000;

std::optional<LoadedMessage> load(MailboxFolder& folder, const MessageRecord& message) {
  auto file = MessageFile::open(folder.directory(), message, folder.allow_damaged());
  if (!file && file.error().code == Errc::not_found) {
    // Taken away by somebody who said so?
    const bool known = !folder.catch_up() ||
                       folder.with([&](const MailboxLog& log) { return log.find(message.n) != nullptr; });
    if (!known) return std::nullopt;
  }
  return load_message(ref_of(message.n), std::move(file));
}

}  // namespace

ArchiveMailbox::ArchiveMailbox(std::shared_ptr<ArchiveSession> session, std::string id,
                               std::shared_ptr<MailboxFolder> folder, Access access)
    : session_(std::move(session)),
      id_(std::move(id)),
      folder_(std::move(folder)),
      access_(access),
      status_(folder_->with([](const MailboxLog& log) { return log.status(); })) {}

Error ArchiveMailbox::violation(std::string_view what) const {
  return {Errc::unexpected, Scope::mailbox, Retry::never, fmt::format("{}: {}", printable(id_), what)};
}

Error ArchiveMailbox::failed(Error error) {
  lost_ = lost_ || error.scope == Scope::connection;
  return error;
}

Status ArchiveMailbox::usable(Access wanted) const {
  PF_TRYV(session_->alive());
  if (lost_)
    return Error{Errc::disconnected, Scope::connection, Retry::now,
                 fmt::format("{} has to be opened again", printable(id_))};
  if (wanted == Access::read && access_ == Access::append) return violation("opened for append");
  if (wanted == Access::append && access_ == Access::read) return violation("opened for read");
  if (wanted == Access::write && access_ != Access::write) return violation("not opened for write");
  return {};
}

// ---- looking

Task<void> ArchiveMailbox::catch_up() {
  auto job = [folder = folder_]() -> Result<void> { return folder->catch_up(); };
  auto done = co_await session_->pool->call<void>(std::move(job));
  if (!done) co_return failed(std::move(done).error());
  co_return session_->alive();
}

Task<void> ArchiveMailbox::refresh() {
  PF_CO_TRYV(usable(Access::read));
  PF_CO_TRYV(co_await catch_up());
  status_ = folder_->with([](const MailboxLog& log) { return log.status(); });
  co_return Status{};
}

Task<ScanPage> ArchiveMailbox::scan(const MessageRef& from, ScanFields fields) {
  PF_CO_TRYV(usable(Access::read));
  co_return folder_->with([&](const MailboxLog& log) {
    ScanPage page;
    const LoggedMessage* at = log.first_from(number_of(from));
    while (at != nullptr && page.messages.size() < page_messages) {
      page.messages.push_back(log.meta(*at, fields));
      at = log.first_from(at->record.n + 1);
    }
    page.more = at != nullptr;
    if (page.more) page.next = ref_of(at->record.n);
    return page;
  });
}

Task<std::vector<MessageMeta>> ArchiveMailbox::fetch(const std::vector<MessageRef>& refs, ScanFields fields) {
  PF_CO_TRYV(usable(Access::read));
  co_return folder_->with([&](const MailboxLog& log) {
    std::vector<MessageMeta> out;
    for (const auto& ref : refs) {
      if (const LoggedMessage* const message = log.find(number_of(ref)))
        out.push_back(log.meta(*message, fields));
    }
    return out;
  });
}

MessageRef ArchiveMailbox::first_ref_at(const Position& position) const {
  return MessageRef(std::string(position.bytes()));
}

Task<Changes> ArchiveMailbox::changes_since(const Checkpoint& since) {
  PF_CO_TRYV(usable(Access::read));
  const auto lines = lines_of(since);
  if (!lines) co_return violation("no checkpoint of an archive");
  co_return folder_->with([&](const MailboxLog& log) { return log.changes_since(*lines); });
}

Task<std::unique_ptr<MessageStream>> ArchiveMailbox::read(std::vector<MessageRef> refs) {
  PF_CO_TRYV(usable(Access::read));
  std::vector<MessageRecord> messages;
  folder_->with([&](const MailboxLog& log) {
    messages.reserve(refs.size());
    for (const auto& ref : refs) {
      if (const LoggedMessage* const message = log.find(number_of(ref))) messages.push_back(message->record);
    }
  });
  std::ranges::sort(messages, {}, &MessageRecord::n);
  FileStream::Source source;
  source.pool = session_->pool;
  source.alive = [session = session_] { return session->alive(); };
  source.traffic = std::shared_ptr<Store::Traffic>(session_, &session_->traffic);
  for (const auto& message : messages) source.sizes.push_back(message.size);
  source.load = [folder = folder_, all = std::move(messages)](std::size_t i) {
    return load(*folder, all[i]);
  };
  co_return std::unique_ptr<MessageStream>(std::make_unique<FileStream>(std::move(source)));
}

// ---- changing

Task<MailboxFolder::FlagsChanged> ArchiveMailbox::change(std::vector<FlagChange> changes,
                                                         std::optional<std::uint64_t> since) {
  PF_CO_TRYV(usable(Access::write));
  using Changed = MailboxFolder::FlagsChanged;
  auto job = [folder = folder_, root = session_->root, changes = std::move(changes),
              since]() -> Result<Changed> {
    StagingDirectory staging(root);
    return folder->change_flags(staging, changes, since);
  };
  auto done = co_await session_->change<Changed>(std::move(job));
  if (!done) co_return failed(std::move(done).error());
  co_return done;
}

Task<std::vector<MessageMeta>> ArchiveMailbox::change_flags(std::span<const FlagChange> changes) {
  std::vector<FlagChange> all(changes.begin(), changes.end());
  PF_CO_TRY(auto done, co_await change(std::move(all), std::nullopt));
  co_return std::move(done.now);
}

Task<std::vector<MessageRef>> ArchiveMailbox::change_flags_unless(std::span<const FlagChange> changes,
                                                                  const Checkpoint& since) {
  const auto lines = lines_of(since);
  if (!lines) co_return violation("no checkpoint of an archive");
  std::vector<FlagChange> all(changes.begin(), changes.end());
  PF_CO_TRY(auto done, co_await change(std::move(all), lines));
  co_return std::move(done.left_alone);
}

Task<void> ArchiveMailbox::remove(const std::vector<MessageRef>& refs) {
  PF_CO_TRYV(usable(Access::write));
  auto job = [folder = folder_, refs]() -> Result<void> { return folder->remove(refs); };
  auto done = co_await session_->change<void>(std::move(job));
  if (!done) co_return failed(std::move(done).error());
  co_return Status{};
}

Task<void> ArchiveMailbox::close() {
  lost_ = true;
  co_return Status{};
}

}  // namespace pf::store
