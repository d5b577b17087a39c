// Whole messages waiting to be appended together, in memory that is used again and again.
#pragma once

#include "mail/message_key.h"
#include "store/store.h"
#include "sync/diff.h"

#include <span>
#include <vector>

namespace pf::sync {

// A message that lies in memory.
class MemorySource final : public store::MessageSource {
 public:
  explicit MemorySource(Bytes bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  Task<Bytes> next() override {
    const Bytes all = given_ ? Bytes{} : bytes_;
    given_ = true;
    co_return all;
  }
  void rewind() { given_ = false; }

 private:
  Bytes bytes_;
  bool given_ = false;
};

class Batch {
 public:
  struct Message {
    CopyItem item;
    std::uint64_t size = 0;  // exact, as served
    MessageKey key;
    std::size_t offset = 0;
  };

  explicit Batch(std::span<char> memory) : memory_(memory) {}

  [[nodiscard]] bool empty() const { return messages_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return used_; }
  [[nodiscard]] bool fits(std::uint64_t size) const { return used_ + size <= memory_.size(); }
  [[nodiscard]] const std::vector<Message>& messages() const { return messages_; }

  // Takes the whole body, or nothing when the source breaks.  The body must fit.
  Task<void> take(const CopyItem& item, store::MessageSource& body);
  [[nodiscard]] Bytes body(const Message& message) const {
    return {memory_.data() + message.offset, message.size};
  }
  void clear();

 private:
  std::span<char> memory_;
  std::size_t used_ = 0;
  std::vector<Message> messages_;
  HeaderScan scan_;
};

}  // namespace pf::sync
