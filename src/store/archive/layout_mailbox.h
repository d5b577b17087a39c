// One open mailbox of a LayoutStore.
#pragma once

#include "store/archive/layout_store.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace pf::store {

struct LayoutSession {
  LayoutSession(ArchiveOptions wanted, Layout of);

  ArchiveOptions options;
  Layout layout;
  std::shared_ptr<WorkerPool> pool;
  std::shared_ptr<const os::Directory> root;
  std::shared_ptr<const LayoutTree> tree = std::make_shared<const LayoutTree>();
  Store::Traffic traffic;
  bool aborted = false;

  [[nodiscard]] Status alive() const;
  [[nodiscard]] Error read_only() const;
};

class LayoutOpenMailbox final : public OpenMailbox {
 public:
  LayoutOpenMailbox(std::shared_ptr<LayoutSession> session, const LayoutMailbox& mailbox);

  [[nodiscard]] const MailboxStatus& status() const override { return status_; }
  [[nodiscard]] const FlagRules& flag_rules() const override { return rules_; }
  Task<void> refresh() override;
  Task<ScanPage> scan(const MessageRef& from, ScanFields fields) override;
  Task<std::vector<MessageMeta>> fetch(const std::vector<MessageRef>& refs, ScanFields fields) override;
  [[nodiscard]] MessageRef first_ref_at(const Position& position) const override;
  // In ascending order.
  Task<std::unique_ptr<MessageStream>> read(std::vector<MessageRef> refs) override;
  Task<std::vector<AppendOutcome>> append(std::span<AppendItem> items) override;
  Task<std::vector<MessageMeta>> change_flags(std::span<const FlagChange> changes) override;
  Task<void> remove(const std::vector<MessageRef>& refs) override;
  Task<void> close() override;

  static MailboxStatus status_of(const LayoutMailbox& mailbox);

 private:
  using Places = std::vector<const LayoutMessage*>;
  [[nodiscard]] Places find(const std::vector<MessageRef>& refs) const;
  Task<std::vector<MessageMeta>> tell(Places messages, ScanFields fields);
  [[nodiscard]] MessageMeta meta(const LayoutMessage& message, ScanFields fields) const;

  std::shared_ptr<LayoutSession> session_;
  std::shared_ptr<const LayoutTree> tree_;
  const LayoutMailbox& mailbox_;  // of the tree
  MailboxStatus status_;
  FlagRules rules_;
};

}  // namespace pf::store
