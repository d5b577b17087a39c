// What a MemoryStore shares with the mailboxes and streams it hands out.
#pragma once

#include "async/event.h"
#include "store/memory/memory_server.h"

#include <memory>
#include <string>
#include <string_view>

namespace pf::store {

struct MemorySession {
  explicit MemorySession(std::shared_ptr<MemoryServer> at) : server(std::move(at)) {}

  std::shared_ptr<MemoryServer> server;
  bool connected = false;
  bool aborted = false;
  std::size_t open = 0;  // OpenMailbox objects
  Event freed;
  Store::Traffic traffic;
  std::function<void(const Error&)> on_throttled;  // of the store, while there is one
  void tell_if_throttled(const Error& error) const {
    if (on_throttled && error.code == Errc::throttled) on_throttled(error);
  }

  // Around every call: passes through the loop, so that others run in between, and asks the server's faults.
  Task<void> before(Op op, std::string mailbox);
  [[nodiscard]] Status after(Op op, std::string_view mailbox);
};

// "scan of INBOX"
std::string place(Op op, std::string_view mailbox);
Error connection_lost(Op op, std::string_view mailbox);
Error no_such_mailbox(Op op, std::string_view mailbox);

}  // namespace pf::store
