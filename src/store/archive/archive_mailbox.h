// One open mailbox of an archive.
#pragma once

#include "async/event.h"
#include "store/archive/archive_session.h"
#include "store/store.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace pf::store {

class ArchiveMailbox final : public OpenMailbox {
 public:
  ArchiveMailbox(std::shared_ptr<ArchiveSession> session, std::string id,
                 std::shared_ptr<MailboxFolder> folder, Access access);

  [[nodiscard]] const MailboxStatus& status() const override { return status_; }
  // Nothing is known of what an archive could not keep: it keeps everything.
  [[nodiscard]] const FlagRules& flag_rules() const override { return rules_; }
  Task<void> refresh() override;
  Task<ScanPage> scan(const MessageRef& from, ScanFields fields) override;
  Task<std::vector<MessageMeta>> fetch(const std::vector<MessageRef>& refs, ScanFields fields) override;
  [[nodiscard]] MessageRef first_ref_at(const Position& position) const override;
  // In ascending order.  A message that is not what was written is an Error of scope message.
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

 private:
  [[nodiscard]] Status usable(Access wanted) const;
  [[nodiscard]] Error violation(std::string_view what) const;
  // Notes that this object is of no more use when the error says so.
  Error failed(Error error);
  Task<void> receive(std::span<AppendItem> items, const std::shared_ptr<Stager>& stager);
  Task<std::vector<AppendOutcome>> publish(std::size_t count, const std::shared_ptr<Stager>& stager);
  Task<std::vector<AppendOutcome>> give_up(std::size_t count, const std::shared_ptr<Stager>& stager,
                                           Error error);
  Task<void> catch_up();
  Task<MailboxFolder::FlagsChanged> change(std::vector<FlagChange> changes,
                                           std::optional<std::uint64_t> since);

  std::shared_ptr<ArchiveSession> session_;
  std::string id_;
  std::shared_ptr<MailboxFolder> folder_;
  Access access_;
  MailboxStatus status_;
  FlagRules rules_;
  bool lost_ = false;
  AsyncMutex receiving_;
};

}  // namespace pf::store
