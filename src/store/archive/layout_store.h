// An export of imapsync_bulk_migrator as a store: to be read, never to be written to.
#pragma once

#include "store/archive/archive_store.h"
#include "store/archive/layout.h"

#include <memory>
#include <string>
#include <vector>

namespace pf::store {

struct LayoutSession;

class LayoutStore final : public Store {
 public:
  LayoutStore(ArchiveOptions options, Layout layout);
  ~LayoutStore() override;

  [[nodiscard]] std::string label() const override;
  [[nodiscard]] std::string ref_text(const MessageRef& ref) const override;
  // Reads what is there; a message that comes later is not seen.
  Task<void> connect() override;
  [[nodiscard]] const Features& features() const override { return features_; }
  [[nodiscard]] const NameRules& name_rules() const override;

  Task<std::vector<MailboxInfo>> list() override;
  Task<std::vector<Result<MailboxStatus>>> status(const std::vector<MailboxInfo>& mailboxes) override;
  // For anything but reading an Error of scope account.
  Task<std::unique_ptr<OpenMailbox>> open(const MailboxInfo& mailbox, Access access) override;
  Task<MailboxInfo> create(const MailboxPath& path, const std::string& id, SpecialUse use) override;
  Task<void> subscribe(const MailboxInfo& mailbox) override;

  [[nodiscard]] Traffic traffic() const override;
  Task<void> close() override;
  void abort() override;

 private:
  std::shared_ptr<LayoutSession> session_;
  Features features_;
};

// The archive in a directory, of whatever layout.  Looks into the directory: blocks, but shortly.
std::unique_ptr<Store> open_archive_store(ArchiveOptions options);

}  // namespace pf::store
