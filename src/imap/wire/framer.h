// Splits what a server sends into responses before any grammar looks at them, so that literal octets can
// never be taken for a response, whatever they look like, and a malformed response costs only itself. RFC
// 3501 2.2.2, 4.3 (literal), RFC 3516 (literal8), RFC 7888 ({n+}, which no server should send).
//
//   framer.feed(octets read);
//   for (;;) {
//     PF_TRY(auto event, framer.next());
//     NeedMore: read and feed again.           LiteralStart: framer.stream_literal() if it is a body.
//     LiteralData, LiteralEnd: of a streamed literal.      FrameReady: parse_response(*event.frame).
//   }
//
// Linear in the input.  A line end is found by memchr; the octets of a streamed literal are neither copied
// nor looked at.
//
// Quirks taken on purpose:
//   - a bare LF ends a line (old proxies);
//   - leading zeros in an announcement ("{012}" is 12: RFC 3501 `number` allows them);
//   - a status response (tagged, "+", "* OK|NO|BAD|BYE|PREAUTH") never announces a literal: its text is free,
//   and a server
//     that repeats a mailbox name "x{5}" at the end of it would otherwise swallow the next response.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "imap/wire/limits.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pf::imap {

struct Literal {
  std::string data;  // empty when streamed
  std::uint64_t size = 0;
  bool streamed = false;
  std::size_t begin = 0;  // where in Frame::text its '{' stands
  std::size_t end = 0;    // one past its '}'
};

// One response.  `text` has no line end and keeps each announcement in place, with what followed the literal
// directly behind: "* 1 FETCH (BODY[] {12} UID 7)" plus one Literal.  Literal::begin tells real announcements
// from look-alikes.
struct Frame {
  std::string text;
  std::vector<Literal> literals;
};

struct NeedMore {};
struct LiteralStart {
  std::uint64_t size;
  std::string_view text_so_far;  // up to and with the announcement; valid until the next call
  const Frame* frame;  // the same with the literals so far, this one the last: see parse_fetch_so_far
};
struct LiteralData {
  Bytes data;  // points into the octets fed; never empty
};
struct LiteralEnd {};
struct FrameReady {
  Frame* frame;  // valid until the next call; may be moved from
};
using FrameEvent = std::variant<NeedMore, LiteralStart, LiteralData, LiteralEnd, FrameReady>;

class Framer {
 public:
  explicit Framer(const Limits& limits = {}) : limits_(limits) {}

  // Borrows `data` until next() has said NeedMore; only then feed again.
  void feed(Bytes data) { input_ = data; }

  // Errors (scope connection, and every later call gives the same one): Errc::limit, Errc::protocol ("{-1}").
  Result<FrameEvent> next();

  // Only right after LiteralStart: its octets come as LiteralData, then LiteralEnd.  Otherwise they are kept
  // in the frame and no further event tells of them.
  void stream_literal();

  // Fed octets nobody has looked at yet.  After the tagged OK of STARTTLS there must be none (response
  // injection); after that of COMPRESS they belong to the compressed stream.
  [[nodiscard]] Bytes pending() const { return input_; }
  // Takes pending() away, so that the caller can put them elsewhere.
  Bytes take_pending();
  // No response has been begun.
  [[nodiscard]] bool between_responses() const;

 private:
  enum class State : std::uint8_t { fresh, line, literal_announced, buffering, streaming, ready, failed };

  Result<FrameEvent> step();
  Result<FrameEvent> read_line();
  Result<FrameEvent> end_of_line();
  Result<FrameEvent> announce(std::uint64_t size, std::size_t begin);
  Result<FrameEvent> buffer_literal();
  Result<FrameEvent> stream_data();
  Result<FrameEvent> begin_buffering();
  Status append_text(Bytes piece);
  void clear_frame();

  Limits limits_;
  State state_ = State::fresh;
  Bytes input_;
  Frame frame_;
  std::uint64_t left_ = 0;      // of the literal being received
  std::uint64_t buffered_ = 0;  // octets of buffered literals in frame_
  std::optional<Error> error_;
};

}  // namespace pf::imap
