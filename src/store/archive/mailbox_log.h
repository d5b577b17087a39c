// A mailbox as its manifest tells it, in memory.  No input or output.
#pragma once

#include "mail/flag.h"
#include "store/archive/manifest.h"
#include "store/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pf::store {

struct LoggedMessage {
  MessageRecord record;
  std::uint32_t flags = 0;    // which of MailboxLog's sets
  std::uint64_t changed = 0;  // the line that spoke of it last
  bool gone = false;
};

// References of an archive: the message's number, 4 octets big endian.
MessageRef ref_of(std::uint32_t n);
std::uint32_t number_of(const MessageRef& ref);  // 0: none of ours
std::optional<std::uint64_t> lines_of(const Checkpoint& checkpoint);

class MailboxLog {
 public:
  // What a mailbox may hold at most, so that no manifest takes all memory.
  static constexpr std::size_t most_messages = 4'000'000;
  static constexpr std::size_t most_flag_octets = std::size_t{64} << 20;

  // The next line, without its end.  An Error of scope mailbox says what is wrong with it; the line counts
  // nevertheless, and what it says is left out.
  Status apply(std::string_view line);
  // An Error about the last line.
  [[nodiscard]] Status say(std::string_view what) const;

  [[nodiscard]] bool has_header() const { return !header_.epoch.empty(); }
  [[nodiscard]] const MailboxHeader& header() const { return header_; }
  [[nodiscard]] std::uint64_t lines() const { return lines_; }
  [[nodiscard]] std::uint32_t next_number() const { return next_; }
  [[nodiscard]] MailboxStatus status() const;

  // Those that are there, ascending.
  [[nodiscard]] const LoggedMessage* find(std::uint32_t n) const;
  [[nodiscard]] const LoggedMessage* first_from(std::uint32_t n) const;
  [[nodiscard]] const FlagSet& flags(const LoggedMessage& message) const { return flag_sets_[message.flags]; }
  [[nodiscard]] MessageMeta meta(const LoggedMessage& message, ScanFields fields) const;
  [[nodiscard]] Changes changes_since(std::uint64_t lines) const;

  // ---- for writers: the names of files in use
  // The lowest ordinal that is free for a message of this date and digest; taken from now on.
  std::uint32_t take_ordinal(std::int64_t seconds, std::uint64_t prefix);
  // It was not used after all.
  void give_back(const Stem& stem);
  // Files of the messages the last lines take away, and of no other: a writer that was killed there may have
  // left them.
  [[nodiscard]] std::vector<Stem> just_gone();

 private:
  struct Gone {
    std::uint64_t line;
    std::uint32_t n;
    Stem stem;
  };
  struct StemHash {
    std::size_t operator()(const Stem& stem) const noexcept {
      return static_cast<std::size_t>(stem.prefix ^ (static_cast<std::uint64_t>(stem.seconds) << 20) ^
                                      (std::uint64_t{stem.ordinal} << 1));
    }
  };
  struct Names {
    std::unordered_set<Stem, StemHash> used;
    // With the ordinal 0: from where on to look for a free one, so that a thousand twins are no million
    // looks.
    std::unordered_map<Stem, std::uint32_t, StemHash> first_free;
  };

  [[nodiscard]] std::vector<LoggedMessage>::const_iterator place(std::uint32_t n) const;
  Status add(const ManifestLine& line);
  Status change(const ManifestLine& line);
  Result<std::uint32_t> set_of(std::string_view flags);
  void forget_some();
  Names& names();

  ManifestParser parser_;
  MailboxHeader header_;
  std::vector<LoggedMessage> messages_;  // ascending by n; some of them gone
  std::size_t live_ = 0;
  std::uint32_t next_ = 1;
  std::uint64_t lines_ = 0;
  std::vector<Gone> gone_;
  std::vector<FlagSet> flag_sets_;
  std::unordered_map<std::string, std::uint32_t> flag_index_;
  std::size_t flag_octets_ = 0;
  std::optional<Names> names_;  // made when the first writer asks
};

}  // namespace pf::store
