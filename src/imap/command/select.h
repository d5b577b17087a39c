// SELECT, EXAMINE (RFC 3501 6.3.1, 6.3.2) with CONDSTORE and QRESYNC (RFC 7162 3.1.8, 3.2.5).
#pragma once

#include "base/result.h"
#include "imap/types.h"
#include "imap/uid_set.h"
#include "imap/wire/encoder.h"

#include <optional>
#include <string_view>

namespace pf::imap::command {

struct Qresync {
  UidValidity validity;
  ModSeq modseq;                  // must be > 0
  std::optional<UidSet> known{};  // keep it short: one command line; see UidSet::chunks
};

struct SelectOptions {
  bool condstore = false;
  std::optional<Qresync> qresync{};  // only after ENABLE QRESYNC; wins over condstore
};

Result<Command> select(std::string_view mailbox, const SelectOptions& how, WireOptions options);
Result<Command> examine(std::string_view mailbox, const SelectOptions& how, WireOptions options);

}  // namespace pf::imap::command
