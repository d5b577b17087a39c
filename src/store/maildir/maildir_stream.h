// Bodies of a MaildirMailbox: small ones by batches, large ones piece by piece.
#pragma once

#include "store/maildir/maildir_mailbox.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pf::store::maildir {

class MaildirStream final : public MessageStream {
 public:
  MaildirStream(MaildirMailbox& mailbox, std::vector<MessageRef> refs)
      : mailbox_(mailbox), refs_(std::move(refs)) {}

  // In the order asked for.
  Task<std::optional<Item>> next() override;
  [[nodiscard]] MessageRef failed_ref() const override { return failed_; }
  Task<void> close() override;

 private:
  class Source final : public MessageSource {
   public:
    Source(std::shared_ptr<Session> session, Body body)
        : session_(std::move(session)), body_(std::move(body)) {}
    [[nodiscard]] std::uint64_t size() const override { return body_.size; }
    Task<Bytes> next() override;

   private:
    Task<Bytes> next_of_file();

    std::shared_ptr<Session> session_;
    Body body_;
    std::uint64_t given_ = 0;
    ToServed served_;
    std::string piece_;
  };

  MaildirMailbox& mailbox_;
  std::vector<MessageRef> refs_;
  std::size_t at_ = 0;
  std::deque<Body> ready_;
  std::unique_ptr<Source> source_;
  MessageRef failed_;
};

}  // namespace pf::store::maildir
