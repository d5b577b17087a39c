#include "support/scripted_server.h"

#include "support/dialogue.h"
#include "support/socket.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace pf::test {

namespace {

struct SslDeleter {
  void operator()(SSL* p) const { SSL_free(p); }
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
};

// For a connection, however long the client has for its octets.
constexpr std::chrono::minutes patience_for_a_connection{2};

// What ends the play of one connection.
struct Mismatch : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Stopped {};

}  // namespace

struct ScriptedServer::Impl {
  ScriptedServerOptions options;
  std::vector<Steps> connections;
  Socket listener = Socket::listen();
  int stop_event = ::eventfd(0, EFD_CLOEXEC);
  std::unique_ptr<SSL_CTX, SslDeleter> tls_context;
  std::thread thread;

  mutable std::mutex mutex;  // guards the three below
  std::condition_variable changed;
  bool ended = false;
  std::string mismatch;
  std::vector<std::string> received;

  // The connection being played; only the thread touches these.
  Socket client;
  std::unique_ptr<SSL, SslDeleter> ssl;
  std::string unread;

  ~Impl() { ::close(stop_event); }

  void prepare_tls();
  void play_all();
  void play(const Steps& steps);
  void perform(const Step& step, Tags& tags);
  void wait_readable(int fd, std::chrono::milliseconds patience, const char* what) const;
  void sleep(std::chrono::milliseconds time) const;
  void start_tls();
  void send(std::string_view bytes);
  bool fill();  // false at the end of the stream
  std::string read_line();
  std::string read_bytes(std::size_t count);
  void expect_end();
};

void ScriptedServer::Impl::prepare_tls() {
  if (options.certificate.empty()) return;
  tls_context.reset(SSL_CTX_new(TLS_server_method()));
  if (SSL_CTX_use_certificate_chain_file(tls_context.get(), options.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls_context.get(), options.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("scripted server: cannot use " + options.certificate.string());
  }
}

void ScriptedServer::Impl::wait_readable(int fd, std::chrono::milliseconds patience, const char* what) const {
  std::array<pollfd, 2> fds{{{fd, POLLIN, 0}, {stop_event, POLLIN, 0}}};
  const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(patience.count()));
  if (fds[1].revents != 0) throw Stopped();
  if (ready == 0) throw Mismatch(std::string("nothing came while waiting for ") + what);
}

void ScriptedServer::Impl::sleep(std::chrono::milliseconds time) const {
  pollfd fd{stop_event, POLLIN, 0};
  if (::poll(&fd, 1, static_cast<int>(time.count())) > 0) throw Stopped();
}

void ScriptedServer::Impl::start_tls() {
  if (!tls_context) throw Mismatch("no certificate was given for TLS");
  if (!unread.empty()) throw Mismatch("the client sent octets in clear before TLS: " + visible(unread));
  ssl.reset(SSL_new(tls_context.get()));
  SSL_set_fd(ssl.get(), client.fd());
  client.set_read_timeout(options.patience);
  if (SSL_accept(ssl.get()) != 1) throw Mismatch("the TLS handshake failed");
}

