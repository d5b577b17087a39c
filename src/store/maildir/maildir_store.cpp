#include "store/maildir/maildir_store.h"

#include "store/maildir/file_name.h"
#include "store/maildir/look.h"
#include "store/maildir/maildir_mailbox.h"
#include "store/maildir/session.h"

namespace pf::store {

using maildir::Layout;
using maildir::on_pool;
using maildir::Session;

namespace {

constexpr std::size_t mailboxes_at_once = 4;

}  // namespace

MaildirStore::MaildirStore(MaildirOptions options)
    : session_(std::make_shared<Session>()),
      directory_(std::move(options.directory)),
      must_exist_(options.must_exist) {
  session_->pool = options.pool ? std::move(options.pool) : std::make_shared<WorkerPool>();
  session_->log = std::move(options.log);
}

MaildirStore::~MaildirStore() = default;

std::string MaildirStore::label() const {
  return "maildir:" + directory_.native();
}

std::string MaildirStore::ref_text(const MessageRef& ref) const {
  return maildir::text_of(ref);
}

Task<void> MaildirStore::connect() {
  auto work = [directory = directory_, must_exist = must_exist_]() -> Result<std::shared_ptr<Layout>> {
    std::error_code unknown;
    if (must_exist && !std::filesystem::exists(directory, unknown)) {
      return Error{Errc::usage, Scope::account, Retry::never,
                   "there is no directory " + printable(directory.native())};
    }
    return Layout::find(directory);
  };
  PF_CO_TRY(session_->layout,
            co_await on_pool<std::shared_ptr<Layout>>(session_, Scope::account, std::move(work)));
  names_ = session_->layout->names();
  features_.append_refs = true;
  features_.targeted_remove = true;
  features_.move = true;
  features_.subscriptions = true;
  features_.parallel = mailboxes_at_once;
  co_return Status{};
}

Task<std::vector<MailboxInfo>> MaildirStore::list() {
  struct Listed {
    std::vector<MailboxInfo> mailboxes;
    std::vector<std::string> notes;
  };
  auto work = [layout = session_->layout]() -> Result<Listed> {
    Listed out;
    PF_TRY(out.mailboxes, layout->list(out.notes));
    return out;
  };
  PF_CO_TRY(auto listed, co_await on_pool<Listed>(session_, Scope::account, std::move(work)));
  for (const auto& note : listed.notes) {
    if (session_->log) session_->log(LogLevel::warning, note);
  }
  co_return std::move(listed.mailboxes);
}

Task<std::vector<Result<MailboxStatus>>> MaildirStore::status(const std::vector<MailboxInfo>& mailboxes) {
  using Told = std::vector<Result<MailboxStatus>>;
  std::vector<std::string> ids;
  for (const auto& mailbox : mailboxes) ids.push_back(mailbox.id);
  auto work = [layout = session_->layout, ids = std::move(ids)]() -> Result<Told> {
    const auto ask = [&](const std::string& id) -> Result<MailboxStatus> {
      PF_TRY(auto folder, layout->open(id));
      PF_TRY(const auto view, maildir::look(std::make_shared<const maildir::Folder>(std::move(folder))));
      return view.listing->status(view.keywords);
    };
    Told out;
    for (const auto& id : ids) {
      out.push_back(ask(id));
      if (!out.back()) out.back().error().scope = Scope::mailbox;
    }
    return out;
  };
  auto told = co_await on_pool<Told>(session_, Scope::account, std::move(work));
  co_return told;
}

Task<std::unique_ptr<OpenMailbox>> MaildirStore::open(const MailboxInfo& mailbox, Access access) {
  const auto session = session_;
  while (session->open >= mailboxes_at_once && !session->aborted) co_await session->freed.wait();
  if (session->aborted) co_return Session::cancelled();
  // Before anything is awaited: the place is ours.
  auto opened = std::make_unique<maildir::MaildirMailbox>(session, mailbox, access);
  PF_CO_TRYV(co_await opened->enter());
  co_return std::unique_ptr<OpenMailbox>(std::move(opened));
}

Task<MailboxInfo> MaildirStore::create(const MailboxPath& path, const std::string& id, SpecialUse /*use*/) {
  ++session_->commands;
  auto work = [layout = session_->layout, id] { return layout->create(id); };
  PF_CO_TRYV(co_await on_pool<void>(session_, Scope::mailbox, std::move(work)));
  MailboxInfo out;
  out.id = id;
  out.path = path;
  co_return out;
}

Task<void> MaildirStore::subscribe(const MailboxInfo& mailbox) {
  ++session_->commands;
  auto work = [layout = session_->layout, id = mailbox.id] { return layout->subscribe(id); };
  auto done = co_await on_pool<void>(session_, Scope::mailbox, std::move(work));
  co_return done;
}

Task<void> MaildirStore::remove(const MailboxInfo& mailbox) {
  ++session_->commands;
  auto work = [layout = session_->layout, id = mailbox.id] { return layout->remove(id); };
  auto done = co_await on_pool<void>(session_, Scope::mailbox, std::move(work));
  co_return done;
}

Task<MailboxInfo> MaildirStore::rename(const MailboxInfo& mailbox, const MailboxPath& path,
                                       const std::string& id) {
  ++session_->commands;
  auto work = [layout = session_->layout, from = mailbox.id, id] { return layout->rename(from, id); };
  PF_CO_TRYV(co_await on_pool<void>(session_, Scope::mailbox, std::move(work)));
  MailboxInfo out = mailbox;
  out.id = id;
  out.path = path;
  co_return out;
}

Store::Traffic MaildirStore::traffic() const {
  Traffic out;
  out.commands = session_->commands;
  return out;
}

Task<void> MaildirStore::close() {
  co_return Status{};
}

void MaildirStore::abort() {
  session_->aborted = true;
  session_->freed.notify_all();
}

}  // namespace pf::store
