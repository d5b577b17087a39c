// Everything a server can say, as values.  parse_response never fails: what is malformed or new becomes
// Unknown with the reason, because one odd line must not cost a connection.
#pragma once

#include "imap/capability.h"
#include "imap/grammar/response_code.h"
#include "imap/types.h"
#include "imap/uid_set.h"
#include "imap/wire/framer.h"
#include "imap/wire/limits.h"
#include "mail/flag.h"
#include "mail/internal_date.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pf::imap {

enum class StatusKind : std::uint8_t { ok, no, bad, bye, preauth };
[[nodiscard]] std::string_view name(StatusKind kind);  // "OK"

// response-tagged (RFC 3501 9): `status` is ok, no or bad.
struct Tagged {
  std::string tag;
  StatusKind status = StatusKind::ok;
  ResponseCode code;
  std::string text;  // without the code; untrusted
};

// "+ text": go on with the literal, the SASL exchange or IDLE.
struct Continuation {
  std::string text;
};

// resp-cond-state, resp-cond-bye, and the greeting.  Exchange's "* [COPYUID ..]" without OK counts as ok.
struct StatusResponse {
  StatusKind status = StatusKind::ok;
  ResponseCode code;
  std::string text;
};

struct CapabilityData {
  Capabilities capabilities;
};

struct EnabledData {               // RFC 5161; may be empty (Cyrus)
  std::vector<std::string> names;  // upper case
  [[nodiscard]] bool has(std::string_view name) const;
};

// mailbox-list (RFC 3501 7.2.2, 7.2.3, RFC 5258), also Google's XLIST.
struct ListData {
  enum class Kind : std::uint8_t { list, lsub, xlist };
  Kind kind = Kind::list;
  std::vector<std::string> attributes;  // as sent: "\\HasNoChildren", Cyrus says "\\sent"
  char separator = '\0';                // NUL: NIL, a flat name
  std::string name;                     // exact wire octets, unquoted
  std::optional<std::string> old_name;  // OLDNAME (RFC 5465, 9051)
  std::vector<std::string> child_info;  // CHILDINFO: "SUBSCRIBED"
  std::vector<std::pair<std::string, std::string>> extended;  // other extended data: tag, raw text

  [[nodiscard]] bool has(std::string_view attribute) const;  // any case
};

// mailbox-data STATUS (RFC 3501 7.2.4, 7162, 7889, 8438, 8474).  A number that is none (NIL, negative,
// "9.3736e+06" from mail.ru) is absent, as is UIDVALIDITY, UIDNEXT or HIGHESTMODSEQ 0.
struct StatusData {
  std::string mailbox;  // exact wire octets
  std::optional<std::uint32_t> messages;
  std::optional<std::uint32_t> recent;
  std::optional<Uid> uid_next;
  std::optional<UidValidity> uid_validity;
  std::optional<std::uint32_t> unseen;
  std::optional<ModSeq> highest_modseq;
  std::optional<std::uint64_t> size;
  std::optional<std::uint64_t> append_limit;
  std::optional<std::uint64_t> deleted;
  std::optional<std::string> mailbox_id;
};

struct Exists {
  std::uint32_t count = 0;
};
struct Recent {
  std::uint32_t count = 0;
};
struct Expunge {
  SeqNum number;
};
struct Vanished {  // RFC 7162 3.2.10
  bool earlier = false;
  UidSet uids;  // may be 1:4294967295; intersect before use
};

// msg-att (RFC 3501 7.4.2).
struct FetchData {
  struct Section {
    std::string item;     // "BODY", "BINARY", "RFC822", "RFC822.HEADER", "RFC822.TEXT": upper case
    std::string section;  // between the brackets, as sent: "", "HEADER.FIELDS (DATE)"
    std::optional<std::uint64_t> origin;  // "<0>"
    bool nil = false;                     // NIL or nothing at all (Yandex, iCloud): there is no content
    bool streamed = false;                // the octets passed as LiteralData
    std::uint64_t size = 0;
    std::string data;  // empty when streamed
  };

