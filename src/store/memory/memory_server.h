// A mail server in memory: what several MemoryStores look at, as several connections look at one server.
// Tests fill and inspect it directly, and make it misbehave.
#pragma once

#include "base/big_endian.h"
#include "store/store.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pf::store {

// Every call a store makes, as fault hooks see it.
enum class Op : std::uint8_t {
  connect,
  list,
  status,
  open,
  refresh,
  scan,
  fetch,
  read,
  chunk,
  append,
  flags,
  remove,
  create,
  subscribe,
  changes,  // changes_since(); change_flags_unless() is `flags`
  move,
  remove_mailbox,
  rename,
};
std::string_view name(Op op);

struct MemoryCall {
  Op op;
  std::string_view mailbox;  // its id; empty when the call concerns none
  std::uint64_t number = 0;  // of all calls at this server, from 1
};

// What becomes of one APPEND (in a server with atomic_batch: of the whole batch).
enum class AppendFault : std::uint8_t {
  none,
  lose_command,  // not stored, connection error
  lose_answer,   // stored, connection error
  store_late,    // connection error; stored when deliver_late() is called
  drop,          // not stored, answered as stored
};

struct MemoryMessage;

struct MemoryOptions {
  MemoryOptions();  // a capable server: every feature, '/' between names, four connections

  NameRules names;
  Features features;
  FlagRules flag_rules;
  FlagSet dropped_flags;       // taken away without a word, whatever flag_rules say
  std::string forget_in_list;  // a mailbox that list() leaves out although it is there
  bool list_status = true;     // list() brings the status along
  bool mailbox_ids = true;     // MailboxInfo::object_id is told
  std::size_t page_messages = 100;
  std::size_t chunk_bytes = 16384;
  Duration append_takes{};  // from the last octet to when it is stored

  // An Error before: nothing was done; after: it was done, but the caller hears the Error.  Scope connection
  // ends the OpenMailbox that made the call.
  using Fault = std::function<std::optional<Error>(const MemoryCall&)>;
  Fault before, after;
  // The target refuses this message for good.
  std::function<std::optional<Errc>(std::string_view bytes)> refuse;
  std::function<AppendFault(const MemoryCall&)> append_fault;
  // An APPEND is answered with this Error, all octets taken and nothing stored.
  Fault refuse_append;
  // A call that succeeds, and the server asks to go slower nevertheless.
  Fault grumble;
  // A piece of so many octets of an append has arrived.
  std::function<void(std::size_t octets)> received;
  // All octets of an append are here, and it would be stored now.
  std::function<void(std::string_view mailbox, const std::vector<MemoryMessage>& messages)> arrived;
  // What the server makes of a message it is given, as servers do that mend line ends.
  std::function<std::string(std::string bytes)> rewrite;

  // What is told instead of the truth; the mailbox by its id.
  std::function<void(std::string_view mailbox, MailboxStatus& status)> tell_status;
  std::function<void(std::string_view mailbox, std::vector<MessageMeta>& messages)>
      tell_messages;  // of a scan or fetch
  std::function<void(std::string_view mailbox, Changes& changes)> tell_changes;
  std::function<void(std::uint32_t uid, std::string& bytes)> tell_body;
  std::function<void(std::string_view mailbox, std::vector<AppendOutcome>& outcomes)> tell_appended;
};

struct MemoryMessage {
  std::uint32_t uid = 0;
  std::shared_ptr<const std::string> bytes;
  FlagSet flags;
  InternalDate date;
  std::uint64_t changed = 0;  // the mailbox's counter when it came or its flags changed last
};

// References are uids and positions the next uid, both 4 octets big endian, as IMAP has them; an epoch is a
// UIDVALIDITY in 4 octets, a checkpoint a change counter in 8.
struct MemoryMailbox {
  std::string object_id;  // given when it is made, kept when it is renamed
  SpecialUse special_use = SpecialUse::none;
  bool subscribed = false;
  std::uint32_t validity = 0;
  std::uint32_t next_uid = 1;
  std::uint64_t changes = 1;
  std::map<std::uint32_t, MemoryMessage> messages;
  std::map<std::uint32_t, std::uint64_t> gone;  // uid and the counter when it went
};

