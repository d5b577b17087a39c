// A Maildir as a store: Dovecot's, mbsync's, or a new one.  docs/maildir.md says what is read and written.
#pragma once

#include "async/worker_pool.h"
#include "base/log.h"
#include "store/store.h"

#include <filesystem>
#include <memory>
#include <string>

namespace pf::store {

namespace maildir {
struct Session;
}

struct MaildirOptions {
  std::filesystem::path directory;
  Log log;
  std::shared_ptr<WorkerPool> pool;  // nullptr: one of its own
  // For a source: a directory that is not there is an error, not an empty Maildir to be made.
  bool must_exist = false;
};

class MaildirStore final : public Store {
 public:
  explicit MaildirStore(MaildirOptions options);
  ~MaildirStore() override;

  [[nodiscard]] std::string label() const override;
  // The name of the file, without what changes with its flags.
  [[nodiscard]] std::string ref_text(const MessageRef& ref) const override;
  Task<void> connect() override;
  [[nodiscard]] const Features& features() const override { return features_; }
  [[nodiscard]] const NameRules& name_rules() const override { return names_; }

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
  std::shared_ptr<maildir::Session> session_;
  std::filesystem::path directory_;
  bool must_exist_;
  Features features_;
  NameRules names_;
};

}  // namespace pf::store
