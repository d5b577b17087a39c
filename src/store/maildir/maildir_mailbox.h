// One open mailbox of a MaildirStore.
#pragma once

#include "async/event.h"
#include "store/maildir/delivery.h"
#include "store/maildir/look.h"
#include "store/maildir/session.h"
#include "store/store.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace pf::store::maildir {

class MaildirMailbox final : public OpenMailbox {
 public:
  // Takes one of the session's places, which the destructor or close() gives back.
  MaildirMailbox(std::shared_ptr<Session> session, MailboxInfo mailbox, Access access);
  ~MaildirMailbox() override;
  Task<void> enter();

  [[nodiscard]] const MailboxStatus& status() const override { return status_; }
  [[nodiscard]] const FlagRules& flag_rules() const override { return rules_; }
  Task<void> refresh() override;
  Task<ScanPage> scan(const MessageRef& from, ScanFields fields) override;
  Task<std::vector<MessageMeta>> fetch(const std::vector<MessageRef>& refs, ScanFields fields) override;
  [[nodiscard]] MessageRef first_ref_at(const Position& position) const override;
  Task<std::unique_ptr<MessageStream>> read(std::vector<MessageRef> refs) override;
  Task<std::vector<AppendOutcome>> append(std::span<AppendItem> items) override;
  Task<std::vector<MessageMeta>> change_flags(std::span<const FlagChange> changes) override;
  Task<std::vector<std::optional<MessageRef>>> move(const std::vector<MessageRef>& refs,
                                                    const MailboxInfo& to) override;
  Task<void> remove(const std::vector<MessageRef>& refs) override;
  Task<void> close() override;

  // For its stream.
  Task<Bodies> read_some(std::vector<MessageRef> refs);
  [[nodiscard]] const std::shared_ptr<Session>& session() const { return session_; }
  void stream_ended() { streaming_ = false; }

 private:
  struct Batch;

  void give_back();
  void take(const View& view);
  [[nodiscard]] Status allowed(Access wanted) const;
  [[nodiscard]] Error at_mailbox(Error error) const;
  Task<void> receive(const std::shared_ptr<Batch>& batch, AppendItem& item);
  Task<void> spool(const std::shared_ptr<Batch>& batch);
  void tell_lost(const std::vector<std::string>& keywords);
  [[nodiscard]] std::vector<AppendOutcome> outcomes(std::vector<Delivered> delivered) const;

  std::shared_ptr<Session> session_;
  MailboxInfo mailbox_;
  Access access_;
  View view_;
  std::uint64_t latest_ = 0;  // what we deliver is later
  MailboxStatus status_;
  FlagRules rules_;
  MessageRef next_page_;
  bool holds_place_ = true;
  bool streaming_ = false;
  bool told_lost_ = false;
  AsyncMutex appending_;
};

}  // namespace pf::store::maildir
