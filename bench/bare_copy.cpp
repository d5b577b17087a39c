#include "bare_copy.h"

#include "support/socket.h"

#include <fmt/format.h>

#include <chrono>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace pf::bench {

namespace {

// One command at a time; reads by large pieces.
class Connection {
 public:
  explicit Connection(const Place& place) : socket_(test::Socket::connect(place.port)) {
    socket_.set_read_timeout(std::chrono::minutes(5));
    (void)line();
    send(fmt::format("LOGIN {} {}", place.user, place.password));
    finish();
  }

  void send(std::string_view command) {
    socket_.send_all(fmt::format("{} {}\r\n", ++tag_, command));
    expected_ = fmt::format("{} ", tag_);
  }

  // Untagged lines go to `each`, which may take literals.
  template <class F>
  void finish(const F& each) {
    for (;;) {
      const auto text = line();
      if (text.starts_with(expected_)) {
        if (!text.starts_with(expected_ + "OK")) throw std::runtime_error(text);
        return;
      }
      each(text);
    }
  }
  void finish() {
    finish([](const std::string&) {});
  }

  std::string line() {
    std::size_t end = 0;
    while ((end = unread_.find("\r\n", at_)) == std::string::npos) read_more();
    auto text = unread_.substr(at_, end - at_);
    at_ = end + 2;
    return text;
  }
  std::string_view octets(std::size_t count) {
    while (unread_.size() - at_ < count) read_more();
    const auto out = std::string_view(unread_).substr(at_, count);
    at_ += count;
    return out;
  }

 private:
  void read_more() {
    unread_.erase(0, at_);
    at_ = 0;
    const auto before = unread_.size();
    constexpr std::size_t piece = std::size_t{256} << 10;
    unread_.resize(before + piece);
    const auto n = socket_.receive(std::span(unread_).subspan(before));
    unread_.resize(before + n);
    if (n == 0) throw std::runtime_error("the server closed the connection");
  }

  test::Socket socket_;
  std::string unread_;
  std::size_t at_ = 0;
  std::uint64_t tag_ = 0;
  std::string expected_;
};

// What stands between `before` and `after`.
std::string between(const std::string& text, std::string_view before, char after) {
  const auto start = text.find(before);
  if (start == std::string::npos) throw std::runtime_error("no " + std::string(before) + " in: " + text);
  const auto from = start + before.size();
  return text.substr(from, text.find(after, from) - from);
}

std::string without_recent(std::string flags) {
  if (const auto at = flags.find("\\Recent"); at != std::string::npos) flags.erase(at, 7);
  while (flags.ends_with(' ')) flags.pop_back();
  while (flags.starts_with(' ')) flags.erase(0, 1);
  return flags;
}

// The whole mailbox as one APPEND.
std::string fetch_as_append(Connection& from, const std::string& mailbox, Copied& copied) {
  std::string append = "APPEND " + mailbox;
  from.send("EXAMINE " + mailbox);
  bool empty = false;
  from.finish([&](const std::string& text) { empty = empty || text == "* 0 EXISTS"; });
  if (empty) return {};
  from.send("FETCH 1:* (FLAGS INTERNALDATE BODY.PEEK[])");
  from.finish([&](const std::string& text) {
    if (!text.ends_with('}')) return;
    const auto size = static_cast<std::size_t>(std::stoull(text.substr(text.rfind('{') + 1)));
    append += fmt::format(" ({}) \"{}\" {{{}+}}\r\n", without_recent(between(text, "FLAGS (", ')')),
                          between(text, "INTERNALDATE \"", '"'), size);
    append += from.octets(size);
    (void)from.line();
    ++copied.messages;
    copied.bytes += size;
  });
  return append;
}

}  // namespace

Copied bare_copy(const Place& from, const Place& to) {
  Copied copied;
  Connection source(from);
  Connection target(to);
  source.send("LIST \"\" *");
  target.send("LIST \"\" *");
  std::vector<std::string> mailboxes;
  source.finish([&](const std::string& text) { mailboxes.push_back(text.substr(text.rfind(' ') + 1)); });
  target.finish();
  for (const auto& mailbox : mailboxes) {
    const auto append = fetch_as_append(source, mailbox, copied);
    if (mailbox != "INBOX") {
      target.send("CREATE " + mailbox);
      target.finish();
    }
    ++copied.mailboxes;
    if (append.empty()) continue;
    target.send(append);
    target.finish();
  }
  for (auto* connection : {&source, &target}) {
    connection->send("LOGOUT");
    connection->finish();
  }
  return copied;
}

}  // namespace pf::bench
