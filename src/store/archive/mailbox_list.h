// The list of an archive's mailboxes (docs/archive-format.md): a folder that was taken away with all that was
// in it is missed by nobody else.  The folders are what counts; this only says which there have to be.
//
//   {"format":"postferry-mailboxes","version":1}    the first line
//   {"epoch":"...","mailbox":"Work/2024"}           there is such a folder; again when it is called otherwise
//   {"epoch":"...","gone":true}                     it was taken away
//
// Each line has its sum, as in a manifest.  Blocks.
#pragma once

#include "base/os/directory.h"
#include "store/archive/line_file.h"
#include "store/archive/manifest_chain.h"
#include "store/archive/names.h"

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::store {

struct ListedMailbox {
  std::string epoch;    // of its folder's manifest
  std::string mailbox;  // MailboxInfo::id
};

class MailboxList {
 public:
  // So that nobody's list takes all memory.
  static constexpr std::uint64_t most_octets = std::uint64_t{64} << 20;
  static constexpr std::size_t most_mailboxes = 400'000;  // those that are gone, too
  // Told of each line that is damaged.
  using Complain = std::function<void(const Error&)>;

  // Errc::exists when there is one.
  static Status make(const os::Directory& root, std::span<const ListedMailbox> mailboxes);
  // Errc::not_found when there is none.  Of a damaged list what makes sense counts.
  static Result<MailboxList> load(const os::Directory& root, const Complain& complain);
  // As make() without mailboxes makes it.
  static bool is_new(const os::Directory& root);

  enum class State : std::uint8_t { unknown, listed, gone };
  [[nodiscard]] State state(const std::string& epoch) const;
  // Empty when it is not listed.
  [[nodiscard]] std::string_view name_of(const std::string& epoch) const;
  [[nodiscard]] std::vector<ListedMailbox> listed() const;
  [[nodiscard]] bool damaged() const { return damaged_; }
  [[nodiscard]] Result<std::uint64_t> torn_octets(const os::Directory& root) const;

  // ---- changes: only for who holds ArchiveLock::writing; all of it or nothing
  // Those that are new, and those that are called otherwise now.
  Status add(const os::Directory& root, std::span<const ListedMailbox> mailboxes);
  Status remove(const os::Directory& root, const std::string& epoch);

  // The next line, without its end; `sound`: its sum is right.  An Error says what is wrong with it.  No
  // input or output.
  Status apply(std::string_view line, bool sound);

 private:
  struct Entry {
    std::string mailbox;
    bool gone = false;
  };

  [[nodiscard]] Status say(std::string_view what) const;
  void take(std::string_view lines, const Complain& complain);
  Status write(const os::Directory& root, std::string_view unsealed);

  std::map<std::string, Entry> entries_;  // by epoch
  std::uint64_t lines_ = 0;
  bool has_header_ = false;
  bool damaged_ = false;
  ManifestChain chain_;
  LineFile file_{list_file, most_octets};
};

}  // namespace pf::store
