#include "store/archive/archive_stream.h"

#include <utility>

namespace pf::store {

namespace {

// Read at a time: few enough to be held, many enough that a thread is worth waking.
constexpr std::uint64_t most_octets = std::uint64_t{1} << 20;
constexpr std::size_t most_messages = 100;

}  // namespace

ArchiveStream::ArchiveStream(std::shared_ptr<ArchiveSession> session, std::shared_ptr<MailboxFolder> folder,
                             std::vector<MessageRecord> messages)
    : session_(std::move(session)), folder_(std::move(folder)), messages_(std::move(messages)) {}

std::optional<ArchiveStream::Loaded> ArchiveStream::load_one(MailboxFolder& folder,
                                                             const MessageRecord& message) {
  Loaded out;
  out.n = message.n;
  auto file = MessageFile::open(folder.directory(), message, folder.allow_damaged());
  if (!file && file.error().code == Errc::not_found) {
    // Taken away by somebody who said so?
    const bool known = !folder.catch_up() ||
                       folder.with([&](const MailboxLog& log) { return log.find(message.n) != nullptr; });
    if (!known) return std::nullopt;
  }
  Status read = file ? Status{} : Status(file.error());
  if (file && file->size() <= MessageFile::whole_limit) {
    auto whole = file->whole();
    if (whole) out.octets = *std::move(whole);
    if (!whole) read = whole.error();
  } else if (file) {
    read = file->check();
    out.file = std::make_shared<MessageFile>(*std::move(file));
  }
  if (!read) out.error = std::move(read).error();
  return out;
}

std::vector<ArchiveStream::Loaded> ArchiveStream::load(MailboxFolder& folder,
                                                       const std::vector<MessageRecord>& messages) {
  std::vector<Loaded> out;
  for (const auto& message : messages) {
    if (auto loaded = load_one(folder, message)) out.push_back(*std::move(loaded));
  }
  return out;
}

Task<std::optional<MessageStream::Item>> ArchiveStream::next() {
  body_.reset();
  failed_ = {};
  while (loaded_.empty() && at_ < messages_.size()) {
    PF_CO_TRYV(session_->alive());
    std::vector<MessageRecord> some;
    for (std::uint64_t octets = 0; at_ < messages_.size() && some.size() < most_messages; ++at_) {
      octets += messages_[at_].size;
      if (!some.empty() && octets > most_octets) break;
      some.push_back(messages_[at_]);
    }
    auto job = [folder = folder_, some = std::move(some)]() -> Result<std::vector<Loaded>> {
      return load(*folder, some);
    };
    PF_CO_TRY(auto loaded, co_await session_->pool->call<std::vector<Loaded>>(std::move(job)));
    for (auto& message : loaded) loaded_.push_back(std::move(message));
  }
  PF_CO_TRYV(session_->alive());
  if (loaded_.empty()) co_return std::nullopt;
  Loaded message = std::move(loaded_.front());
  loaded_.pop_front();
  const MessageRef ref = ref_of(message.n);
  if (message.error) {
    failed_ = ref;
    co_return *std::move(message.error);
  }
  body_ = std::make_unique<Body>(*session_->pool, std::move(message));
  session_->traffic.received += body_->size();
  co_return Item{ref, body_.get()};
}

Task<Bytes> ArchiveStream::Body::next() {
  if (!loaded_.file) {
    if (std::exchange(given_, true)) co_return Bytes{};
    co_return as_bytes(loaded_.octets);
  }
  auto job = [file = loaded_.file, piece = piece_]() -> Result<void> { return file->next(*piece); };
  auto read = co_await pool_.call<void>(std::move(job));
  if (!read) {
    // Somebody changed it since it was checked.  Half of it is on its way: whoever opens the mailbox again
    // will be told what is wrong.
    Error error = std::move(read).error();
    error.scope = Scope::connection;
    error.retry = Retry::now;
    co_return error;
  }
  co_return as_bytes(*piece_);
}

Task<void> ArchiveStream::close() {
  body_.reset();
  loaded_.clear();
  at_ = messages_.size();
  co_return Status{};
}

}  // namespace pf::store
