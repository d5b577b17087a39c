// One open mailbox of a MemoryStore.
#pragma once

#include "async/event.h"
#include "store/memory/memory_session.h"
#include "store/store.h"

#include <memory>
#include <string>
#include <vector>

namespace pf::store {

class MemoryOpenMailbox final : public OpenMailbox {
 public:
  // Takes one of the session's places, which the destructor or close() gives back.
  MemoryOpenMailbox(std::shared_ptr<MemorySession> session, std::string id, Access access);
  ~MemoryOpenMailbox() override;
  Task<void> enter();

  [[nodiscard]] const MailboxStatus& status() const override { return status_; }
  [[nodiscard]] const FlagRules& flag_rules() const override { return rules_; }
  Task<void> refresh() override;
  Task<ScanPage> scan(const MessageRef& from, ScanFields fields) override;
  Task<std::vector<MessageMeta>> fetch(const std::vector<MessageRef>& refs, ScanFields fields) override;
  [[nodiscard]] MessageRef first_ref_at(const Position& position) const override;
  // In ascending order, whatever the order asked for.
  Task<std::unique_ptr<MessageStream>> read(std::vector<MessageRef> refs) override;
  Task<std::vector<AppendOutcome>> append(std::span<AppendItem> items) override;
  Task<std::vector<MessageMeta>> change_flags(std::span<const FlagChange> changes) override;
  Task<std::vector<MessageRef>> change_flags_unless(std::span<const FlagChange> changes,
                                                    const Checkpoint& since) override;
  Task<Changes> changes_since(const Checkpoint& since) override;
  Task<std::vector<std::optional<MessageRef>>> move(const std::vector<MessageRef>& refs,
                                                    const MailboxInfo& to) override;
  Task<void> remove(const std::vector<MessageRef>& refs) override;
  Task<void> close() override;

  // For its stream.
  Task<MemoryMailbox*> begin(Op op);
  // Notes that the connection is gone when the error says so.
  Error failed(Error error);
  void stream_ended() { streaming_ = false; }
  [[nodiscard]] MemorySession& session() const { return *session_; }
  [[nodiscard]] const std::string& id() const { return id_; }

 private:
  void take_status(const MemoryMailbox& mailbox);
  void give_back();
  Status end(Op op);
  [[nodiscard]] MessageMeta meta(const MemoryMessage& message, ScanFields fields) const;
  [[nodiscard]] FlagSet kept(const FlagSet& flags) const;
  // False: no such message.
  bool apply(MemoryMailbox& mailbox, const FlagChange& change);
  [[nodiscard]] Error unsupported(Op op) const;
  Error violation(Op op, std::string_view what);
  Task<MemoryMessage> receive(AppendItem& item);
  Task<std::vector<AppendOutcome>> append_command(std::span<AppendItem> items);
  void refuse_some(std::span<const MemoryMessage> messages, std::vector<AppendOutcome>& outcomes) const;

  std::shared_ptr<MemorySession> session_;
  std::string id_;
  Access access_;
  MailboxStatus status_;
  FlagRules rules_;
  std::uint32_t validity_ = 0;
  bool holds_place_ = true;
  bool lost_ = false;  // the connection
  bool streaming_ = false;
  AsyncMutex appending_;
};

}  // namespace pf::store
