// Messages in files on their way out, a piece of memory full at a time.
#pragma once

#include "async/worker_pool.h"
#include "store/archive/message_file.h"
#include "store/store.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pf::store {

// One message, proved to be whole, or why it is not to be had.
struct LoadedMessage {
  MessageRef ref;
  std::optional<Error> error;
  std::string octets;                 // of a small one
  std::shared_ptr<MessageFile> file;  // of a large one
};
// Reads a small one, and reads through a large one.
LoadedMessage load_message(MessageRef ref, Result<MessageFile> file);

class FileStream final : public MessageStream {
 public:
  struct Source {
    std::shared_ptr<WorkerPool> pool;
    std::function<Status()> alive;
    std::shared_ptr<Store::Traffic> traffic;
    std::vector<std::uint64_t> sizes;  // of the messages, one after the other
    // The message at this place; nothing when it is gone.  In the pool.
    std::function<std::optional<LoadedMessage>(std::size_t place)> load;
  };
  explicit FileStream(Source source) : source_(std::make_shared<const Source>(std::move(source))) {}

  Task<std::optional<Item>> next() override;
  [[nodiscard]] MessageRef failed_ref() const override { return failed_; }
  Task<void> close() override;

 private:
  class Body final : public MessageSource {
   public:
    Body(WorkerPool& pool, LoadedMessage loaded) : pool_(pool), loaded_(std::move(loaded)) {}
    [[nodiscard]] std::uint64_t size() const override {
      return loaded_.file ? loaded_.file->size() : loaded_.octets.size();
    }
    Task<Bytes> next() override;

   private:
    WorkerPool& pool_;
    LoadedMessage loaded_;
    bool given_ = false;
    // Also when nobody waits any more for a piece that is being read.
    std::shared_ptr<std::string> piece_ = std::make_shared<std::string>();
  };

  std::shared_ptr<const Source> source_;
  std::size_t at_ = 0;
  std::deque<LoadedMessage> loaded_;
  std::unique_ptr<Body> body_;
  MessageRef failed_;
};

}  // namespace pf::store
