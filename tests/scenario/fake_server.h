// A small IMAP server with its mailboxes in memory and bad manners to choose from, for whole runs, where the
// order of commands over several connections is nobody's business.  Shares no line with the engine.
#pragma once

#include "support/socket.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <vector>

namespace pf::test {

struct FakeManners {
  std::string capabilities = "UIDPLUS LITERAL+";
  bool append_uid = true;
  std::uint32_t told_validity = 0;  // in APPENDUID; 0: the right one
  // What APPEND of this text is answered instead of being stored: "NO [TOOBIG] ..."; empty: it is stored.
  std::function<std::string(std::string_view text)> refuse{};
  // Of a UID FETCH that asks for the body of this uid; "hang up": the connection ends without an answer.
  std::function<std::string(std::uint32_t uid)> refuse_body{};
  bool uid_last = false;        // after the body
  std::size_t most_logins = 0;  // at once; 0: any number
  std::size_t patience = 0;     // NO or BAD in one connection before BYE; 0: for ever
  std::size_t lost_logins = 0;  // so many first ones end without an answer
  // Stored as something else; not stored at all, and answered as if it were.
  std::function<std::string(std::string text)> rewrite{};
  std::function<bool(std::string_view text)> swallow{};
  // The answer, before it leaves.
  std::function<void(const std::string& command, std::string& untagged, std::string& status)> tamper{};
};

struct FakeMessage {
  std::uint32_t uid = 0;
  std::string flags;
  std::string date;
  std::string text;
};

class FakeServer {
 public:
  explicit FakeServer(FakeManners manners = {}) : manners_(std::move(manners)) {
    boxes_["INBOX"];
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~FakeServer() {
    ending_ = true;
    ::shutdown(listener_.fd(), SHUT_RDWR);
    acceptor_.join();
    {
      const std::scoped_lock lock(mutex_);
      for (const auto& client : clients_) ::shutdown(client.fd(), SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

  void add(const std::string& mailbox, std::string text, std::string flags = {}) {
    const std::scoped_lock lock(mutex_);
    store(boxes_[mailbox], std::move(text), std::move(flags), "17-Jul-1996 02:44:25 -0700");
  }
  [[nodiscard]] std::vector<FakeMessage> messages(const std::string& mailbox) const {
    const std::scoped_lock lock(mutex_);
    const auto found = boxes_.find(mailbox);
    return found == boxes_.end() ? std::vector<FakeMessage>{} : found->second.messages;
  }
  [[nodiscard]] bool has(const std::string& mailbox) const {
    const std::scoped_lock lock(mutex_);
    return boxes_.contains(mailbox);
  }
  // All that came, without tags: "UID FETCH 1:2 (UID)".
  [[nodiscard]] std::vector<std::string> commands() const {
    const std::scoped_lock lock(mutex_);
    return commands_;
  }
  // How many began with `verb`.
  [[nodiscard]] std::size_t count(std::string_view verb) const {
    const auto all = commands();
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [&](const auto& command) { return command.starts_with(verb); }));
  }
  [[nodiscard]] std::size_t logins() const { return count("LOGIN"); }

 private:
  struct Box {
    std::uint32_t validity = 4711;
    std::uint32_t next = 1;
    std::vector<FakeMessage> messages;
  };
  struct Client {
    Socket& socket;
    std::string unread{};
    std::string selected{};
    std::size_t errors = 0;
    bool logged_in = false;
  };
  struct Ended {};

  static std::uint32_t store(Box& box, std::string text, std::string flags, std::string date) {
    box.messages.push_back({box.next, std::move(flags), std::move(date), std::move(text)});
    return box.next++;
  }

  void accept_all() {
    while (!ending_) {
      Socket client(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client.open()) continue;
      const std::scoped_lock lock(mutex_);
      clients_.push_back(std::move(client));
      threads_.emplace_back([this, &socket = clients_.back()] { serve(socket); });
    }
  }

  void serve(Socket& socket) {
    Client client{socket};
    try {
      socket.send_all(fmt::format("* OK [CAPABILITY IMAP4rev1 {}] fake\r\n", manners_.capabilities));
      for (;;) one_command(client);
    } catch (const Ended&) {
      hang_up(client);
    } catch (const std::system_error&) {
      hang_up(client);
    }
  }

  void hang_up(Client& client) {
    const std::scoped_lock lock(mutex_);
    if (client.logged_in) --logged_in_;
    ::shutdown(client.socket.fd(), SHUT_RDWR);
  }

  static void fill(Client& client) {
    std::array<char, 65536> chunk{};
    const auto n = client.socket.receive(chunk);
    if (n == 0) throw Ended();
    client.unread.append(chunk.data(), n);
  }
  static std::string take(Client& client, std::size_t n) {
    while (client.unread.size() < n) fill(client);
    auto out = client.unread.substr(0, n);
    client.unread.erase(0, n);
    return out;
  }
  static std::string take_line(Client& client) {
    std::size_t end = 0;
    while ((end = client.unread.find("\r\n")) == std::string::npos) fill(client);
    auto line = take(client, end + 2);
    line.resize(end);
    return line;
  }

  // The command line with its announcements left in, and the literals beside it.
  void one_command(Client& client) {
    std::string line = take_line(client);
    std::vector<std::string> literals;
    std::string more = line;
    while (more.ends_with('}')) {
      const auto brace = more.rfind('{');
      const bool waits = more[more.size() - 2] != '+';
      std::size_t size = 0;
      std::from_chars(more.data() + brace + 1, more.data() + more.size(), size);
      if (waits) client.socket.send_all("+ go\r\n");
      literals.push_back(take(client, size));
      more = take_line(client);
      line += more;
    }
    const auto blank = line.find(' ');
    const std::string tag = line.substr(0, blank);
    const std::string text = line.substr(blank + 1);
    std::string answer;
    bool answered = true;
    {
      const std::scoped_lock lock(mutex_);
      commands_.push_back(text.starts_with("LOGIN") ? "LOGIN" : text);
      std::string untagged;
      std::string status = obey(client, text, literals, untagged);
      if (manners_.tamper) manners_.tamper(text, untagged, status);
      answered = status != "hang up";
      answer = answered ? untagged + tag + " " + status + "\r\n" : untagged;
      if (!status.starts_with("OK")) ++client.errors;
    }
    if (text.starts_with("LOGIN") && logins() <= manners_.lost_logins) throw Ended();
    if (manners_.patience != 0 && client.errors > manners_.patience) {
      client.socket.send_all("* BYE Connection closed. 14\r\n");
      throw Ended();
    }
    client.socket.send_all(answer);
    if (text == "LOGOUT" || !answered) throw Ended();
  }

  // The first quoted string of a command.
  static std::string quoted(const std::string& text) {
    const auto begin = text.find('"');
    return text.substr(begin + 1, text.find('"', begin + 1) - begin - 1);
  }

  std::string obey(Client& client, const std::string& text, const std::vector<std::string>& literals,
                   std::string& untagged) {
    const auto is = [&](std::string_view verb) { return text.starts_with(verb); };
    if (is("LOGIN")) {
      if (manners_.most_logins != 0 && logged_in_ >= manners_.most_logins)
        return "NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded";
      client.logged_in = true;
      ++logged_in_;
      return fmt::format("OK [CAPABILITY IMAP4rev1 {}] in", manners_.capabilities);
    }
    if (is("LIST \"\" \"\"")) return untagged = "* LIST (\\Noselect) \"/\" \"\"\r\n", "OK";
    if (is("LIST") || is("LSUB")) {
      for (const auto& [name, box] : boxes_)
        untagged += fmt::format("* {} () \"/\" \"{}\"\r\n", text.substr(0, 4), name);
      return "OK";
    }
    if (is("LOGOUT")) return untagged = "* BYE\r\n", "OK";
    if (is("NOOP") || is("SUBSCRIBE")) return "OK";
    if (is("CREATE")) return boxes_[quoted(text)], "OK";
    if (is("APPEND")) return append(text, literals);
    if (is("UID FETCH") || is("FETCH")) return fetch(client, text, untagged);
    if (is("STATUS") || is("SELECT") || is("EXAMINE")) return look(client, text, untagged);
    return "BAD unknown command";
  }

  std::string look(Client& client, const std::string& text, std::string& untagged) {
    const auto found = boxes_.find(quoted(text));
    if (found == boxes_.end()) return "NO [NONEXISTENT] no such mailbox";
    const Box& box = found->second;
    if (text.starts_with("STATUS")) {
      untagged = fmt::format("* STATUS \"{}\" (MESSAGES {} UIDNEXT {} UIDVALIDITY {})\r\n", found->first,
                             box.messages.size(), box.next, box.validity);
      return "OK";
    }
    client.selected = found->first;
    untagged = fmt::format(
        "* {} EXISTS\r\n* OK [UIDVALIDITY {}] ok\r\n* OK [UIDNEXT {}] ok\r\n* OK [PERMANENTFLAGS (\\Answered "
        "\\Flagged \\Deleted \\Seen \\Draft \\*)] ok\r\n",
        box.messages.size(), box.validity, box.next);
    return "OK";
  }

  // APPEND "box" (flags) "date" {n}, once or, with MULTIAPPEND, several times.
  std::string append(const std::string& text, const std::vector<std::string>& literals) {
    const auto found = boxes_.find(quoted(text));
    if (found == boxes_.end()) return "NO [TRYCREATE] no such mailbox";
    if (manners_.refuse) {
      for (const auto& literal : literals) {
        if (auto refusal = manners_.refuse(literal); !refusal.empty()) return refusal;
      }
    }
    std::string uids;
    std::size_t at = text.find('"', text.find('"') + 1) + 1;
    for (const auto& literal : literals) {
      const auto open = text.find('(', at);
      const auto close = text.find(')', open);
      const auto brace = text.find('{', close);
      const auto between = text.substr(close, brace - close);
      const auto date =
          between.find('"') == std::string::npos ? "01-Jan-2020 00:00:00 +0000" : quoted(between);
      const bool swallowed = manners_.swallow && manners_.swallow(literal);
      const auto uid = swallowed
                           ? found->second.next
                           : store(found->second, manners_.rewrite ? manners_.rewrite(literal) : literal,
                                   text.substr(open + 1, close - open - 1), date);
      uids += fmt::format("{}{}", uids.empty() ? "" : ",", uid);
      at = brace + 1;
    }
    if (!manners_.append_uid) return "OK stored";
    const auto validity = manners_.told_validity != 0 ? manners_.told_validity : found->second.validity;
    return fmt::format("OK [APPENDUID {} {}] stored", validity, uids);
  }

  static bool contains(std::string_view set, std::uint32_t number) {
    const char* at = set.data();
    const char* const end = at + set.size();
    while (at < end) {
      std::uint32_t low = 0;
      at = std::from_chars(at, end, low).ptr;
      std::uint32_t high = low;
      if (at < end && *at == ':') at = std::from_chars(at + 1, end, high).ptr;
      if (number >= low && number <= high) return true;
      ++at;
    }
    return false;
  }

  std::string fetch(Client& client, const std::string& text, std::string& untagged) {
    const Box& box = boxes_[client.selected];
    const bool by_uid = text.starts_with("UID");
    const auto set_at = text.find("FETCH ") + 6;
    const auto set = text.substr(set_at, text.find(' ', set_at) - set_at);
    const auto wants = [&](std::string_view item) { return text.find(item) != std::string::npos; };
    for (std::size_t i = 0; i < box.messages.size(); ++i) {
      const auto& m = box.messages[i];
      if (!contains(set, by_uid ? m.uid : static_cast<std::uint32_t>(i + 1))) continue;
      std::string items;
      if (wants("BODY.PEEK[]")) {
        if (manners_.refuse_body) {
          if (auto refusal = manners_.refuse_body(m.uid); !refusal.empty()) return refusal;
        }
        items += fmt::format("BODY[] {{{}}}\r\n{} ", m.text.size(), m.text);
      }
      if (wants("HEADER.FIELDS")) {
        const auto header = m.text.substr(0, m.text.find("\r\n\r\n") + 4);
        items += fmt::format("BODY[HEADER.FIELDS (SUBJECT)] {{{}}}\r\n{} ", header.size(), header);
      }
      if (wants("RFC822.SIZE"))
        items +=
            fmt::format("FLAGS ({}) INTERNALDATE \"{}\" RFC822.SIZE {} ", m.flags, m.date, m.text.size());
      else if (wants("FLAGS"))
        items += fmt::format("FLAGS ({}) ", m.flags);
      const auto uid = fmt::format("UID {}", m.uid);
      if (!items.empty()) items.pop_back();
      const auto blank = items.empty() ? "" : " ";
      untagged += manners_.uid_last ? fmt::format("* {} FETCH ({}{}{})\r\n", i + 1, items, blank, uid)
                                    : fmt::format("* {} FETCH ({}{}{})\r\n", i + 1, uid, blank, items);
    }
    return "OK";
  }

  FakeManners manners_;
  Socket listener_ = Socket::listen();
  std::uint16_t port_ = listener_.local_port();
  std::atomic<bool> ending_ = false;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, Box> boxes_;
  std::vector<std::string> commands_;
  std::size_t logged_in_ = 0;
  std::list<Socket> clients_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace pf::test
