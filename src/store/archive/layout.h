// What imapsync_bulk_migrator and its successor left on disk, as mail to be read: which mailboxes, and which
// file is which message.  One reader a layout; the files themselves are read later.  Blocks.
//
// All of it is input: names that lead elsewhere, links, devices, endless files and deep nesting are refused
// or bounded, and what is left out is said to the log.
#pragma once

#include "base/digest.h"
#include "base/log.h"
#include "base/os/directory.h"
#include "mail/flag.h"
#include "mail/internal_date.h"
#include "mail/mailbox_name.h"
#include "mail/message_ref.h"
#include "mail/special_use.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pf::store {

enum class Layout : std::uint8_t {
  none,
  folders,   // <folder>/<ms>-<8 hex digits>.eml, or the newer u<uid>.eml, each with a .json beside it
  provider,  // manifest.jsonl, messages/<id>.eml, metadata/<id>.json
};

struct LayoutMessage {
  std::uint32_t folder = 0;  // which of LayoutTree::folders
  std::uint32_t flags = 0;   // which of LayoutTree::flags
  std::string file;          // in that folder
  MessageRef ref;            // the same in each run, ascending as the files' names are
  std::optional<InternalDate> date;
  std::uint64_t size = 0;
  std::optional<Digest256> sha256;
};

struct LayoutMailbox {
  std::string id;  // as the server listed it
  MailboxPath path;
  SpecialUse special_use = SpecialUse::none;
  std::vector<LayoutMessage> messages;  // ascending by ref
};

struct LayoutTree {
  NameRules rules;
  std::vector<std::string> folders;
  std::vector<FlagSet> flags;
  std::vector<LayoutMailbox> mailboxes;
};

inline constexpr std::size_t layout_json_limit = std::size_t{1} << 20;  // octets of a .json, or of a line
inline constexpr std::size_t layout_most_messages = 4'000'000;

Layout detect_layout(const os::Directory& root);
Result<LayoutTree> read_layout(const os::Directory& root, Layout layout, const Log& log);

// One for each layout.
bool is_folders_layout(const os::Directory& root);
Result<LayoutTree> read_folders_layout(const os::Directory& root, const Log& log);
bool is_provider_layout(const os::Directory& root);
Result<LayoutTree> read_provider_layout(const os::Directory& root, const Log& log);

// ---- for the readers

// Gathers what they find.
class LayoutBuilder {
 public:
  // How the server parted names, when the layout tells.
  void separator(char separator) { separator_ = separator; }
  void mailbox(const std::string& name, SpecialUse use);
  // An Error: there are too many.  `mailbox`: as the server listed it.
  struct Found {
    std::string mailbox, folder, file;
    std::string flags;
    std::string date;
    std::string sha256;  // hexadecimal
    std::uint64_t size = 0;
  };
  Status message(const Found& found);
  LayoutTree finish();

 private:
  std::uint32_t flags_of(const std::string& text);

  struct Box {
    SpecialUse use = SpecialUse::none;
    std::vector<LayoutMessage> messages;
  };
  std::optional<char> separator_;
  LayoutTree tree_;
  std::unordered_map<std::string, Box> boxes_;
  std::unordered_map<std::string, std::uint32_t> flag_index_, folder_index_;
  std::size_t count_ = 0, flag_octets_ = 0;
};

}  // namespace pf::store
