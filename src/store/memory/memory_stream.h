// Bodies of a MemoryOpenMailbox, one after the other.
#pragma once

#include "store/memory/memory_mailbox.h"

#include <memory>
#include <optional>
#include <vector>

namespace pf::store {

class MemoryStream final : public MessageStream {
 public:
  MemoryStream(MemoryOpenMailbox& mailbox, std::vector<std::uint32_t> uids)
      : mailbox_(mailbox), uids_(std::move(uids)) {}
  ~MemoryStream() override;

  Task<std::optional<Item>> next() override;
  [[nodiscard]] bool takes_more() const override { return true; }
  asio::awaitable<void> more(std::vector<MessageRef> refs) override;
  [[nodiscard]] MessageRef failed_ref() const override { return failed_; }
  Task<void> close() override;

 private:
  class Body final : public MessageSource {
   public:
    Body(MemoryOpenMailbox& mailbox, std::shared_ptr<const std::string> bytes)
        : mailbox_(mailbox), bytes_(std::move(bytes)) {}
    [[nodiscard]] std::uint64_t size() const override { return bytes_->size(); }
    Task<Bytes> next() override;

   private:
    MemoryOpenMailbox& mailbox_;
    std::shared_ptr<const std::string> bytes_;
    std::size_t given_ = 0;
    std::unique_ptr<std::string>
        piece_;  // made anew each time, so that late readers of an old one are caught
  };

  MemoryOpenMailbox& mailbox_;
  std::vector<std::uint32_t> uids_;
  std::size_t at_ = 0;
  std::unique_ptr<Body> body_;
  MessageRef failed_;
  bool closed_ = false;
};

}  // namespace pf::store
