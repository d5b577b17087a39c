// Dialogues between the client and a server that says what the test writes down.
//
// In every dialogue of a store `$6` to `$9` are the tags of the login; a test uses `$1` to `$5`.
#pragma once

#include "base/clock.h"
#include "store/imap/imap_ref.h"
#include "store/imap/imap_store.h"
#include "support/run_task.h"
#include "support/scripted_server.h"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pf::test {

// The value, or an exception that fails the test with the reason.
template <class T>
T must(Task<T> task) {
  auto result = run(std::move(task));
  if (!result) throw std::runtime_error(result.error().describe());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// Gives the loop a little real time: a clock that a test has moved is looked at each millisecond.
inline Task<void> look_at_timers() {
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(3));
  co_await timer.async_wait(asio::use_awaitable);
  co_return Status{};
}

// Four of them, by a clock that stands still (base/stopped_clock.h), and what waits for it hears of it.
inline Task<void> hours_pass() {
  for (int i = 0; i < 6; ++i) {
    MonoClock::advance(std::chrono::minutes(40));
    PF_CO_TRYV(co_await look_at_timers());
  }
  co_return Status{};
}

inline imap::LoginOptions joe(std::uint16_t port) {
  imap::LoginOptions options;
  options.label = "joe@scripted";
  options.dial.host = "127.0.0.1";
  options.dial.port = port;
  options.tls = imap::LoginOptions::Tls::none;
  options.user = "joe";
  options.password = Secret("secret");
  options.timeout = std::chrono::minutes(3);
  return options;
}

inline store::MailboxInfo mailbox_named(const std::string& name) {
  store::MailboxInfo mailbox;
  mailbox.id = name;
  mailbox.path = MailboxPath::from_display(name);
  return mailbox;
}

inline MessageRef uid(std::uint32_t number) {
  return store::to_ref(imap::Uid{number});
}
inline std::vector<MessageRef> uids(const std::vector<std::uint32_t>& numbers) {
  std::vector<MessageRef> out;
  for (const auto number : numbers) out.push_back(uid(number));
  return out;
}
inline std::uint32_t number(const MessageRef& ref) {
  return store::to_uid(ref).value();
}

// A message out of memory.
class TextSource final : public store::MessageSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  Task<Bytes> next() override {
    const Bytes all = std::exchange(given_, true) ? Bytes{} : as_bytes(text_);
    co_return all;
  }

 private:
  std::string text_;
  bool given_ = false;
};

// Greeting and login of a server with IMAP4rev1 and `capabilities`, up to where a store is connected.
inline std::string login(std::string_view capabilities = {}) {
  std::string text = fmt::format(
      "S: * OK [CAPABILITY IMAP4rev1 {0}] ready\n"
      "C: $9 LOGIN joe \"secret\"\n"
      "S: $9 OK [CAPABILITY IMAP4rev1 {0}] in\n",
      capabilities);
  if (capabilities.find("QRESYNC") != std::string_view::npos) {
    text += "C: $8 ENABLE QRESYNC CONDSTORE\nS: * ENABLED QRESYNC CONDSTORE\nS: $8 OK enabled\n";
  } else if (capabilities.find("CONDSTORE") != std::string_view::npos) {
    text += "C: $8 ENABLE CONDSTORE\nS: * ENABLED CONDSTORE\nS: $8 OK enabled\n";
  }
  return text;
}
inline std::string separator() {
  return "C: $7 LIST \"\" \"\"\nS: * LIST (\\Noselect) \"/\" \"\"\nS: $7 OK\n";
}

// A store that plays a dialogue.  At the end all must have gone as written.
class StoreScenario : public ::testing::Test {
 protected:
  // `dialogue` begins behind a login to a server that has `capabilities`.
  store::ImapStore& play(std::string_view capabilities, std::string_view dialogue) {
    return play_all(login(capabilities) + separator() + std::string(dialogue));
  }

  // The whole text of the dialogue.
  store::ImapStore& play_all(const std::string& dialogue) {
    server = std::make_unique<ScriptedServer>(dialogue);
    store::ImapStoreOptions options;
    options.login = joe(server->port());
    store = std::make_unique<store::ImapStore>(std::move(options));
    must(store->connect());
    return *store;
  }

  std::unique_ptr<store::OpenMailbox> open(const std::string& name, store::Access access) {
    return must(store->open(mailbox_named(name), access));
  }

  void TearDown() override {
    if (store) store->abort();
    if (server) EXPECT_EQ(server->mismatch(), "");
  }

  std::unique_ptr<ScriptedServer> server;
  std::unique_ptr<store::ImapStore> store;
};

}  // namespace pf::test
