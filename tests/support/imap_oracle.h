// The judge: a little IMAP reader that shares no line with the engine.  Plain blocking sockets, for tests
// only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::test {

struct StoredMessage {
  std::uint32_t uid = 0;
  std::set<std::string> flags{};  // lower case, without \recent
  std::int64_t date = 0;          // internal date, seconds since 1970 UTC
  std::string bytes{};
};

struct ToAppend {
  std::string_view bytes;
  std::vector<std::string> flags{};
  std::string date{};  // "17-Jul-1996 02:44:25 -0700"; empty: none is sent
};

struct SelectedState {
  std::uint32_t uidvalidity = 0;
  std::uint32_t uidnext = 0;
  std::uint64_t highestmodseq = 0;  // 0: not told
  std::uint32_t exists = 0;
  std::vector<std::string> permanent_flags;
};

struct ListedMailbox {
  std::string name;  // as on the wire (modified UTF-7)
  std::string separator;
  std::set<std::string> attributes;  // lower case: \noselect
  [[nodiscard]] bool selectable() const {
    return !attributes.contains("\\noselect") && !attributes.contains("\\nonexistent");
  }
};

// Every call throws std::runtime_error on NO, BAD, or a lost connection, quoting the answer.
class ImapOracle {
 public:
  ImapOracle(std::uint16_t port, const std::string& user, const std::string& password);
  ~ImapOracle();
  ImapOracle(const ImapOracle&) = delete;
  ImapOracle& operator=(const ImapOracle&) = delete;

  [[nodiscard]] std::vector<ListedMailbox> list(const std::string& pattern = "*");
  [[nodiscard]] std::vector<std::string> names();  // selectable mailboxes, sorted
  [[nodiscard]] std::vector<std::string> lsub();   // sorted
  void create(const std::string& mailbox);
  void remove(const std::string& mailbox);
  void rename(const std::string& from, const std::string& to);
  void subscribe(const std::string& mailbox);
  void unsubscribe(const std::string& mailbox);

  void append(const std::string& mailbox, const ToAppend& message);
  void append(const std::string& mailbox, std::string_view bytes) {
    append(mailbox, ToAppend{.bytes = bytes});
  }
  // Pipelined; the order is kept.
  void append_all(const std::string& mailbox, std::span<const ToAppend> messages);

  SelectedState select(const std::string& mailbox, bool read_only = false);
  // By EXAMINE; ascending by uid.
  [[nodiscard]] std::vector<StoredMessage> fetch_all(const std::string& mailbox);
  // In the selected mailbox: store("1:*", "+FLAGS", "\\Seen \\Deleted") with uids.
  void store(const std::string& uids, const std::string& what, const std::string& flags);
  void expunge();

  // Any command.  The untagged answers, literals included in place.
  std::vector<std::string> command(const std::string& text);
  // The tagged answer without its tag: "NO [CANNOT] ...".  Never throws for NO and BAD.
  std::string try_command(const std::string& text);
  // As a quoted string.
  [[nodiscard]] static std::string quoted(std::string_view text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Empty when both hold the same multiset of {bytes, flags, date}; else what is missing, extra or different,
// for people.
[[nodiscard]] std::string compare(std::span<const StoredMessage> source,
                                  std::span<const StoredMessage> target);

// Seconds since 1970 of "17-Jul-1996 02:44:25 -0700".  Throws on anything else.
[[nodiscard]] std::int64_t parse_date_time(std::string_view text);

// UTF-8 to the names of the wire (RFC 3501 5.1.3).
[[nodiscard]] std::string modified_utf7(std::string_view utf8);

[[nodiscard]] std::string sha256_hex(std::string_view bytes);

}  // namespace pf::test
