// Connections that break before any mail moves, and those that the server does not grant.
#include "sync/patience.h"

#include "unit/sync/rig.h"

namespace pf::test {
namespace {

// One call of Patience::open to INBOX of a server that refuses it as `fault` says.
Result<void> open_inbox(const store::MemoryOptions::Fault& fault) {
  auto server = std::make_shared<store::MemoryServer>();
  store::MemoryStore store(server);
  state::MemoryJournal journal(std::make_shared<state::MemoryState>(), "a", "b");
  sync::Policy policy;
  policy.timing.backoff_first = policy.timing.backoff_ceiling = std::chrono::milliseconds(1);
  policy.timing.attempts_without_progress = 5;
  const sync::Observer observer = [](const sync::Event&) {};
  const std::atomic<int> stop{0};
  sync::RunContext run(store, store, journal, policy, observer, stop);
  Result<void> result = Error(Errc::unexpected, Scope::run, Retry::never, "did not end");
  auto job = [&]() -> asio::awaitable<void> {
    ignore(co_await store.connect());
    server->options.before = fault;
    sync::Patience patience(run);
    store::MailboxInfo inbox;
    inbox.id = "INBOX";
    auto opened = co_await patience.open(store, inbox, store::Access::read);
    result = opened ? Result<void>() : Result<void>(opened.error());
  };
  asio::io_context loop{1};
  asio::co_spawn(loop, job(), [](const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
  loop.run();
  return result;
}

TEST(PatienceOpen, TriesAgainWhileOnlyTheConnectionIsToBlame) {
  int calls = 0;
  const auto opened = open_inbox([&](const MemoryCall&) -> std::optional<Error> {
    if (++calls == 4) return std::nullopt;
    return connection_cut();
  });
  EXPECT_TRUE(opened);
  EXPECT_EQ(calls, 4);
}

// The caller may hold the very connection that others wait for: it shall let go of it first.
TEST(PatienceOpen, DoesNotWaitForAConnectionTheServerDoesNotGrant) {
  int calls = 0;
  const auto opened = open_inbox([&](const MemoryCall&) -> std::optional<Error> {
    ++calls;
    return Error(Errc::too_many_connections, Scope::connection, Retry::later, "too many");
  });
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::too_many_connections);
  EXPECT_EQ(calls, 1);
}

TEST(PatienceRun, MakingMailboxesMayLoseItsConnections) {
  for (const auto op : {Op::create, Op::subscribe}) {
    for (const bool after : {false, true}) {
      for (const int n : {1, 2, 3}) {
        SCOPED_TRACE(fmt::format("{} {} after {}", store::name(op), n, after));
        Rig rig;
        for (const auto* name : {"Work", "Work/2024", "Lists"}) {
          rig.fill(name, {1, 2});
          rig.from->subscribe(name);
        }
        (after ? rig.to->options.after : rig.to->options.before) = fault_at(op, n, connection_cut());
        const auto sum = rig.copy();
        expect_ok(sum);
        EXPECT_EQ(rig.to->writes().created, 3U);
        EXPECT_EQ(rig.to->writes().subscribed, after && op == Op::subscribe ? 4U : 3U);
        expect_exact(rig);
        rig.to->options.before = rig.to->options.after = nullptr;
        expect_nothing_left(rig);
      }
    }
  }
}

TEST(PatienceRun, AskingForStatusMayLoseItsConnections) {
  for (const bool at_source : {false, true}) {
    for (const int n : {1, 2, 3}) {
      SCOPED_TRACE(fmt::format("{} at source {}", n, at_source));
      Rig rig;
      rig.from->options.list_status = rig.to->options.list_status = false;
      for (const auto* name : {"Work", "Lists"}) {
        rig.fill(name, {1, 2});
        rig.to->create(name);
      }
      bool struck = false;
      auto cut = fault_at(Op::status, n, connection_cut());
      auto& server = at_source ? rig.from : rig.to;
      server->options.before = [&](const MemoryCall& call) {
        auto error = cut(call);
        struck = struck || error;
        return error;
      };
      expect_ok(rig.copy());
      EXPECT_TRUE(struck);
      expect_exact(rig);
      server->options.before = nullptr;
      expect_nothing_left(rig);
    }
  }
}

}  // namespace
}  // namespace pf::test
