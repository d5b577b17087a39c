#include "store/maildir/maildir_mailbox.h"

#include "store/maildir/change.h"
#include "store/maildir/maildir_stream.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace pf::store::maildir {

namespace {

// A message goes to its file by pieces of this size.
constexpr std::size_t spool_octets = std::size_t{512} << 10U;
// What may wait in memory of one call of append().
constexpr std::size_t batch_octets = std::size_t{1} << 20U;

FlagRules rules_of(const Keywords& keywords) {
  FlagRules rules;
  rules.permanent = FlagSet::parse("\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded");
  for (const auto& keyword : keywords.all()) rules.permanent.add(keyword);
  rules.new_keywords = !keywords.full();
  rules.known = true;
  return rules;
}

struct Entered {
  View view;
  std::uint64_t latest = 0;
};

}  // namespace

MaildirMailbox::MaildirMailbox(std::shared_ptr<Session> session, MailboxInfo mailbox, Access access)
    : session_(std::move(session)), mailbox_(std::move(mailbox)), access_(access) {
  ++session_->open;
}

MaildirMailbox::~MaildirMailbox() {
  give_back();
}

void MaildirMailbox::give_back() {
  if (!std::exchange(holds_place_, false)) return;
  --session_->open;
  session_->freed.notify_all();
}

Error MaildirMailbox::at_mailbox(Error error) const {
  if (error.scope == Scope::mailbox) error.at(printable(mailbox_.path.display()));
  return error;
}

Status MaildirMailbox::allowed(Access wanted) const {
  const bool fits = access_ == Access::write || access_ == wanted;
  if (holds_place_ && fits) return {};
  return Error{Errc::unexpected, Scope::mailbox, Retry::never,
               fmt::format("{} is not open for this", printable(mailbox_.path.display()))};
}

void MaildirMailbox::take(const View& view) {
  view_ = view;
  status_ = view.listing->status(view.keywords);
  rules_ = rules_of(view.keywords);
}

Task<void> MaildirMailbox::enter() {
  auto work = [layout = session_->layout, id = mailbox_.id, access = access_]() -> Result<Entered> {
    auto folder = access == Access::read ? layout->open(id) : layout->open_for_write(id);
    if (!folder) return folder.error();
    Entered out;
    PF_TRY(out.view, look(std::make_shared<const Folder>(*std::move(folder))));
    out.latest = latest_delivery(*out.view.folder, *out.view.listing);
    return out;
  };
  auto entered = co_await on_pool<Entered>(session_, Scope::mailbox, std::move(work));
  if (!entered) co_return at_mailbox(std::move(entered).error());
  latest_ = entered->latest;
  take(entered->view);
  co_return Status{};
}

Task<void> MaildirMailbox::refresh() {
  PF_CO_TRYV(allowed(Access::read));
  auto work = [session = session_, id = mailbox_.id, folder = view_.folder]() -> Result<View> {
    // A mailbox that was made meanwhile, or made again, has other directories.
    if (folder->cur() == nullptr) {
      PF_TRY(auto anew, session->layout->open(id));
      return look(std::make_shared<const Folder>(std::move(anew)));
    }
    return look(folder);
  };
  auto view = co_await on_pool<View>(session_, Scope::mailbox, std::move(work));
  if (!view) co_return at_mailbox(std::move(view).error());
  take(*view);
  co_return Status{};
}

Task<ScanPage> MaildirMailbox::scan(const MessageRef& from, ScanFields fields) {
  PF_CO_TRYV(allowed(Access::read));
  const bool goes_on = !from.empty() && from == next_page_;
  auto work = [view = view_, from, fields, goes_on]() mutable -> Result<Page> {
    if (!goes_on) {
      PF_TRY(view, look(view.folder));
    }
    const std::size_t first = view.listing->lower_bound(from);
    return maildir::scan(std::move(view), first, fields);
  };
  auto done = co_await on_pool<Page>(session_, Scope::mailbox, std::move(work));
  if (!done) co_return at_mailbox(std::move(done).error());
  view_ = std::move(done->view);
  next_page_ = done->page.next;
  co_return std::move(done->page);
}

