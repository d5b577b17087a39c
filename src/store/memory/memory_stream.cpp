#include "store/memory/memory_stream.h"

#include <algorithm>

namespace pf::store {

MemoryStream::~MemoryStream() {
  if (!closed_)
    mailbox_.session().server->violations_.push_back(mailbox_.id() + ": stream destroyed without close");
}

Task<std::optional<MessageStream::Item>> MemoryStream::next() {
  body_.reset();
  failed_ = {};
  while (at_ < uids_.size()) {
    const auto uid = uids_[at_++];
    auto mailbox = co_await mailbox_.begin(Op::read);
    if (!mailbox) {
      if (mailbox.error().scope == Scope::message) failed_ = ref_of_uid(uid);
      co_return std::move(mailbox).error();
    }
    const auto found = (*mailbox)->messages.find(uid);
    if (found == (*mailbox)->messages.end()) continue;
    auto bytes = found->second.bytes;
    if (const auto& tell = mailbox_.session().server->options.tell_body) {
      std::string told = *bytes;
      tell(uid, told);
      bytes = std::make_shared<const std::string>(std::move(told));
    }
    body_ = std::make_unique<Body>(mailbox_, std::move(bytes));
    co_return Item{ref_of_uid(uid), body_.get()};
  }
  co_return std::nullopt;
}

asio::awaitable<void> MemoryStream::more(std::vector<MessageRef> refs) {
  for (const auto& ref : refs) uids_.push_back(uid_of_ref(ref));
  co_return;
}

Task<Bytes> MemoryStream::Body::next() {
  piece_.reset();
  PF_CO_TRY(const auto* mailbox, co_await mailbox_.begin(Op::chunk));
  (void)mailbox;
  auto& session = mailbox_.session();
  const auto limit = std::max<std::size_t>(session.server->options.chunk_bytes, 1);
  piece_ = std::make_unique<std::string>(bytes_->substr(given_, limit));
  given_ += piece_->size();
  session.traffic.received += piece_->size();
  co_return Bytes(*piece_);
}

Task<void> MemoryStream::close() {
  if (!closed_) mailbox_.stream_ended();
  closed_ = true;
  body_.reset();
  co_return Status{};
}

}  // namespace pf::store