void ScriptedServer::Impl::send(std::string_view bytes) {
  if (!ssl) {
    client.send_all(bytes);
    return;
  }
  if (!bytes.empty() && SSL_write(ssl.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0) {
    throw Mismatch("cannot send over TLS");
  }
}

bool ScriptedServer::Impl::fill() {
  std::array<char, 65536> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
  std::size_t n = 0;
  if (ssl) {
    if (SSL_pending(ssl.get()) == 0) wait_readable(client.fd(), options.patience, "the client");
    const int got = SSL_read(ssl.get(), chunk.data(), static_cast<int>(chunk.size()));
    n = got > 0 ? static_cast<std::size_t>(got) : 0;
  } else {
    wait_readable(client.fd(), options.patience, "the client");
    n = client.receive(chunk);
  }
  unread.append(chunk.data(), n);
  const std::scoped_lock lock(mutex);
  received.back().append(chunk.data(), n);
  return n > 0;
}

std::string ScriptedServer::Impl::read_line() {
  std::size_t end = 0;
  while ((end = unread.find("\r\n")) == std::string::npos) {
    if (!fill()) throw Mismatch("the client closed the connection after: " + visible(unread));
  }
  auto line = unread.substr(0, end);
  unread.erase(0, end + 2);
  return line;
}

std::string ScriptedServer::Impl::read_bytes(std::size_t count) {
  while (unread.size() < count) {
    if (!fill())
      throw Mismatch(fmt::format("the client closed the connection {} octets early", count - unread.size()));
  }
  auto bytes = unread.substr(0, count);
  unread.erase(0, count);
  return bytes;
}

void ScriptedServer::Impl::expect_end() {
  while (unread.empty()) {
    try {
      if (!fill()) return;
    } catch (const std::system_error&) {  // a reset is an end, too
      return;
    }
  }
  throw Mismatch("expected the end of the connection, got: " + visible(unread));
}

void ScriptedServer::Impl::perform(const Step& step, Tags& tags) {
  switch (step.kind) {
    case Step::Kind::send:
      send(fill_in(step.text, tags));
      break;
    case Step::Kind::send_raw:
      send(step.text);
      break;
    case Step::Kind::expect_line:
      if (const auto line = read_line(); !matches(step.text, line, tags)) {
        throw Mismatch("expected: " + fill_in(step.text, tags) + "\n  got: " + visible(line));
      }
      break;
    case Step::Kind::expect_raw:
      if (const auto bytes = read_bytes(step.text.size()); bytes != step.text) {
        throw Mismatch("expected octets: " + visible(step.text) + "\n  got: " + visible(bytes));
      }
      break;
    case Step::Kind::skip:
      for (auto left = step.count; left > 0;) {
        constexpr std::uint64_t piece = 65536;
        left -= read_bytes(std::min(left, piece)).size();
      }
      break;
    case Step::Kind::expect_end:
      expect_end();
      break;
    case Step::Kind::tls:
      start_tls();
      break;
    case Step::Kind::close:
      ssl.reset();
      client.close();
      break;
    case Step::Kind::reset:
      ssl.reset();
      client.reset();
      break;
    case Step::Kind::wait:
      sleep(std::chrono::milliseconds(step.count));
      break;
  }
}

void ScriptedServer::Impl::play(const Steps& steps) {
  Tags tags;
  unread.clear();
  if (options.tls) start_tls();
  for (const auto& step : steps) {
    try {
      perform(step, tags);
    } catch (const Mismatch& wrong) {
      throw Mismatch(
          fmt::format("connection {}, dialogue line {}: {}", received.size(), step.line, wrong.what()));
    } catch (const std::system_error& lost) {
      throw Mismatch(
          fmt::format("connection {}, dialogue line {}: {}", received.size(), step.line, lost.what()));
    }
    if (!client.open()) return;
  }
  if (steps.empty() || steps.back().kind != Step::Kind::expect_end) expect_end();
}

void ScriptedServer::Impl::play_all() {
  std::string wrong;
  try {
    for (const auto& steps : connections) {
      wait_readable(listener.fd(), patience_for_a_connection, "a connection");
      client = Socket(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC));
      {
        const std::scoped_lock lock(mutex);
        received.emplace_back();
      }
      play(steps);
      ssl.reset();
      client.close();
    }
  } catch (const Stopped&) {
    wrong = "stopped before the dialogue ended";
  } catch (const std::exception& mismatch_found) {
    wrong = mismatch_found.what();
  }
  ssl.reset();
  client.close();
  // Whoever dials again must not wait for a connection nobody will take.
  listener.close();
  const std::scoped_lock lock(mutex);
  mismatch = wrong;
  ended = true;
  changed.notify_all();
}

ScriptedServer::ScriptedServer(std::string_view dialogue, ScriptedServerOptions options)
    : impl_(std::make_unique<Impl>()), port_(impl_->listener.local_port()) {
  impl_->connections = parse_dialogue(dialogue);
  impl_->options = std::move(options);
  impl_->prepare_tls();
  impl_->thread = std::thread([impl = impl_.get()] { impl->play_all(); });
}

ScriptedServer::~ScriptedServer() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(impl_->stop_event, &one, sizeof one);
  impl_->thread.join();
}

std::string ScriptedServer::mismatch() {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [&] { return impl_->ended; });
  return impl_->mismatch;
}

std::string ScriptedServer::received(std::size_t connection) const {
  const std::scoped_lock lock(impl_->mutex);
  return connection <= impl_->received.size() ? impl_->received[connection - 1] : std::string();
}

}  // namespace pf::test
