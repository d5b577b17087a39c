// The waist: what the engine knows of a place with mailboxes.  IMAP, archive, Maildir and memory stand behind
// it; the engine plans around a feature that is missing and never asks who is there.
//
// Contract for every store (tests/contract checks it):
//   - All calls run on one event loop.  Calls on different OpenMailbox objects may run side by side; calls on
//   one
//     OpenMailbox only where said.
//   - References and text handed out are values; spans are valid until the next call on the same object.
//   - An Error of scope connection means: this OpenMailbox is gone, open it again; the store itself
//   reconnects.
//   - Nothing opened with Access::read changes anything at the store, not even \Seen or \Recent.
#pragma once

#include "async/task.h"
#include "base/bytes.h"
#include "mail/mailbox_name.h"
#include "mail/message_meta.h"
#include "mail/special_use.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::store {

// What a store can do beyond the required.  Asked once the store is connected.
struct Features {
  bool append_refs = false;      // append tells the reference of each message (UIDPLUS)
  bool atomic_batch = false;     // a batch is stored wholly or not at all (MULTIAPPEND)
  bool targeted_remove = false;  // remove() takes exactly the given messages (UIDPLUS)
  bool checkpoints = false;      // MailboxStatus::checkpoint is meaningful, changes_since() works (CONDSTORE)
  bool tells_vanished = false;   // changes_since() also tells what is gone (QRESYNC)
  bool conditional_flags = false;  // change_flags_unless() (STORE UNCHANGEDSINCE)
  bool move = false;               // move() (MOVE, or COPY and UIDPLUS)
  bool move_copies = false;        // move() copies first and removes then: cut off, it leaves both
  bool special_use_create = false;
  bool subscriptions = false;
  std::string object_id_family;  // object ids of equal families may be compared; empty: none
  std::optional<std::uint64_t> max_message_bytes;  // APPENDLIMIT
  std::optional<std::uint64_t> quota_left_bytes;
  // Bodies up to this size may be appended in batches; larger ones go alone so that a refusal costs no
  // upload.
  std::uint64_t batch_message_bytes = std::uint64_t{1} << 20;
  // The store changes what it is given beyond the normal form of sync/content_digest.h, so content proves
  // nothing.
  bool rewrites_messages = false;
  std::size_t parallel =
      1;  // OpenMailbox objects that may usefully be open at once, by the server's own limits
  double appends_per_second = 0;  // that such servers are known to bear; 0: nothing is known
};

struct MailboxStatus {
  Epoch epoch;
  Position position;
  std::uint64_t count = 0;
  Checkpoint checkpoint;  // empty: flag changes cannot be excluded by comparing status
  friend bool operator==(const MailboxStatus&, const MailboxStatus&) = default;
};

struct MailboxInfo {
  std::string id;  // the store's own exact name (IMAP: wire bytes)
  MailboxPath path;
  SpecialUse special_use = SpecialUse::none;
  bool selectable = true;  // false: only a parent (\Noselect, \NonExistent)
  bool subscribed = false;
  bool may_have_children = true;        // false: \Noinferiors
  ObjectId object_id;                   // stays when the mailbox is renamed (MAILBOXID); empty: none told
  std::optional<MailboxStatus> status;  // when the listing brought it along
};

enum class Access : std::uint8_t {
  read,
  write,
  append,  // append() and nothing else: costs no look at the mailbox, status() and flag_rules() say nothing
};

// A message on its way.  Pulled: nobody sends faster than we take.
class MessageSource {
 public:
  virtual ~MessageSource() = default;
  // Exact number of octets that next() will deliver in all.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // The next piece, empty at the end.  Valid until the next call.  Error: the rest cannot be had.
  virtual Task<Bytes> next() = 0;
};

// Messages in the order they arrive, which may differ from the order asked for.
class MessageStream {
 public:
  struct Item {
    MessageRef ref;
    MessageSource* body;  // owned by the stream, valid until the next call of next()
  };
  // Waits for all outstanding work of the store, so that its connection is in step (or closed) afterwards.
  virtual ~MessageStream() = default;
  // Nothing at the end.  What was asked for and never came is gone from the store.  A body that was not read
  // to its end is skipped by the next call.  An Error of scope message concerns only the message named by
  // failed_ref().
  virtual Task<std::optional<Item>> next() = 0;
  [[nodiscard]] virtual MessageRef failed_ref() const { return {}; }
  // Whether more can be asked for while the stream goes on, so that a long line never falls silent between
  // two of them.
  [[nodiscard]] virtual bool takes_more() const { return false; }
  // These come behind the others.  Only where takes_more(), and before the end was reached.
  virtual asio::awaitable<void> more(std::vector<MessageRef> refs);
  // Must be awaited before the stream is destroyed, also after an error.
  virtual Task<void> close() = 0;
};