class MemoryServer {
 public:
  // Has an INBOX.
  explicit MemoryServer(MemoryOptions options = {});

  // May be changed at any time; stores see it at their next call (features and names: at connect()).
  MemoryOptions options;

  // ---- for tests; mailboxes by their path as displayed, all made as needed
  std::uint32_t add(std::string_view path, std::string bytes, std::string_view flags = {},
                    std::optional<InternalDate> date = {});
  [[nodiscard]] std::vector<MemoryMessage> messages(std::string_view path) const;  // ascending by uid
  [[nodiscard]] std::vector<std::string> mailbox_ids() const;
  [[nodiscard]] bool has(std::string_view path) const;
  void create(std::string_view path, SpecialUse use = SpecialUse::none);
  void drop(std::string_view path);  // the mailbox with all its messages
  void rename(std::string_view from, std::string_view to);
  void remove(std::string_view path, std::uint32_t uid);
  void set_flags(std::string_view path, std::uint32_t uid, std::string_view flags);
  void subscribe(std::string_view path);
  void set_validity(std::string_view path, std::uint32_t validity);  // messages keep their uids
  // What AppendFault::store_late held back; how many messages it was.
  std::size_t deliver_late();

  // Changes made through stores; the helpers above do not count.
  struct Writes {
    std::uint64_t appended = 0, flag_changes = 0, removed = 0, moved = 0;  // messages
    std::uint64_t created = 0, subscribed = 0, mailboxes_removed = 0, mailboxes_renamed = 0;
    [[nodiscard]] std::uint64_t total() const {
      return appended + flag_changes + removed + moved + created + subscribed + mailboxes_removed +
             mailboxes_renamed;
    }
  };
  [[nodiscard]] const Writes& writes() const { return writes_; }
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  // Broken rules of the waist, one sentence each: a test of the engine expects none.
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

 private:
  friend class MemoryStore;
  friend struct MemorySession;
  friend class MemoryOpenMailbox;
  friend class MemoryStream;

  struct Late {
    std::string mailbox;
    std::vector<MemoryMessage> messages;  // uids are given when they are stored
  };

  [[nodiscard]] std::string id_of(std::string_view path) const;
  // By id; INBOX in any case, others as the name rules say.
  [[nodiscard]] MemoryMailbox* find(std::string_view id);
  [[nodiscard]] const MemoryMailbox* find(std::string_view id) const {
    return const_cast<MemoryServer*>(this)->find(id);
  }
  [[nodiscard]] bool same_name(std::string_view a, std::string_view b) const;
  MemoryMailbox& make(const std::string& id);
  [[nodiscard]] MailboxStatus status(std::string_view id, const MemoryMailbox& mailbox) const;
  [[nodiscard]] std::uint32_t new_validity();

  MemoryCall note(Op op, std::string_view mailbox) { return {op, mailbox, ++calls_}; }
  // Gives the uid.
  static std::uint32_t store(MemoryMailbox& mailbox, MemoryMessage message);
  // False: no such message.
  static bool expunge(MemoryMailbox& mailbox, std::uint32_t uid);
  static void touch(MemoryMailbox& mailbox, MemoryMessage& message) { message.changed = ++mailbox.changes; }

  std::map<std::string, MemoryMailbox, std::less<>> mailboxes_;
  std::vector<Late> late_;
  Writes writes_;
  std::uint64_t calls_ = 0;
  std::uint32_t next_validity_;
  std::vector<std::string> violations_;
};

// Numbers as the opaque handles of the waist.
MessageRef ref_of_uid(std::uint32_t uid);
// 0 for what is no reference of ours.
std::uint32_t uid_of_ref(const MessageRef& ref);

}  // namespace pf::store
