// The reference implementation of the waist, over mailboxes in memory.  The engine's tests run against it;
// what it does is what every other store has to do (tests/contract).
#pragma once

#include "store/memory/memory_server.h"

#include <memory>
#include <string>

namespace pf::store {

struct MemorySession;

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(std::shared_ptr<MemoryServer> server, std::string label = "memory:test");
  ~MemoryStore() override;

  [[nodiscard]] std::string label() const override { return label_; }
  [[nodiscard]] std::string ref_text(const MessageRef& ref) const override;
  Task<void> connect() override;
  [[nodiscard]] const Features& features() const override { return features_; }
  [[nodiscard]] const NameRules& name_rules() const override { return names_; }

  // Parents that are no mailboxes themselves are listed as not selectable.
  Task<std::vector<MailboxInfo>> list() override;
  Task<std::vector<Result<MailboxStatus>>> status(const std::vector<MailboxInfo>& mailboxes) override;
  Task<std::unique_ptr<OpenMailbox>> open(const MailboxInfo& mailbox, Access access) override;
  Task<MailboxInfo> create(const MailboxPath& path, const std::string& id, SpecialUse use) override;
  Task<void> subscribe(const MailboxInfo& mailbox) override;
  Task<void> remove(const MailboxInfo& mailbox) override;
  Task<MailboxInfo> rename(const MailboxInfo& mailbox, const MailboxPath& path,
                           const std::string& id) override;

  [[nodiscard]] Traffic traffic() const override;
  Task<void> close() override;
  void abort() override;

 private:
  [[nodiscard]] MailboxInfo info(const std::string& id, const MemoryMailbox* mailbox) const;
  [[nodiscard]] Status check_new_name(Op op, const std::string& id) const;

  std::shared_ptr<MemorySession> session_;  // outlived by nothing we handed out
  std::string label_;
  Features features_;
  NameRules names_;
};

}  // namespace pf::store
