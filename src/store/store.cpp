#include "store/store.h"

namespace pf::store {

namespace {

Error lacks(std::string_view what) {
  return {Errc::unsupported, Scope::mailbox, Retry::never,
          std::string("the store cannot ") + std::string(what)};
}

}  // namespace

asio::awaitable<void> MessageStream::more(std::vector<MessageRef> /*refs*/) {
  co_return;
}

Task<std::vector<MessageRef>> OpenMailbox::change_flags_unless(std::span<const FlagChange> /*changes*/,
                                                               const Checkpoint& /*since*/) {
  co_return lacks("change flags conditionally");
}

Task<Changes> OpenMailbox::changes_since(const Checkpoint& /*since*/) {
  co_return lacks("tell what changed");
}

Task<std::vector<std::optional<MessageRef>>> OpenMailbox::move(const std::vector<MessageRef>& /*refs*/,
                                                               const MailboxInfo& /*to*/) {
  co_return lacks("move messages");
}

std::string Store::epoch_text(const Epoch& /*epoch*/) const {
  return {};
}

Task<std::vector<MailboxInfo>> Store::connect_and_list() {
  PF_CO_TRYV(co_await connect());
  auto found = co_await list();
  co_return found;
}

asio::awaitable<void> Store::expect(std::size_t /*open*/) {
  co_return;
}

asio::awaitable<void> Store::farewell() {
  co_return;
}

Task<Store::Opened> Store::open_and_scan(const MailboxInfo& mailbox, Access access, ScanFields fields) {
  Opened out;
  PF_CO_TRY(out.mailbox, co_await open(mailbox, access));
  PF_CO_TRY(out.page, co_await out.mailbox->scan({}, fields));
  co_return out;
}

Task<void> Store::remove(const MailboxInfo& /*mailbox*/) {
  co_return lacks("delete mailboxes");
}

Task<MailboxInfo> Store::rename(const MailboxInfo& /*mailbox*/, const MailboxPath& /*path*/,
                                const std::string& /*id*/) {
  co_return lacks("rename mailboxes");
}

}  // namespace pf::store
