#include "sync/quarantine.h"

#include "sync/patience.h"

#include <algorithm>

namespace pf::sync {

bool is_quarantine(const MailboxPath& path, const RemovalPolicy& policy) {
  const auto root = MailboxPath::from_display(policy.quarantine).parts;
  return path.parts.size() >= root.size() && std::equal(root.begin(), root.end(), path.parts.begin());
}

void leave_out_quarantine(std::vector<store::MailboxInfo>& mailboxes, const RemovalPolicy& policy) {
  std::erase_if(mailboxes, [&](const auto& m) { return is_quarantine(m.path, policy); });
}

namespace {

Task<store::MailboxInfo> find_or_create(RunContext& run, store::Store& store) {
  const MailboxPath path = MailboxPath::from_display(run.policy.removal.quarantine);
  PF_CO_TRY(auto there, co_await store.list());
  for (auto& mailbox : there) {
    if (mailbox.path == path) co_return std::move(mailbox);
  }
  WireName name = wire_from_path(path, store.name_rules());
  auto made = co_await store.create(path, name.wire, SpecialUse::none);
  if (made || made.error().code != Errc::exists) co_return made;
  store::MailboxInfo info;  // somebody else was quicker
  info.id = std::move(name.wire);
  info.path = path;
  co_return info;
}

}  // namespace

Task<store::MailboxInfo> open_quarantine(RunContext& run, store::Store& store) {
  auto attempt = [&run, &store] { return find_or_create(run, store); };
  auto found = co_await patiently(run, store.label(), attempt);
  co_return found;
}

}  // namespace pf::sync
