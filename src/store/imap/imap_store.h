// An IMAP account as a store.
#pragma once

#include "store/imap/imap_mailbox.h"
#include "store/imap/session_pool.h"
#include "store/store.h"

#include <memory>
#include <string>
#include <vector>

namespace pf::store {

struct ImapStoreOptions {
  imap::LoginOptions login;
  std::size_t connections = 0;  // at most; 0: chosen by the server's limits
  // How long to wait for a connection of ours to come free before another is made.  A login costs a server
  // more than a small mailbox does (Dovecot: 6 ms of CPU), and where many accounts are served side by side
  // nothing is gained by doing two things at once for one of them.
  Duration thrift{};
};

class ImapStore final : public Store {
 public:
  explicit ImapStore(ImapStoreOptions options);
  ~ImapStore() override;

  [[nodiscard]] std::string label() const override { return options_.login.label; }
  [[nodiscard]] std::string ref_text(const MessageRef& ref) const override;
  [[nodiscard]] std::string epoch_text(const Epoch& epoch) const override;
  Task<void> connect() override;
  [[nodiscard]] const Features& features() const override { return features_; }
  [[nodiscard]] const NameRules& name_rules() const override { return rules_; }
  Task<std::vector<MailboxInfo>> list() override;
  Task<std::vector<MailboxInfo>> connect_and_list() override;
  Task<std::vector<Result<MailboxStatus>>> status(const std::vector<MailboxInfo>& mailboxes) override;
  Task<std::unique_ptr<OpenMailbox>> open(const MailboxInfo& mailbox, Access access) override;
  asio::awaitable<void> expect(std::size_t open) override { return pool_->expect(open); }
  Task<Opened> open_and_scan(const MailboxInfo& mailbox, Access access, ScanFields fields) override;
  Task<MailboxInfo> create(const MailboxPath& path, const std::string& id, SpecialUse use) override;
  Task<void> subscribe(const MailboxInfo& mailbox) override;
  // Both: what we have open of it ourselves must be closed.
  Task<void> remove(const MailboxInfo& mailbox) override;
  Task<MailboxInfo> rename(const MailboxInfo& mailbox, const MailboxPath& path,
                           const std::string& id) override;
  [[nodiscard]] Traffic traffic() const override;
  asio::awaitable<void> farewell() override;
  Task<void> close() override;
  void abort() override;

  // Of the last login, for doctor; nothing before connect().
  [[nodiscard]] const imap::Profile& profile() const { return profile_; }
  [[nodiscard]] const imap::Capabilities& capabilities() const { return capabilities_; }

 private:
  class Lent;
  Task<std::unique_ptr<ImapMailbox>> lend(const MailboxInfo& mailbox, Access access);
  struct Arrival;
  Task<std::shared_ptr<Lent>> control(imap::Along along = {});
  Task<std::shared_ptr<Lent>> arrive(Arrival& arrival);
  static Task<void> ask_first(const imap::LoggedIn& session, Arrival& arrival);
  static Task<void> ask_separator(const imap::LoggedIn& session, Arrival& arrival);
  static Task<void> ask_quota(const imap::LoggedIn& session, Arrival& arrival);
  void learn(const imap::LoggedIn& session);
  Task<void> leave_everywhere(Session& control, const MailboxInfo& mailbox, bool children);
  Task<Result<MailboxStatus>> status_of(Session& session, const MailboxInfo& mailbox);

  ImapStoreOptions options_;
  std::shared_ptr<SessionPool> pool_;
  std::weak_ptr<Lent> control_;
  AsyncMutex control_mutex_;
  Features features_;
  NameRules rules_;
  imap::Profile profile_;
  imap::Capabilities capabilities_;
  std::optional<imap::NamespaceData> namespaces_;
};

}  // namespace pf::store
