#include "store/archive/layout_store.h"

#include "base/printable.h"
#include "store/archive/errors.h"
#include "store/archive/layout_mailbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pf::store {

namespace {

constexpr std::size_t useful_lanes = 4;

MailboxInfo info_of(const LayoutMailbox& mailbox) {
  MailboxInfo out;
  out.id = mailbox.id;
  out.path = mailbox.path;
  out.special_use = mailbox.special_use;
  out.status = LayoutOpenMailbox::status_of(mailbox);
  return out;
}

const LayoutMailbox* find(const LayoutTree& tree, const std::string& id) {
  const auto at = std::ranges::find(tree.mailboxes, id, &LayoutMailbox::id);
  return at == tree.mailboxes.end() ? nullptr : &*at;
}

Error no_such_mailbox(const LayoutSession& session, const std::string& id) {
  return {Errc::not_found, Scope::mailbox, Retry::never,
          fmt::format("{} has no mailbox {}", session.options.directory.native(), printable(id))};
}

}  // namespace

LayoutStore::LayoutStore(ArchiveOptions options, Layout layout)
    : session_(std::make_shared<LayoutSession>(std::move(options), layout)) {
  features_.parallel = useful_lanes;
}

LayoutStore::~LayoutStore() = default;

std::string LayoutStore::label() const {
  return "archive:" + session_->options.directory.native();
}

std::string LayoutStore::ref_text(const MessageRef& ref) const {
  return std::string(ref.bytes().substr(0, ref.bytes().rfind('-')));
}

const NameRules& LayoutStore::name_rules() const {
  return session_->tree->rules;
}

Task<void> LayoutStore::connect() {
  const auto session = session_;
  PF_CO_TRYV(session->alive());
  struct Seen {
    std::shared_ptr<const os::Directory> root;
    std::shared_ptr<const LayoutTree> tree;
  };
  auto job = [directory = session->options.directory, layout = session->layout,
              log = session->options.log]() -> Result<Seen> {
    auto root = os::Directory::open(directory);
    if (!root) return of_account(std::move(root).error());
    Seen out;
    PF_TRY(auto tree, read_layout(*root, layout, log));
    out.tree = std::make_shared<const LayoutTree>(std::move(tree));
    out.root = std::make_shared<const os::Directory>(*std::move(root));
    return out;
  };
  PF_CO_TRY(auto seen, co_await session->pool->call<Seen>(std::move(job)));
  PF_CO_TRYV(session->alive());
  session->root = std::move(seen.root);
  session->tree = std::move(seen.tree);
  co_return Status{};
}

Task<std::vector<MailboxInfo>> LayoutStore::list() {
  PF_CO_TRYV(session_->alive());
  std::vector<MailboxInfo> out;
  for (const auto& mailbox : session_->tree->mailboxes) out.push_back(info_of(mailbox));
  co_return out;
}

Task<std::vector<Result<MailboxStatus>>> LayoutStore::status(const std::vector<MailboxInfo>& mailboxes) {
  PF_CO_TRYV(session_->alive());
  std::vector<Result<MailboxStatus>> out;
  for (const auto& mailbox : mailboxes) {
    const auto* const found = find(*session_->tree, mailbox.id);
    if (found == nullptr) {
      out.emplace_back(no_such_mailbox(*session_, mailbox.id));
    } else {
      out.emplace_back(LayoutOpenMailbox::status_of(*found));
    }
  }
  co_return out;
}

Task<std::unique_ptr<OpenMailbox>> LayoutStore::open(const MailboxInfo& mailbox, Access access) {
  PF_CO_TRYV(session_->alive());
  if (access != Access::read) co_return session_->read_only();
  const auto* const found = find(*session_->tree, mailbox.id);
  if (found == nullptr) co_return no_such_mailbox(*session_, mailbox.id);
  co_return std::unique_ptr<OpenMailbox>(std::make_unique<LayoutOpenMailbox>(session_, *found));
}

Task<MailboxInfo> LayoutStore::create(const MailboxPath& /*path*/, const std::string& /*id*/,
                                      SpecialUse /*use*/) {
  co_return session_->read_only();
}

Task<void> LayoutStore::subscribe(const MailboxInfo& /*mailbox*/) {
  co_return session_->read_only();
}

Store::Traffic LayoutStore::traffic() const {
  return session_->traffic;
}

Task<void> LayoutStore::close() {
  co_return Status{};
}

void LayoutStore::abort() {
  session_->aborted = true;
}

std::unique_ptr<Store> open_archive_store(ArchiveOptions options) {
  const auto root = os::Directory::open(options.directory);
  const Layout layout = root ? detect_layout(*root) : Layout::none;
  if (layout == Layout::none) return std::make_unique<ArchiveStore>(std::move(options));
  return std::make_unique<LayoutStore>(std::move(options), layout);
}

}  // namespace pf::store