Task<std::vector<MessageMeta>> MaildirMailbox::fetch(const std::vector<MessageRef>& refs, ScanFields fields) {
  PF_CO_TRYV(allowed(Access::read));
  auto work = [folder = view_.folder, refs, fields] { return maildir::fetch(folder, refs, fields); };
  auto done = co_await on_pool<Fetched>(session_, Scope::mailbox, std::move(work));
  if (!done) co_return at_mailbox(std::move(done).error());
  co_return std::move(done->messages);
}

MessageRef MaildirMailbox::first_ref_at(const Position& position) const {
  return MessageRef(std::string(position.bytes().substr(0, border_at(0).size())));
}

Task<std::unique_ptr<MessageStream>> MaildirMailbox::read(std::vector<MessageRef> refs) {
  PF_CO_TRYV(allowed(Access::read));
  if (std::exchange(streaming_, true))
    co_return Error{Errc::unexpected, Scope::mailbox, Retry::never, "a second stream"};
  co_return std::unique_ptr<MessageStream>(std::make_unique<MaildirStream>(*this, std::move(refs)));
}

Task<Bodies> MaildirMailbox::read_some(std::vector<MessageRef> refs) {
  auto work = [view = view_, refs = std::move(refs)]() mutable {
    return maildir::read_some(std::move(view), refs);
  };
  auto done = co_await on_pool<Bodies>(session_, Scope::mailbox, std::move(work));
  if (!done) co_return at_mailbox(std::move(done).error());
  // Names are newer; a page that is being scanned stays what it was.
  if (next_page_.empty()) view_ = done->view;
  co_return done;
}

Task<std::vector<MessageMeta>> MaildirMailbox::change_flags(std::span<const FlagChange> changes) {
  PF_CO_TRYV(allowed(Access::write));
  ++session_->commands;
  std::vector<FlagChange> wanted(changes.begin(), changes.end());
  auto work = [folder = view_.folder, wanted = std::move(wanted)] {
    return maildir::change_flags(folder, wanted);
  };
  auto done = co_await on_pool<std::vector<MessageMeta>>(session_, Scope::mailbox, std::move(work));
  if (!done) co_return at_mailbox(std::move(done).error());
  co_return done;
}

Task<void> MaildirMailbox::remove(const std::vector<MessageRef>& refs) {
  PF_CO_TRYV(allowed(Access::write));
  ++session_->commands;
  auto work = [folder = view_.folder, refs] { return maildir::remove(folder, refs); };
  auto done = co_await on_pool<void>(session_, Scope::mailbox, std::move(work));
  if (!done) co_return at_mailbox(std::move(done).error());
  co_return done;
}

Task<std::vector<std::optional<MessageRef>>> MaildirMailbox::move(const std::vector<MessageRef>& refs,
                                                                  const MailboxInfo& to) {
  using Moved = std::vector<std::optional<MessageRef>>;
  PF_CO_TRYV(allowed(Access::write));
  ++session_->commands;
  auto work = [layout = session_->layout, folder = view_.folder, refs, id = to.id]() -> Result<Moved> {
    PF_TRY(const auto target, layout->open_for_write(id));
    return maildir::move(folder, refs, target);
  };
  auto done = co_await on_pool<Moved>(session_, Scope::mailbox, std::move(work));
  if (!done) co_return at_mailbox(std::move(done).error());
  co_return done;
}

Task<void> MaildirMailbox::close() {
  if (streaming_)
    co_return Error{Errc::unexpected, Scope::mailbox, Retry::never, "closed with a stream open"};
  give_back();
  co_return Status{};
}

// ---- append

// Belongs to whoever works on it: the loop while octets come in, the pool while they are written.
struct MaildirMailbox::Batch {
  std::shared_ptr<const Folder> folder;
  std::deque<Parcel> parcels;
  std::size_t waiting = 0;  // octets
  std::uint64_t latest = 0;
};

