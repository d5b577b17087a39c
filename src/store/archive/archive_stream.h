// Messages of an archive on their way out, a piece of memory full at a time.
#pragma once

#include "store/archive/archive_session.h"
#include "store/archive/message_file.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pf::store {

class ArchiveStream final : public MessageStream {
 public:
  ArchiveStream(std::shared_ptr<ArchiveSession> session, std::shared_ptr<MailboxFolder> folder,
                std::vector<MessageRecord> messages);

  Task<std::optional<Item>> next() override;
  [[nodiscard]] MessageRef failed_ref() const override { return failed_; }
  Task<void> close() override;

 private:
  // One message, proved to be whole.
  struct Loaded {
    std::uint32_t n = 0;
    std::optional<Error> error;
    std::string octets;                 // of a small one
    std::shared_ptr<MessageFile> file;  // of a large one
  };
  class Body final : public MessageSource {
   public:
    Body(WorkerPool& pool, Loaded loaded) : pool_(pool), loaded_(std::move(loaded)) {}
    [[nodiscard]] std::uint64_t size() const override {
      return loaded_.file ? loaded_.file->size() : loaded_.octets.size();
    }
    Task<Bytes> next() override;

   private:
    WorkerPool& pool_;
    Loaded loaded_;
    bool given_ = false;
    // Also when nobody waits any more for a piece that is being read.
    std::shared_ptr<std::string> piece_ = std::make_shared<std::string>();
  };

  static std::vector<Loaded> load(MailboxFolder& folder, const std::vector<MessageRecord>& messages);
  static std::optional<Loaded> load_one(MailboxFolder& folder, const MessageRecord& message);

  std::shared_ptr<ArchiveSession> session_;
  std::shared_ptr<MailboxFolder> folder_;
  std::vector<MessageRecord> messages_;
  std::size_t at_ = 0;
  std::deque<Loaded> loaded_;
  std::unique_ptr<Body> body_;
  MessageRef failed_;
};

}  // namespace pf::store
