// One selected mailbox on one session: the IMAP side of store::OpenMailbox.
#pragma once

#include "imap/command/fetch.h"
#include "imap/command/store.h"
#include "store/imap/session.h"
#include "store/store.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pf::store {

class ImapMailbox final : public OpenMailbox {
 public:
  // Takes the session, gives it back with `give_back` when it is closed or destroyed.
  using GiveBack = std::function<void(std::unique_ptr<Session>)>;
  ImapMailbox(std::unique_ptr<Session> session, MailboxInfo mailbox, Access access, GiveBack give_back);
  ~ImapMailbox() override;

  // SELECT, EXAMINE or (Access::append) nothing.
  Task<void> select();
  // The same and the first page of scan(), in one flight where the mailbox is known to be small.
  Task<ScanPage> select_and_scan(ScanFields fields);

  [[nodiscard]] const MailboxStatus& status() const override { return status_; }
  [[nodiscard]] const FlagRules& flag_rules() const override { return rules_; }
  Task<void> refresh() override { return select(); }
  Task<ScanPage> scan(const MessageRef& from, ScanFields fields) override;
  Task<std::vector<MessageMeta>> fetch(const std::vector<MessageRef>& refs, ScanFields fields) override;
  [[nodiscard]] MessageRef first_ref_at(const Position& position) const override;
  Task<std::unique_ptr<MessageStream>> read(std::vector<MessageRef> refs) override;
  Task<std::vector<AppendOutcome>> append(std::span<AppendItem> items) override;
  Task<std::vector<MessageMeta>> change_flags(std::span<const FlagChange> changes) override;
  // One STORE for what is added and one for what is taken away: where a change asks for both, it may be that
  // only the first was done, and the message is named.
  Task<std::vector<MessageRef>> change_flags_unless(std::span<const FlagChange> changes,
                                                    const Checkpoint& since) override;
  Task<Changes> changes_since(const Checkpoint& since) override;
  // With MOVE, or by COPY and UID EXPUNGE: cut in between, the messages are at both places.
  Task<std::vector<std::optional<MessageRef>>> move(const std::vector<MessageRef>& refs,
                                                    const MailboxInfo& to) override;
  Task<void> remove(const std::vector<MessageRef>& refs) override;
  Task<void> close() override;

 private:
  [[nodiscard]] std::string where(std::string_view verb) const;
  [[nodiscard]] imap::Connection& connection() const { return session_->connection(); }
  [[nodiscard]] std::size_t line_budget() const;

  Task<void> run_ok(imap::Command command, std::string_view verb, imap::Handlers handlers = {});
  [[nodiscard]] bool uids_stable() const;
  void take_status(const imap::SelectedMailbox& box);
  asio::awaitable<void> leave_selected();
  Task<void> ask_status_for_validity();
  Task<void> find_uid_next();
  Task<void> find_page_borders(imap::Uid from);
  Task<std::vector<MessageMeta>> fetch_uids(imap::UidSet uids, ScanFields fields);
  // `handlers` must pass over messages that are not in `uids`.
  Task<void> fetch_piece(imap::UidSet uids, const imap::command::FetchItems& items, imap::Handlers handlers);
  // imap_changes.cpp
  struct Conditional;
  Task<void> store_unless(imap::UidSet uids, imap::command::StoreMode mode, FlagSet flags, imap::ModSeq since,
                          Conditional& told);
  // imap_move.cpp
  Task<void> move_some(imap::UidSet uids, const MailboxInfo& to, std::map<imap::Uid, imap::Uid>& copies);
  Task<imap::Tagged> copy_or_move(imap::CommandKind kind, const imap::UidSet& uids, const MailboxInfo& to,
                                  imap::Handlers handlers);
  Task<void> expunge(const imap::UidSet& uids);

  std::unique_ptr<Session> session_;
  MailboxInfo mailbox_;
  Access access_;
  GiveBack give_back_;
  MailboxStatus status_;
  FlagRules rules_;
  std::vector<imap::Uid> borders_;  // first uid of each page of scan(), then one past the last message
};

}  // namespace pf::store
