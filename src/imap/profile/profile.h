// Server quirks as data.  A quirk is a named rule with its evidence; a profile is the set of quirks and
// limits of one kind of server.  Nothing outside this directory names a provider: others ask has(Quirk) or
// read a limit. A profile is a first guess.  Capabilities and what the server does win over it, and a user
// may switch a quirk on or off.
#pragma once

#include "imap/capability.h"
#include "imap/grammar/response.h"

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::imap {

enum class Quirk : std::uint8_t {
  search_untrusted,  // SEARCH is missing, cut short or wrong: enumerate by UID FETCH
  uids_unstable,  // uids may change without a new UIDVALIDITY: no recorded pair without a look at the content
  uid_next_untrusted,       // UIDNEXT runs ahead or is missing
  rewrites_messages,        // what is served is not what was stored: compare by headers
  size_untrusted,           // RFC822.SIZE is not the length of BODY[]
  needs_final_crlf,         // APPEND of a message without a final CRLF is refused
  no_keywords,              // keywords are refused rather than dropped
  drops_flagged_on_append,  // \Flagged given to APPEND is lost; STORE keeps it
  date_zone_lost,           // the zone of an internal date is dropped: the instant is wrong
  date_invalid_possible,    // INTERNALDATE may be no date
  nul_becomes_0x80,         // a stored NUL is served as 0x80
  trailing_cr_dropped,      // one CR before CRLF is dropped at every APPEND
  refuses_nul,
  refuses_bare_newlines,
  refuses_no_header,
  refuses_8bit_header,
  refuses_empty_message,
  empty_append_kills,            // a zero-octet APPEND ends the connection
  refuses_identical_repeats,     // "[LIMIT] Too many identical emails"
  drops_duplicates,              // accepts a second copy, gives a uid and throws it away
  capability_again_after_login,  // the list of the login is not the final one
  id_before_select,              // no SELECT without ID
  labels_are_mailboxes,          // one message shows in several mailboxes; X-GM-LABELS
  case_insensitive_names,
  append_unverified,           // APPEND may say OK and store nothing: verify
  append_uid_untrusted,        // APPENDUID may be swapped or another message's
  uid_expunge_untrusted,       // UID EXPUNGE is refused or ignored
  modseq_untrusted,            // MODSEQ is -1 or nonsense
  ascending_sets_only,         // a descending set is BAD
  gone_uid_hits_neighbour,     // STORE or EXPUNGE of a uid that is gone takes the next message
  partial_fetch_wrong,         // BODY[]<n.m> ends wrong: whole literals only
  list_extended_broken,        // RETURN or special-use selection gives BAD
  examine_lacks_uid_validity,  // ask STATUS or SELECT
  select_kills_locked,         // SELECT of a locked mailbox ends the connection
  no_inferiors,                // a mailbox with messages has no children
  channel_binding_outdated,    // SCRAM-...-PLUS is offered and fails over TLS 1.3
  mailbox_id_untrusted,        // MAILBOXID of STATUS and LIST is rubbish
};
inline constexpr std::size_t quirk_count = static_cast<std::size_t>(Quirk::mailbox_id_untrusted) + 1;

struct QuirkInfo {
  Quirk quirk;
  std::string_view name;         // "search-untrusted", for people
  std::string_view description;  // one line
  std::string_view servers;      // where it was seen
  std::string_view evidence;     // measurement or report
};

// All of them, in the order of the enumeration.
[[nodiscard]] std::span<const QuirkInfo> all_quirks();
[[nodiscard]] const QuirkInfo& info(Quirk quirk);

struct Profile {
  std::string family = "generic";     // stable key: "gmail", "dovecot"; also the key of learned behaviour
  std::string title = "IMAP server";  // for people
  std::bitset<quirk_count> quirks;
  std::size_t max_command_octets = 8000;                      // of one command line, literals not counted
  std::size_t max_connections = 6;                            // for one account, ours all together
  std::size_t max_fetch_uids = 5000;                          // messages asked for in one FETCH
  double appends_per_second = 0;                              // to start with; 0: no limit known
  std::optional<std::uint64_t> append_limit;                  // where APPENDLIMIT is not announced
  std::optional<std::uint64_t> daily_upload, daily_download;  // octets
  std::string forbidden_in_names;           // characters refused in a part of a mailbox name
  std::vector<std::string> skip_mailboxes;  // wire names not copied unless asked for: no mail in them
  std::string object_id_family;             // accounts of one family share object ids; empty: none
  std::string object_id_item;               // FETCH item that gives it: "EMAILID", "X-GM-MSGID"; empty: none

  [[nodiscard]] bool has(Quirk quirk) const { return quirks.test(static_cast<std::size_t>(quirk)); }
  void set(Quirk quirk, bool on = true) { quirks.set(static_cast<std::size_t>(quirk), on); }
};

// By what the server says of itself.  `greeting`: the text of the greeting; `id`: nothing yet, or the answer
// to ID. Call it again when more is known: the last answer wins.
[[nodiscard]] Profile identify(std::string_view greeting, const IdData* id, const Capabilities& capabilities);

}  // namespace pf::imap
