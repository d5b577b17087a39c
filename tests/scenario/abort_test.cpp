// A store that is told to stop while it logs in.
#include "async/group.h"
#include "scenario/play.h"
#include "support/socket.h"

#include <array>
#include <atomic>
#include <sys/socket.h>
#include <system_error>
#include <thread>

namespace pf::test {
namespace {

using Clock = std::chrono::steady_clock;
using Tls = imap::LoginOptions::Tls;

// Says its lines, one for each that it hears, and then nothing more.
class FallsSilent {
 public:
  explicit FallsSilent(std::vector<std::string> says) : says_(std::move(says)) {
    thread_ = std::thread([this] { serve(); });
  }
  ~FallsSilent() {
    ::shutdown(listener_.fd(), SHUT_RDWR);
    thread_.join();
  }
  FallsSilent(const FallsSilent&) = delete;
  FallsSilent& operator=(const FallsSilent&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] bool silent() const { return silent_; }

 private:
  void serve() {
    Socket client(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client.open()) return;
    std::array<char, 4096> chunk{};
    try {
      for (const auto& line : says_) {
        client.send_all(line);
        if (client.receive(chunk) == 0) return;
      }
      silent_ = true;
      while (client.receive(chunk) != 0) {
      }
    } catch (const std::system_error&) {  // reset
    }
  }

  std::vector<std::string> says_;
  Socket listener_ = Socket::listen();
  std::uint16_t port_ = listener_.local_port();
  std::atomic<bool> silent_ = false;
  std::thread thread_;
};

struct Case {
  std::string name;
  Tls tls = Tls::none;
  std::vector<std::string> says;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class Aborted : public ::testing::TestWithParam<Case> {};

TEST_P(Aborted, EndsAtOnce) {
  const FallsSilent server(GetParam().says);
  store::ImapStoreOptions options;
  options.login = joe(server.port());
  options.login.tls = GetParam().tls;
  options.login.trust.host = "127.0.0.1";
  options.login.timeout = std::chrono::minutes(10);
  store::ImapStore store(options);
  Result<std::vector<store::MailboxInfo>> met;
  Clock::time_point told;
  auto meet = [&]() -> Task<void> {
    met = co_await store.connect_and_list();
    co_return Status{};
  };
  auto scene = [&]() -> Task<void> {
    TaskGroup group;
    co_await group.spawn(meet());
    const auto deadline = Clock::now() + std::chrono::minutes(2);
    while (!server.silent() && Clock::now() < deadline) co_await sleep_for(std::chrono::milliseconds(1));
    told = Clock::now();
    store.abort();
    auto ended = co_await group.join();
    co_return ended;
  };
  must(scene());
  EXPECT_TRUE(server.silent());
  EXPECT_LT(Clock::now() - told, std::chrono::minutes(1));  // not the ten minutes of the login
  ASSERT_FALSE(met);
  EXPECT_EQ(met.error().code, Errc::cancelled) << met.error().describe();
  EXPECT_FALSE(run(store.list()));
}

INSTANTIATE_TEST_SUITE_P(
    WhileLoggingIn, Aborted,
    ::testing::Values(Case{"BeforeTheGreeting", Tls::none, {}}, Case{"InTheHandshake", Tls::implicit, {""}},
                      Case{"InTheHandshakeAfterStarttls",
                           Tls::starttls,
                           {"* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n", "A1 OK begin\r\n"}},
                      Case{"BeforeTheAnswerToTheLogin", Tls::none, {"* OK [CAPABILITY IMAP4rev1] hello\r\n"}},
                      Case{"BeforeTheAnswerToTheIntroduction",
                           Tls::none,
                           {"* OK [CAPABILITY IMAP4rev1] hello\r\n",
                            "A1 OK [CAPABILITY IMAP4rev1 NAMESPACE] in\r\n"}}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace pf::test
