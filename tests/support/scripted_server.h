// A server that says exactly what a dialogue tells it to, however wrong, and notes what the client really
// sent.
//
// clang-format off
// The dialogue, one step a line:
//   # ...                 a comment
//   S: * OK hello         send the line and CRLF
//   S-raw: abc\r\n\x00    send exactly these octets; \r \n \t \0 \\ \xHH are understood (a literal's bytes, half a
//                         line, a tagged line and more behind it in one packet)
//   S-fill: 1000000 z     send one octet many times
//   C: $1 LOGIN *         the next line the client sends; `$1` to `$9` stand for its tags (the first use takes what
//                         comes, later ones must be equal and are filled in by S: and S-raw:), `*` for any run of
//                         characters, `\*` for a star
//   C-raw: abc\r\n        exactly these octets
//   C-skip: 1000          so many octets, whatever they are
//   C-eof                 the client must close the connection
//   T                     do the server's part of a TLS handshake here (STARTTLS)
//   X                     close the connection (FIN)
//   R                     reset it (RST)
//   W 200                 say nothing for so many milliseconds
//   --- connection 2      the following is for the next connection
// clang-format on
//
// After the last step of a connection the server waits until the client closes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace pf::test {

struct ScriptedServerOptions {
  bool tls = false;                     // from the first octet, on every connection
  std::filesystem::path certificate{};  // PEM; needed for tls and T
  std::filesystem::path key{};
  std::chrono::milliseconds patience = std::chrono::minutes(2);  // for the client's next octet
};

class ScriptedServer {
 public:
  // Throws std::runtime_error for a dialogue it cannot read.
  explicit ScriptedServer(std::string_view dialogue, ScriptedServerOptions options = {});
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

  // Waits for the dialogue to end.  Empty when all went as written; else where and how it did not.
  [[nodiscard]] std::string mismatch();
  // Everything the client sent on its n-th connection (from 1), in clear.  Complete after mismatch().
  [[nodiscard]] std::string received(std::size_t connection = 1) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::uint16_t port_;
};

}  // namespace pf::test
