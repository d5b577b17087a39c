// One connection to an IMAP server: a reader coroutine that never waits for a writer, and commands that any
// number of coroutines may run side by side.  Which may be in flight together is the table in
// session/pipeline_rules.h; commands submitted in the same turn of the loop leave in one write.
//
// Invariants:
//   - Untagged data goes to the oldest command in flight that it can answer, else to on_unsolicited.
//   - An unknown or malformed untagged response is an event, never the end of the connection.
//   - Once something failed, every command, now and later, ends with that Error (scope connection).
//   - After the OK of STARTTLS not one octet may be there that came in clear: fatal.
#pragma once

#include "async/event.h"
#include "base/log.h"
#include "base/secret.h"
#include "imap/grammar/response.h"
#include "imap/session/pipeline_rules.h"
#include "imap/wire/encoder.h"
#include "net/stream.h"
#include "net/wiretap.h"

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pf::imap {

// Takes the bodies of a FETCH as they come, on the reader: of several small ones all that one read has
// brought.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // `uid`: when the server put it before the body; else it comes with the FetchData that ends the message.
  virtual void begin_body(std::optional<Uid> uid, std::uint64_t size) = 0;
  // Points into what was read: valid until all_taken() has returned.
  virtual void body_data(Bytes data) = 0;
  virtual void end_body() = 0;
  // After each read that brought something of a body: nothing more is read before it returns.
  virtual asio::awaitable<void> all_taken() = 0;
};

// Supplies the octets of one literal slot of a command, exactly as many as announced.
class LiteralSource {
 public:
  virtual ~LiteralSource() = default;
  virtual Task<Bytes> next() = 0;  // empty at the end
};

struct Handlers {
  // Untagged data that answers the command.  May move from it.
  std::function<void(Response&)> on_data;
  BodySink* bodies = nullptr;
  std::span<LiteralSource* const> slots;  // as many as the command has
  // AUTHENTICATE: the text after "+ " to the line to send (with CRLF).
  std::function<Result<std::string>(std::string_view)> on_continuation;
};

struct ConnectionOptions {
  std::string label;  // "imaps://joe@example.com#2"
  Duration io_timeout = std::chrono::seconds(60);
  Limits limits;
  std::shared_ptr<net::Wiretap> wiretap;
  Log log;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // Starts reading.  The caller must close() it in the end.
  static asio::awaitable<std::shared_ptr<Connection>> start(std::unique_ptr<net::Stream> stream,
                                                            ConnectionOptions options);
  ~Connection();

  Task<Greeting> greeting();

  // Sends the command and waits for its end.  A tagged NO or BAD is data, not an Error.  Error: the
  // connection is lost (whether the command took effect is unknown), or a literal source failed (which also
  // ends the connection, because a literal that was announced cannot be taken back).
  Task<Tagged> run(Command command, Handlers handlers = {});

  // After a tagged OK of STARTTLS or COMPRESS: goes on over the new stream.  A handshake that is under way is
  // ended by `cancel`, which may be null.
  Task<void> upgrade_tls(net::TlsOptions options, Duration timeout, std::shared_ptr<CancelSignal> cancel);
  Status upgrade_deflate();

  // At once.  `abort`: by RST, so that the peer does not process what it has only buffered.
  void close(bool abort = false);
  // The same in the middle of an answer that is not worth waiting for: whoever comes later shall connect
  // again.
  void drop(std::string_view why);
  void set_abort_on_close() { stream_->set_abort_on_close(); }

  [[nodiscard]] bool usable() const { return !error_.has_value(); }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] bool idle() const { return in_flight_.empty(); }
  // It owes an answer or the rest of one, or does not take what is written.
  [[nodiscard]] bool waits_for_peer() const {
    return writing_ || (!in_flight_.empty() && !in_sink_ && !in_source_);
  }
  // Nothing while the stream is being replaced, and after that failed.
  [[nodiscard]] const net::Stream* stream() const { return stream_.get(); }
  [[nodiscard]] std::uint64_t write_commands() const { return write_commands_; }

  // Data no command claims: EXISTS, EXPUNGE, FETCH of others' changes, OK with codes, ALERT.
  std::function<void(const Response&)> on_unsolicited;
  // Every tagged response, before the command that waits for it goes on.
  std::function<void(const Tagged&, CommandKind)> on_tagged;

 private:
  struct Pending {
    std::string tag;
    CommandKind kind;
    Handlers handlers;
    std::optional<Tagged> tagged;
    std::vector<std::string> continuations;  // texts not yet answered

    // An honest server waits for the answer to one before it sends the next.
    void take(std::string continuation) {
      constexpr std::size_t plenty = 16;
      if (continuations.size() < plenty) continuations.push_back(std::move(continuation));
    }
  };
  using InFlight = std::list<std::shared_ptr<Pending>>;

  Connection(std::unique_ptr<net::Stream> stream, ConnectionOptions options);

  asio::awaitable<void> read_loop();
  bool drain_frames();
  void start_literal(const LiteralStart& literal);
  asio::awaitable<void> wait_for_consumer();
  void dispatch(Frame& frame);
  void dispatch_tagged(Tagged tagged);
  void dispatch_untagged(Response response);
  Pending* streaming_command() const;
  asio::awaitable<void> watch_for_stall();

  asio::awaitable<void> wait_until_allowed(CommandKind kind);
  Task<void> send(Pending& pending, const Command& command);
  Task<void> send_slot(LiteralSource& source, std::uint64_t size);
  Task<void> wait_for_go_ahead(Pending& pending);
  Task<void> answer_continuations(Pending& pending);
  void gather(Bytes piece);
  Task<void> flush();
  Task<void> write(std::span<const Bytes> pieces);
  void fail(Error error);
  void trace(char direction, std::string_view text) const;

  ConnectionOptions options_;
  std::unique_ptr<net::Stream> stream_;
  Framer framer_;
  std::unique_ptr<char[]> read_buffer_;
  std::optional<Greeting> greeting_;
  std::optional<Error> error_;
  std::optional<Error> bye_;
  InFlight in_flight_;
  std::uint64_t next_tag_ = 1;
  std::uint64_t write_commands_ = 0;
  std::uint64_t untagged_responses_ = 0;  // since the last tagged one
  std::uint64_t untagged_octets_ = 0;
  std::string out_;              // text of commands not yet written
  std::vector<Bytes> gathered_;  // of the command with literals that is being sent; follows out_
  std::size_t gathered_bytes_ = 0;
  AsyncMutex submit_;  // the order of commands
  AsyncMutex write_;   // one write at a time
  Event changed_;      // a tag, a continuation, the greeting or an error arrived
  Event resume_reading_;
  BodySink* sink_ = nullptr;    // of the literal being received
  BodySink* filled_ = nullptr;  // got something of what was read last
  bool hold_reading_ = false;   // the stream is being replaced
  bool in_sink_ = false;        // the reader waits for the consumer of bodies
  bool in_source_ = false;      // a command waits for the source of a literal
  bool writing_ = false;        // the stream has not taken all of a write
};

// Sends it behind what was sent before; nobody hears of its answer.
asio::awaitable<void> send_unawaited(std::shared_ptr<Connection> connection, Command command);

}  // namespace pf::imap