  SeqNum seq;
  std::optional<Uid> uid;
  std::optional<FlagSet> flags;
  bool recent = false;  // \Recent was among them
  std::optional<std::string> internal_date_text;
  std::optional<InternalDate> internal_date;  // absent also for "00-Jan-0000 ..." (Domino)
  std::optional<std::uint64_t> rfc822_size;
  std::optional<ModSeq> modseq;
  std::vector<Section> sections;
  std::optional<std::string> email_id;   // RFC 8474
  std::optional<std::string> thread_id;  // RFC 8474; absent for NIL
  std::optional<std::uint64_t> gm_msgid;
  std::optional<std::uint64_t> gm_thrid;
  std::optional<std::vector<std::string>> gm_labels;  // modified UTF-7 as sent, system labels as "\\Inbox"

  [[nodiscard]] const Section* body() const;  // BODY[] or RFC822: the whole message
};

struct SearchData {                    // RFC 3501 7.2.5, RFC 7162 3.1.5
  std::vector<std::uint32_t> numbers;  // uids after UID SEARCH; server's order
  std::optional<ModSeq> modseq;
  [[nodiscard]] UidSet uids() const;
};

struct EsearchData {  // RFC 4731, RFC 9394 (PARTIAL)
  std::string tag;    // empty: unsolicited
  bool uid = false;   // the numbers are uids
  std::optional<std::uint32_t> min, max;
  std::optional<std::uint64_t> count;
  std::optional<UidSet> all;  // of sequence numbers when !uid; absent when nothing was found
  std::optional<UidSet> partial;
  std::optional<ModSeq> modseq;
};

struct NamespaceData {  // RFC 2342
  struct Entry {
    std::string prefix;     // wire form
    char separator = '\0';  // NUL: NIL
  };
  std::vector<Entry> personal, other_users, shared;  // empty: NIL
};

struct IdData {  // RFC 2971
  std::vector<std::pair<std::string, std::optional<std::string>>> fields;
  [[nodiscard]] std::string_view get(std::string_view key) const;  // any case; empty when absent
};

struct QuotaData {  // RFC 9208, 2087
  struct Resource {
    std::string name;  // upper case: "STORAGE" counts units of 1024 octets
    std::uint64_t usage = 0, limit = 0;
  };
  std::string root;
  std::vector<Resource> resources;
};
struct QuotaRootData {
  std::string mailbox;
  std::vector<std::string> roots;
};

struct FlagsData {  // FLAGS (RFC 3501 7.2.6)
  FlagSet flags;
};

// Malformed, or of an extension nobody asked for.
struct Unknown {
  std::string text;    // the beginning of it
  std::string reason;  // for the log, our words
};

using Response =
    std::variant<Tagged, Continuation, StatusResponse, CapabilityData, EnabledData, ListData, StatusData,
                 Exists, Recent, Expunge, Vanished, FetchData, SearchData, EsearchData, NamespaceData, IdData,
                 QuotaData, QuotaRootData, FlagsData, Unknown>;

Response parse_response(const Frame& frame, const Limits& limits = {});

// At LiteralStart: what the FETCH response said before the literal, which is the last of `sections` (its size
// is set). Nothing when the literal belongs to anything else, a field of ENVELOPE for example.  A uid may
// come later still.
std::optional<FetchData> parse_fetch_so_far(const Frame& partial, const Limits& limits = {});

// The first response of a connection (RFC 3501 7.1.4, 7.1.5): `status` is ok, preauth or bye.  Anything else
// is Errc::protocol: this is no IMAP server.
struct Greeting {
  StatusKind status = StatusKind::ok;
  ResponseCode code;
  std::string text;
};
Result<Greeting> parse_greeting(const Frame& frame, const Limits& limits = {});

}  // namespace pf::imap
