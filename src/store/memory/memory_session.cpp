#include "store/memory/memory_session.h"

#include <fmt/format.h>

namespace pf::store {

std::string place(Op op, std::string_view mailbox) {
  return mailbox.empty() ? std::string(name(op)) : fmt::format("{} of {}", name(op), mailbox);
}

Error connection_lost(Op op, std::string_view mailbox) {
  return {Errc::disconnected, Scope::connection, Retry::now, place(op, mailbox)};
}

Error no_such_mailbox(Op op, std::string_view mailbox) {
  return {Errc::not_found, Scope::mailbox, Retry::never, place(op, mailbox)};
}

Task<void> MemorySession::before(Op op, std::string mailbox) {
  co_await sleep_for(Duration::zero());
  if (aborted) co_return Error{Errc::cancelled, Scope::run, Retry::never, place(op, mailbox)};
  if (!connected && op != Op::connect) {
    server->violations_.push_back(place(op, mailbox) + " before connect");
    co_return Error{Errc::unexpected, Scope::run, Retry::never, place(op, mailbox) + " before connect"};
  }
  const auto call = server->note(op, mailbox);
  if (server->options.before) {
    if (auto error = server->options.before(call)) {
      tell_if_throttled(*error);
      co_return *std::move(error);
    }
  }
  co_return Status{};
}

Status MemorySession::after(Op op, std::string_view mailbox) {
  const MemoryCall call{op, mailbox, server->calls_};
  if (server->options.after) {
    if (auto error = server->options.after(call)) {
      tell_if_throttled(*error);
      return *std::move(error);
    }
  }
  if (server->options.grumble) {
    if (const auto error = server->options.grumble(call)) tell_if_throttled(*error);
  }
  return {};
}

}  // namespace pf::store
