#include "store/archive/file_stream.h"

#include <utility>

namespace pf::store {

namespace {

// Read at a time: few enough to be held, many enough that a thread is worth waking.
constexpr std::uint64_t most_octets = std::uint64_t{1} << 20;
constexpr std::size_t most_messages = 100;

}  // namespace

LoadedMessage load_message(MessageRef ref, Result<MessageFile> file) {
  LoadedMessage out;
  out.ref = std::move(ref);
  Status read = file ? Status{} : Status(file.error());
  if (file && file->size() <= MessageFile::whole_limit) {
    auto whole = file->whole();
    if (!whole) {
      read = whole.error();
    } else {
      out.octets = *std::move(whole);
    }
  } else if (file) {
    read = file->check();
    out.file = std::make_shared<MessageFile>(*std::move(file));
  }
  if (!read) out.error = std::move(read).error();
  return out;
}

Task<std::optional<MessageStream::Item>> FileStream::next() {
  using Messages = std::vector<LoadedMessage>;
  body_.reset();
  failed_ = {};
  const std::size_t all = source_->sizes.size();
  while (loaded_.empty() && at_ < all) {
    PF_CO_TRYV(source_->alive());
    const std::size_t first = at_;
    for (std::uint64_t octets = 0; at_ < all && at_ - first < most_messages; ++at_) {
      octets += source_->sizes[at_];
      if (at_ > first && octets > most_octets) break;
    }
    auto job = [source = source_, first, end = at_]() -> Result<Messages> {
      Messages out;
      for (std::size_t i = first; i < end; ++i) {
        if (auto loaded = source->load(i)) out.push_back(*std::move(loaded));
      }
      return out;
    };
    PF_CO_TRY(auto loaded, co_await source_->pool->call<Messages>(std::move(job)));
    for (auto& message : loaded) loaded_.push_back(std::move(message));
  }
  PF_CO_TRYV(source_->alive());
  if (loaded_.empty()) co_return std::nullopt;
  LoadedMessage message = std::move(loaded_.front());
  loaded_.pop_front();
  MessageRef ref = message.ref;
  if (message.error) {
    failed_ = std::move(ref);
    co_return *std::move(message.error);
  }
  body_ = std::make_unique<Body>(*source_->pool, std::move(message));
  source_->traffic->received += body_->size();
  co_return Item{std::move(ref), body_.get()};
}

Task<Bytes> FileStream::Body::next() {
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

Task<void> FileStream::close() {
  body_.reset();
  loaded_.clear();
  at_ = source_->sizes.size();
  co_return Status{};
}

}  // namespace pf::store