// Where a message was before, as its store calls things; for a store that keeps a record of it.
struct Origin {
  std::string epoch{};         // Store::epoch_text(); empty: nothing is known, or it would mean nothing
  std::string ref{};           // Store::ref_text()
  std::string_view mailbox{};  // MailboxInfo::id there, valid until append() has returned
};

struct AppendItem {
  FlagSet flags;
  std::optional<InternalDate> date;
  MessageSource* body = nullptr;
  Origin origin{};
};

struct AppendOutcome {
  enum class Kind : std::uint8_t {
    stored,
    refused,        // this message, for the reason in `error`
    batch_refused,  // some message of the batch, nobody knows which: try in smaller batches
  };
  Kind kind = Kind::stored;
  std::optional<MessageRef> ref;  // when stored and the store could tell
  std::optional<Epoch> epoch;     // of `ref`
  std::optional<Error> error;
};

enum class ScanFields : std::uint8_t {
  refs,   // ref only
  flags,  // ref and flags
  basic,  // ref, flags, date, size, object id
  keys,   // basic and key
};

struct ScanPage {
  std::vector<MessageMeta> messages;  // ascending by ref
  bool more = false;
  MessageRef next;  // where to go on: pass as `from`
};

struct FlagChange {
  MessageRef ref;
  FlagSet add;
  FlagSet remove;
};

// From `first` to `last`, both included; there need be nothing at most of them.
struct RefRange {
  MessageRef first, last;
  friend bool operator==(const RefRange&, const RefRange&) = default;
};

// What happened in a mailbox since a checkpoint.
struct Changes {
  std::vector<MessageMeta> changed;  // new, or with other flags: ref and flags, ascending
  // Gone, and perhaps references that nobody ever had: intersect with what is known.  Only with
  // Features::tells_vanished.
  std::vector<RefRange> vanished;
};

class OpenMailbox {
 public:
  virtual ~OpenMailbox() = default;

  // As of opening or the last refresh().
  [[nodiscard]] virtual const MailboxStatus& status() const = 0;
  [[nodiscard]] virtual const FlagRules& flag_rules() const = 0;
  // Asks the store again for count and position.
  virtual Task<void> refresh() = 0;

  // One page of messages with references at or above `from` (empty: from the start), bounded in size.
  // Complete over all pages: nothing that existed when the first page was asked for and still exists at the
  // end is left out.
  virtual Task<ScanPage> scan(const MessageRef& from, ScanFields fields) = 0;
  // Keys or metadata of single messages; those that are gone are left out.
  virtual Task<std::vector<MessageMeta>> fetch(const std::vector<MessageRef>& refs, ScanFields fields) = 0;
  // The lowest reference a message arriving at `position` or later can have.
  [[nodiscard]] virtual MessageRef first_ref_at(const Position& position) const = 0;

  // Bodies.  One stream at a time on one OpenMailbox.
  virtual Task<std::unique_ptr<MessageStream>> read(std::vector<MessageRef> refs) = 0;

  // Appends in order; one outcome an item.  May be called again before an earlier call has ended (the calls
  // are served in order); bodies must stay alive until the call returns.  An Error means that the outcome of
  // all items is unknown.
  virtual Task<std::vector<AppendOutcome>> append(std::span<AppendItem> items) = 0;

  // Applies the changes; returns what each listed message has afterwards where the store tells it.
  virtual Task<std::vector<MessageMeta>> change_flags(std::span<const FlagChange> changes) = 0;
  // The same for all of `changes` but those whose flags have changed after `since`: they stay as they are and
  // are named.  Of a change that adds and takes away, a store may have done the first when somebody else came
  // in between: named, too.  What is gone is not named.  Only with Features::conditional_flags.
  virtual Task<std::vector<MessageRef>> change_flags_unless(std::span<const FlagChange> changes,
                                                            const Checkpoint& since);
  // New and changed messages since `since`, a checkpoint of the same epoch.  Only with Features::checkpoints.
  // The answer may be short where the server has forgotten: compare counts.  Errc::limit or unsupported, of
  // scope mailbox: too much to tell, or nothing is told of this mailbox; scan it.
  virtual Task<Changes> changes_since(const Checkpoint& since);
  // Into another mailbox of this store with flags and date kept; in the order asked, the new reference of
  // each where the store tells it.  What is gone already is not an Error.  Errc::not_found of scope mailbox:
  // there is no such target.  After any other Error each message may be here, there, or (with
  // Features::move_copies) at both places.  Only with Features::move.
  virtual Task<std::vector<std::optional<MessageRef>>> move(const std::vector<MessageRef>& refs,
                                                            const MailboxInfo& to);
  // For good.  Only with Features::targeted_remove.
  virtual Task<void> remove(const std::vector<MessageRef>& refs) = 0;

