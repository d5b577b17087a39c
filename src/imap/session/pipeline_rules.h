// What may be sent behind what, what may be sent again after a lost connection, and what a command may be
// answered with: a table, so that nobody has to remember it.  RFC 3501 5.5, 2177, 3502, 4978, 7162.
#pragma once

#include "imap/command/kind.h"
#include "imap/grammar/response.h"

#include <cstdint>
#include <optional>
#include <span>

namespace pf::imap {

enum class SessionState : std::uint8_t { not_authenticated, authenticated, selected, logged_out };

enum class AfterLoss : std::uint8_t {
  again,  // reads, or writes that give the same end however often they are done
  probe,  // find out first whether it took effect: APPEND, COPY, MOVE, EXPUNGE, DELETE, RENAME
  never,  // bound to the connection it was sent on
};

// Untagged responses, by kind.
enum class Untagged : std::uint16_t {
  status = 1 << 0,
  capability = 1 << 1,
  enabled = 1 << 2,
  list = 1 << 3,
  mailbox_status = 1 << 4,
  exists = 1 << 5,   // EXISTS, RECENT, FLAGS
  expunge = 1 << 6,  // EXPUNGE, VANISHED
  fetch = 1 << 7,
  search = 1 << 8,
  namespace_ = 1 << 9,
  id = 1 << 10,
  quota = 1 << 11,
  vanished_earlier = 1 << 12,
};

struct PipelineRule {
  CommandKind kind;
  std::uint8_t states;  // bit per SessionState it may be sent in
  bool drains_before;   // nothing else may be in flight when it is sent
  bool barrier;         // nothing may be sent before it has ended
  bool changes_selection;
  bool uses_selection;
  bool by_sequence_number;  // must not meet an EXPUNGE: only FETCH may be in flight beside it
  AfterLoss after_loss;
  bool writes;            // changes something at the server
  std::uint16_t answers;  // Untagged kinds that are its own data; any other is unsolicited
};

[[nodiscard]] const PipelineRule& rule(CommandKind kind);

[[nodiscard]] bool allowed_in(CommandKind kind, SessionState state);
// May `next` be sent while `in_flight` have not ended?  A command with a synchronizing literal must moreover
// be the only one whose "+" is awaited: the writer sees to that by sending segments in order.  A UID FETCH
// may go behind SELECT or EXAMINE: who sends it believes its answer only if that one succeeded.
[[nodiscard]] bool may_send(CommandKind next, std::span<const CommandKind> in_flight);
[[nodiscard]] bool answers(CommandKind kind, Untagged response);
// Of an untagged response; nothing for Tagged, Continuation and Unknown.
[[nodiscard]] std::optional<Untagged> untagged_kind(const Response& response);

}  // namespace pf::imap
