// Moving within the account: MOVE (RFC 6851), or COPY and UID EXPUNGE (RFC 4315).
#include "imap/command/commands.h"
#include "store/imap/fetch_items.h"
#include "store/imap/imap_mailbox.h"
#include "store/imap/imap_ref.h"

#include <algorithm>
#include <map>
#include <set>

namespace pf::store {

namespace {

// Messages of one command: what a lost connection leaves in doubt.
constexpr std::size_t messages_at_once = 1000;

// What COPYUID told of the messages asked for.  A server may say it in parts.  What cannot be right is no
// proof of anything: then no reference is known.
class Copies {
 public:
  explicit Copies(const imap::UidSet& asked) : asked_(asked), most_(asked.count()) {}

  void take(const imap::ResponseCode& code) {
    const auto* told = code.get<imap::CopyUid>();
    if (told == nullptr || doubtful_) return;
    doubtful_ = told->source.count() != told->target.count() || told->source.count() > most_ || !add(*told);
    if (doubtful_) found_.clear();
  }

  [[nodiscard]] const std::map<imap::Uid, imap::Uid>& found() const { return found_; }

 private:
  bool add(const imap::CopyUid& told) {
    const auto sources = told.source.uids();
    const auto targets = told.target.uids();
    auto target = targets.begin();
    for (const auto source : sources) {
      if (!asked_.contains(source) || !found_.emplace(source, *target).second || !new_.insert(*target).second)
        return false;
      ++target;
    }
    return true;
  }

  const imap::UidSet& asked_;
  std::uint64_t most_;
  std::map<imap::Uid, imap::Uid> found_;
  std::set<imap::Uid> new_;
  bool doubtful_ = false;
};

}  // namespace

// Twice when the server says that some are gone which we still counted on (RFC 5530): NOOP tells us of them,
// and what was moved already is not there any more.
Task<imap::Tagged> ImapMailbox::copy_or_move(imap::CommandKind kind, const imap::UidSet& uids,
                                             const MailboxInfo& to, imap::Handlers handlers) {
  const bool moving = kind == imap::CommandKind::uid_move;
  const auto build = [&] {
    return moving ? imap::command::uid_move(uids, to.id, session_->wire())
                  : imap::command::uid_copy(uids, to.id, session_->wire());
  };
  const std::string what =
      where(moving ? "UID MOVE from" : "UID COPY from") + " to " + printable(to.path.display());
  for (bool again = true;; again = false) {
    auto command = build();
    if (!command) co_return Error(command.error()).at(what);
    PF_CO_TRY(imap::Tagged tagged, co_await connection().run(std::move(*command), handlers));
    auto error = refusal(tagged, kind, what);
    if (!error) co_return tagged;
    if (!again || !tagged.code.is(imap::Code::expunge_issued)) co_return *error;
    PF_CO_TRYV(co_await run_ok(imap::command::noop(), "NOOP in"));
  }
}

Task<void> ImapMailbox::move_some(imap::UidSet uids, const MailboxInfo& to,
                                  std::map<imap::Uid, imap::Uid>& copies) {
  const bool moving = session_->capabilities().has("MOVE");
  const auto kind = moving ? imap::CommandKind::uid_move : imap::CommandKind::uid_copy;
  Copies told(uids);
  imap::Handlers handlers;
  handlers.on_data = [&told](imap::Response& r) {
    if (const auto* status = std::get_if<imap::StatusResponse>(&r)) told.take(status->code);
  };
  PF_CO_TRY(const imap::Tagged tagged, co_await copy_or_move(kind, uids, to, std::move(handlers)));
  told.take(tagged.code);
  copies.insert(told.found().begin(), told.found().end());
  if (moving) co_return Status{};
  // Only what is known to be there twice, where that is known.
  imap::UidSet copied;
  for (const auto& [source, target] : told.found()) copied.add(source);
  const imap::UidSet& done = copied.empty() ? uids : copied;
  PF_CO_TRYV(co_await expunge(done));
  co_return Status{};
}

Task<std::vector<std::optional<MessageRef>>> ImapMailbox::move(const std::vector<MessageRef>& refs,
                                                               const MailboxInfo& to) {
  const bool marks = !session_->capabilities().has("MOVE");
  if (marks && rules_.known && !rules_.permanent.has(SystemFlag::deleted)) {
    // Found out after the copy, it would leave everything twice.
    co_return Error(Errc::permission, Scope::mailbox, Retry::never,
                    where("moving from") + ": messages cannot be deleted there");
  }
  const std::size_t most = std::min<std::uint64_t>(
      messages_at_once,
      std::max<std::uint64_t>(1, session_->capabilities().message_limit().value_or(messages_at_once)));
  std::map<imap::Uid, imap::Uid> copies;
  for (std::size_t at = 0; at < refs.size(); at += most) {
    const auto end = std::min(refs.size(), at + most);
    const std::vector<MessageRef> part(refs.begin() + static_cast<std::ptrdiff_t>(at),
                                       refs.begin() + static_cast<std::ptrdiff_t>(end));
    for (auto& piece : to_uids(part).split(line_budget()))
      PF_CO_TRYV(co_await move_some(std::move(piece), to, copies));
  }
  std::vector<std::optional<MessageRef>> out(refs.size());
  if (session_->profile().has(imap::Quirk::append_uid_untrusted)) co_return out;
  for (std::size_t i = 0; i < refs.size(); ++i) {
    if (const auto found = copies.find(to_uid(refs[i])); found != copies.end())
      out[i] = to_ref(found->second);
  }
  co_return out;
}

}  // namespace pf::store