Task<void> MaildirMailbox::spool(const std::shared_ptr<Batch>& batch) {
  auto work = [batch]() -> Status {
    auto& parcels = batch->parcels;
    for (std::size_t i = 0; i + 1 < parcels.size(); ++i) PF_TRYV(parcels[i].finish());
    return parcels.back().write();  // more of it is to come
  };
  batch->waiting = 0;
  auto done = co_await on_pool<void>(session_, Scope::mailbox, std::move(work));
  co_return done;
}

// An Error of scope connection: the body broke off.
Task<void> MaildirMailbox::receive(const std::shared_ptr<Batch>& batch, AppendItem& item) {
  auto& parcel = batch->parcels.emplace_back(batch->folder, item.flags, item.date);
  const auto size = item.body->size();
  std::uint64_t have = 0;
  for (;;) {
    auto piece = co_await item.body->next();
    if (session_->aborted) co_return Session::cancelled();
    if (!piece || have + piece->size() > size) break;
    if (piece->empty()) {
      if (have == size) co_return Status{};
      break;
    }
    parcel.waiting.append(piece->begin(), piece->end());
    have += piece->size();
    batch->waiting += piece->size();
    if (parcel.waiting.size() < spool_octets && batch->waiting < batch_octets) continue;
    PF_CO_TRYV(co_await spool(batch));
  }
  co_return Error{Errc::disconnected, Scope::connection, Retry::now,
                  fmt::format("a message for {} broke off", printable(mailbox_.path.display()))};
}

void MaildirMailbox::tell_lost(const std::vector<std::string>& keywords) {
  if (keywords.empty() || std::exchange(told_lost_, true) || !session_->log) return;
  session_->log(LogLevel::warning,
                fmt::format("{}: a mailbox of a Maildir has {} letters for keywords, all taken; left out: {}",
                            printable(mailbox_.path.display()), Keywords::most,
                            printable(fmt::format("{}", fmt::join(keywords, " ")))));
}

std::vector<AppendOutcome> MaildirMailbox::outcomes(std::vector<Delivered> delivered) const {
  std::vector<AppendOutcome> out(delivered.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].ref = std::move(delivered[i].ref);
    if (out[i].ref) {
      out[i].epoch = only_epoch();
      continue;
    }
    out[i].kind = AppendOutcome::Kind::refused;
    out[i].error = std::move(delivered[i].error);
    const bool full = out[i].error->code == Errc::over_quota;
    out[i].error->scope = full ? Scope::account : Scope::mailbox;
    out[i].error = at_mailbox(*std::move(out[i].error));
  }
  return out;
}

Task<std::vector<AppendOutcome>> MaildirMailbox::append(std::span<AppendItem> items) {
  auto turn = co_await appending_.lock();
  PF_CO_TRYV(allowed(Access::append));
  if (items.empty()) co_return std::vector<AppendOutcome>{};
  ++session_->commands;
  auto batch = std::make_shared<Batch>();
  batch->folder = view_.folder;
  batch->latest = latest_;
  for (auto& item : items) {
    auto received = co_await receive(batch, item);
    if (received) continue;
    auto error = std::move(received).error();
    // The files of the batch go where it may take a while.
    WorkerPool::Work clear = [batch] { batch->parcels.clear(); };
    co_await session_->pool->submit(std::move(clear));
    const bool nothing_came_of_it = error.scope == Scope::account || error.scope == Scope::mailbox;
    if (!nothing_came_of_it) co_return error;
    co_return outcomes(std::vector<Delivered>(items.size(), Delivered{std::nullopt, error}));
  }
  auto work = [batch]() -> Result<Delivery> {
    auto done = deliver(batch->folder, batch->parcels, batch->latest);
    batch->parcels.clear();
    return done;
  };
  auto delivered = co_await on_pool<Delivery>(session_, Scope::mailbox, std::move(work));
  latest_ = std::max(latest_, batch->latest);
  if (!delivered) co_return at_mailbox(std::move(delivered).error());
  tell_lost(delivered->lost_keywords);
  co_return outcomes(std::move(delivered->messages));
}

}  // namespace pf::store::maildir
