// An IMAP client that knows its server: one command at a time, everything as expected or an exception.
#pragma once

#include "support/socket.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pf::bench {

struct Place {
  std::uint16_t port = 0;
  std::string user;
  std::string password;
};

// Everything here throws std::runtime_error.
class BareConnection {
 public:
  // Logs in.
  explicit BareConnection(const Place& place);

  void send(std::string_view command);
  // Until the command sent last is done.  Untagged lines go to `each`, which may take literals.
  template <class F>
  void finish(const F& each) {
    for (auto text = line(); !is_end(text); text = line()) each(text);
  }
  void finish() {
    finish([](const std::string&) {});
  }

  // The names of all mailboxes, as they stand in the answers.
  std::vector<std::string> list();

  std::string line();
  // Valid until the next call.
  std::string_view octets(std::size_t count);
  void skip(std::size_t count);

 private:
  void read_more();
  [[nodiscard]] bool is_end(const std::string& text) const;

  test::Socket socket_;
  std::string unread_;
  std::size_t at_ = 0;
  std::uint64_t tag_ = 0;
  std::string expected_;
};

// The size of the literal that `text` ends with.
std::size_t literal_size(std::string_view text);

}  // namespace pf::bench
