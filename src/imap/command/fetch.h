// FETCH and UID FETCH (RFC 3501 6.4.5, 6.4.8), RFC 7162 (CHANGEDSINCE, VANISHED), RFC 8474, X-GM-EXT-1.
#pragma once

#include "base/result.h"
#include "imap/types.h"
#include "imap/uid_set.h"
#include "imap/wire/encoder.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pf::imap::command {

struct FetchItems {
  bool uid = true;
  bool flags = false;
  bool internal_date = false;
  bool size = false;
  bool modseq = false;    // CONDSTORE
  bool email_id = false;  // OBJECTID
  bool gm_msgid = false;  // X-GM-EXT-1
  bool gm_labels = false;
  bool body = false;  // BODY.PEEK[]: the whole message.  Never RFC822: iCloud answers it without a literal
  std::string header_fields{};  // "MESSAGE-ID DATE": BODY.PEEK[HEADER.FIELDS (...)]
  std::optional<ModSeq> changed_since{};
  bool vanished = false;  // with changed_since, after ENABLE QRESYNC, UID FETCH only
};

// Errc::usage for an empty set or no items.
Result<Command> uid_fetch(const UidSet& uids, const FetchItems& items);
// From `first` to the last message ("42:*").
Result<Command> uid_fetch_from(Uid first, const FetchItems& items);
// By sequence number, both ends; 0 as `last` stands for '*'.
Result<Command> fetch(SeqNum first, SeqNum last, const FetchItems& items);

}  // namespace pf::imap::command
