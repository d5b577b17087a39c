#include "sync/batch.h"

#include <cstring>

namespace pf::sync {

Task<void> Batch::take(const CopyItem& item, store::MessageSource& body) {
  Message message{item, body.size(), {}, used_};
  scan_.reset();
  std::size_t at = used_;
  for (;;) {
    PF_CO_TRY(const Bytes chunk, co_await body.next());
    if (chunk.empty()) break;
    if (chunk.size() > memory_.size() - at) {
      co_return Error(Errc::protocol, Scope::message, Retry::now, "a message came out longer than announced");
    }
    std::memcpy(memory_.data() + at, chunk.data(), chunk.size());
    if (!scan_.done()) scan_.feed(chunk);
    at += chunk.size();
  }
  message.size = at - used_;
  message.key = scan_.key(message.size);
  used_ = at;
  messages_.push_back(std::move(message));
  co_return Status{};
}

void Batch::clear() {
  used_ = 0;
  messages_.clear();
}

}  // namespace pf::sync
