#include "imap/client/introduce.h"

#include "async/group.h"
#include "imap/command/commands.h"

#include <array>
#include <utility>
#include <vector>

namespace pf::imap {

namespace {

class Introduction {
 public:
  Introduction(LoggedIn& out, const Along& along) : out_(out), along_(along) {}

  // ID, ENABLE, NAMESPACE and what the caller asks along leave in one write.  What an earlier connection was
  // answered is not waited for again: the server takes commands in order, so what follows finds them done.
  Task<void> run() {
    if (out_.known.introduced) {
      if (out_.capabilities.has("ID")) co_await send_unawaited(id_command());
      if (out_.capabilities.has("ENABLE")) co_await send_unawaited(enable_command());
      co_await sleep_for(Duration::zero());
    } else {
      PF_CO_TRYV(co_await introduce_and_listen());
      out_.known.introduced = true;
    }
    out_.condstore = out_.known.condstore;
    out_.qresync = out_.known.qresync;
    out_.wire.utf8 = out_.utf8 = out_.known.utf8;
    co_return Status{};
  }

 private:
  asio::awaitable<void> send_unawaited(Result<Command> command) {
    if (command) co_await imap::send_unawaited(out_.connection, std::move(*command));
  }

  Task<void> introduce_and_listen() {
    TaskGroup group;
    if (out_.capabilities.has("ID")) co_await group.spawn(send_id());
    if (out_.capabilities.has("ENABLE")) co_await group.spawn(enable());
    if (out_.capabilities.has("NAMESPACE") && !out_.known.namespaces) co_await group.spawn(ask_namespace());
    if (may_ask_along()) co_await group.spawn(along_(out_));
    auto done = co_await group.join();
    co_return done;
  }

  [[nodiscard]] bool may_ask_along() const { return along_ && !out_.capabilities.has("UTF8=ONLY"); }

  Result<Command> id_command() const {
    const std::array<command::IdField, 2> fields{command::IdField{"name", "postferry"},
                                                 command::IdField{"version", POSTFERRY_VERSION}};
    return command::id(fields, out_.wire);
  }

  Task<void> send_id() {
    PF_CO_TRY(Command command, id_command());
    Handlers handlers;
    handlers.on_data = [this](Response& r) {
      if (auto* data = std::get_if<IdData>(&r)) out_.known.id = std::move(*data);
    };
    auto tagged = co_await out_.connection->run(std::move(command), std::move(handlers));
    if (!tagged) co_return tagged.error();
    co_return Status{};  // a refusal changes nothing
  }

  // Never UTF8=ACCEPT unless the server insists, never IMAP4rev2: they change names, served octets and
  // APPEND.
  Result<Command> enable_command() const {
    std::vector<std::string_view> wanted;
    if (out_.capabilities.has("QRESYNC")) wanted.push_back("QRESYNC");
    if (asks_for_condstore(out_.capabilities)) wanted.push_back("CONDSTORE");
    if (out_.capabilities.has("UTF8=ONLY")) wanted.push_back("UTF8=ACCEPT");
    if (wanted.empty()) return Error(Errc::unsupported, Scope::connection, Retry::never, "nothing to enable");
    return command::enable(wanted);
  }

  Task<void> enable() {
    auto command = enable_command();
    if (!command) co_return Status{};
    Handlers handlers;
    handlers.on_data = [this](Response& r) {
      const auto* data = std::get_if<EnabledData>(&r);
      if (data == nullptr) return;
      auto& known = out_.known;
      known.qresync = known.qresync || data->has("QRESYNC");
      known.condstore = known.condstore || known.qresync || data->has("CONDSTORE");
      known.utf8 = known.utf8 || data->has("UTF8=ACCEPT");
    };
    auto tagged = co_await out_.connection->run(std::move(*command), std::move(handlers));
    if (!tagged) co_return tagged.error();
    co_return Status{};
  }

  Task<void> ask_namespace() {
    Handlers handlers;
    handlers.on_data = [this](Response& r) {
      if (auto* data = std::get_if<NamespaceData>(&r)) out_.known.namespaces = std::move(*data);
    };
    auto tagged = co_await out_.connection->run(command::namespace_(), std::move(handlers));
    if (!tagged) co_return tagged.error();
    co_return Status{};
  }

  LoggedIn& out_;
  const Along& along_;
};

}  // namespace

bool asks_for_condstore(const Capabilities& capabilities) {
  return capabilities.has("ENABLE") && (capabilities.has("CONDSTORE") || capabilities.has("QRESYNC"));
}

Task<void> introduce(LoggedIn& session, const Along& along) {
  Introduction introduction(session, along);
  auto done = co_await introduction.run();
  co_return done;
}

}  // namespace pf::imap