  // Gives the connection back.  Errors change nothing for the caller.
  virtual Task<void> close() = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // Called whenever the server asks to be asked less: with a refusal (Errc::throttled), besides what the call
  // returns, and where it did what was wanted and asks nevertheless (Gmail's "OK [THROTTLED]").
  std::function<void(const Error&)> on_throttled;

  // "imaps://joe@example.com": for errors and reports.
  [[nodiscard]] virtual std::string label() const = 0;
  // A reference as people know it (IMAP: the uid in decimal).
  [[nodiscard]] virtual std::string ref_text(const MessageRef& ref) const = 0;
  // An epoch as people know it (IMAP: UIDVALIDITY in decimal).  Empty where references mean nothing to
  // anybody else.
  [[nodiscard]] virtual std::string epoch_text(const Epoch& epoch) const;
  // First contact.  Nothing else may be called before it succeeded.
  virtual Task<void> connect() = 0;
  [[nodiscard]] virtual const Features& features() const = 0;
  [[nodiscard]] virtual const NameRules& name_rules() const = 0;

  // Everything in the personal namespace, with status where it costs no extra round trip a mailbox.
  virtual Task<std::vector<MailboxInfo>> list() = 0;
  // connect() and list(), in as few round trips as the store can.
  virtual Task<std::vector<MailboxInfo>> connect_and_list();
  // In the order asked; a mailbox that cannot be asked gives its Error.
  virtual Task<std::vector<Result<MailboxStatus>>> status(const std::vector<MailboxInfo>& mailboxes) = 0;
  // For Access::write also the flag rules are known.  May wait while `parallel` are open.
  virtual Task<std::unique_ptr<OpenMailbox>> open(const MailboxInfo& mailbox, Access access) = 0;
  // So many OpenMailbox objects are about to be open at a time: the store may connect ahead.
  virtual asio::awaitable<void> expect(std::size_t open);
  // open() and the first page of scan(), in as few round trips as the store can.
  struct Opened {
    std::unique_ptr<OpenMailbox> mailbox;
    ScanPage page;
  };
  virtual Task<Opened> open_and_scan(const MailboxInfo& mailbox, Access access, ScanFields fields);
  // `id` by wire_from_path().  Errc::exists when it is there already.
  virtual Task<MailboxInfo> create(const MailboxPath& path, const std::string& id, SpecialUse use) = 0;
  virtual Task<void> subscribe(const MailboxInfo& mailbox) = 0;
  // Everything in it is gone with it: the caller has made sure that it is empty, and has closed it.  Children
  // stay; a store may refuse while there are any (Cyrus), and may leave the name as a parent.  The INBOX is
  // refused.
  virtual Task<void> remove(const MailboxInfo& mailbox);
  // Messages keep their references where the store keeps its epochs.  Children go along, subscriptions need
  // not.  The INBOX is refused.  The caller has closed it and its children.
  virtual Task<MailboxInfo> rename(const MailboxInfo& mailbox, const MailboxPath& path,
                                   const std::string& id);

  struct Traffic {
    std::uint64_t sent = 0, received = 0;  // octets on the wire
    std::uint64_t commands = 0;            // commands sent that could change something
    std::size_t awaited = 0;               // connections on which it is now the server's turn
  };
  [[nodiscard]] virtual Traffic traffic() const { return {}; }
  // Nobody will ask for more than what is being asked now: connections may say goodbye behind it, without
  // waiting for the answer first.  Whoever comes all the same is served.
  virtual asio::awaitable<void> farewell();
  // Ends all connections politely.
  virtual Task<void> close() = 0;
  // At once: everything pending ends with Errc::cancelled, nothing more is sent, later calls fail.
  virtual void abort() = 0;
};

}  // namespace pf::store
