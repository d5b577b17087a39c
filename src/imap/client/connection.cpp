#include "imap/client/connection.h"

#include "async/group.h"
#include "base/step.h"
#include "imap/grammar/classify.h"
#include "mail/mailbox_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pf::imap {

namespace {

// One read takes what the kernel has: fewer system calls a megabyte (measured: 256 KiB, above it nothing is
// gained).
constexpr std::size_t read_buffer_size = std::size_t{256} << 10;
// What is to be sent is collected up to this, or to so many pieces, before it is written although more may
// come.
constexpr std::size_t write_at_once = std::size_t{256} << 10;
constexpr std::size_t most_pieces = 60;  // below the 64 asio hands to one sendmsg

}  // namespace

asio::awaitable<std::shared_ptr<Connection>> Connection::start(std::unique_ptr<net::Stream> stream,
                                                               ConnectionOptions options) {
  std::shared_ptr<Connection> connection(new Connection(std::move(stream), std::move(options)));
  co_await spawn_detached(connection->read_loop());
  co_await spawn_detached(connection->watch_for_stall());
  co_return connection;
}

Connection::Connection(std::unique_ptr<net::Stream> stream, ConnectionOptions options)
    : options_(std::move(options)),
      stream_(std::move(stream)),
      framer_(options_.limits),
      read_buffer_(std::make_unique_for_overwrite<char[]>(read_buffer_size)) {}

Connection::~Connection() = default;

void Connection::close(bool abort) {
  if (stream_) stream_->close(abort);
  fail(Error(Errc::cancelled, Scope::connection, Retry::never, options_.label + ": closed"));
}

void Connection::drop(std::string_view why) {
  fail(Error(Errc::disconnected, Scope::connection, Retry::now, fmt::format("{}: {}", options_.label, why)));
}

void Connection::fail(Error error) {
  if (!error_) {
    error.scope = Scope::connection;
    error_ = std::move(error);
  }
  if (stream_) stream_->close();
  hold_reading_ = false;
  changed_.notify_all();
  resume_reading_.notify_all();
}

void Connection::trace(char direction, std::string_view text) const {
  if (options_.wiretap) options_.wiretap->line(options_.label, direction, text);
}

// ---- reading

asio::awaitable<void> Connection::read_loop() {
  auto self = shared_from_this();  // outlives whoever let go of us
  while (!error_) {
    while (hold_reading_) co_await resume_reading_.wait();
    if (error_) break;
    auto got = co_await stream_->read_some({read_buffer_.get(), read_buffer_size});
    if (error_) break;
    if (!got) {
      fail(bye_ ? *bye_ : Error(got.error()).at(options_.label));
      break;
    }
    framer_.feed({read_buffer_.get(), *got});
    const bool more = drain_frames();
    co_await wait_for_consumer();
    if (!more) break;
  }
  sink_ = nullptr;  // its command has ended with our error
}

// False when reading must end.
bool Connection::drain_frames() {
  for (;;) {
    auto next = framer_.next();
    if (!next) {
      fail(Error(next.error()).at(options_.label));
      return false;
    }
    if (std::holds_alternative<NeedMore>(*next)) return true;
    if (const auto* start = std::get_if<LiteralStart>(&*next)) {
      start_literal(*start);
    } else if (const auto* data = std::get_if<LiteralData>(&*next)) {
      filled_ = sink_;
      sink_->body_data(data->data);
    } else if (std::holds_alternative<LiteralEnd>(*next)) {
      std::exchange(sink_, nullptr)->end_body();
    } else {
      dispatch(*std::get<FrameReady>(*next).frame);
    }
    if (error_) return false;
    if (hold_reading_) return true;
  }
}

asio::awaitable<void> Connection::wait_for_consumer() {
  BodySink* const filled = std::exchange(filled_, nullptr);
  if (filled == nullptr) co_return;
  in_sink_ = true;
  co_await filled->all_taken();
  in_sink_ = false;
}

void Connection::start_literal(const LiteralStart& literal) {
  Pending* command = streaming_command();
  if (command == nullptr) return;
  const auto so_far = parse_fetch_so_far(*literal.frame, options_.limits);
  if (!so_far || so_far->body() != &so_far->sections.back()) return;
  const auto uid = so_far->uid;
  const std::uint64_t size = literal.size;
  framer_.stream_literal();
  sink_ = command->handlers.bodies;
  sink_->begin_body(uid, size);
}

Connection::Pending* Connection::streaming_command() const {
  for (const auto& p : in_flight_) {
    if (!p->tagged && answers(p->kind, Untagged::fetch))
      return p->handlers.bodies != nullptr ? p.get() : nullptr;
  }
  return nullptr;
}

void Connection::dispatch(Frame& frame) {
  trace('S', frame.text);
  if (!greeting_) {
    auto greeting = parse_greeting(frame, options_.limits);
    if (!greeting) return fail(Error(greeting.error()).at(options_.label));
    greeting_ = std::move(*greeting);
    if (greeting_->status == StatusKind::bye) {
      StatusResponse bye{StatusKind::bye, greeting_->code, greeting_->text};
      return fail(classify_bye(bye, CommandKind::noop).at(options_.label));
    }
    changed_.notify_all();
    return;
  }
  std::uint64_t octets = frame.text.size();
  for (const auto& literal : frame.literals) octets += literal.data.size();
  Response response = parse_response(frame, options_.limits);
  if (auto* tagged = std::get_if<Tagged>(&response)) return dispatch_tagged(std::move(*tagged));
  ++untagged_responses_;
  untagged_octets_ += octets;
  if (untagged_responses_ > options_.limits.max_untagged_responses ||
      untagged_octets_ > options_.limits.max_untagged_octets) {
    return fail(Error(Errc::limit, Scope::connection, Retry::now,
                      options_.label + ": the server floods us with untagged responses"));
  }
  if (auto* go_on = std::get_if<Continuation>(&response)) {
    if (!in_flight_.empty()) in_flight_.back()->take(std::move(go_on->text));
    changed_.notify_all();
    return;
  }
  dispatch_untagged(std::move(response));
}

void Connection::dispatch_tagged(Tagged tagged) {
  const auto at = std::ranges::find_if(in_flight_, [&](const auto& p) { return p->tag == tagged.tag; });
  if (at == in_flight_.end()) {
    return fail(Error(Errc::protocol, Scope::connection, Retry::now,
                      fmt::format("{}: an answer to a command that was not sent ({})", options_.label,
                                  printable(tagged.tag))));
  }
  PF_STEP(response);
  untagged_responses_ = untagged_octets_ = 0;
  const auto pending = std::move(*at);
  in_flight_.erase(at);
  if (on_tagged) on_tagged(tagged, pending->kind);
  const bool ok = tagged.status == StatusKind::ok;
  if (ok && (pending->kind == CommandKind::starttls || pending->kind == CommandKind::compress)) {
    // Whatever is here already came in clear.  Behind the OK of COMPRESS it is compressed, and honest.
    if (pending->kind == CommandKind::starttls && !framer_.pending().empty()) {
      return fail(Error(Errc::tls, Scope::connection, Retry::never,
                        options_.label + ": data was injected behind the answer to STARTTLS", {},
                        "Somebody may be tampering with the connection; use implicit TLS (imaps://)."));
    }
    hold_reading_ = true;
  }
  pending->tagged = std::move(tagged);
  changed_.notify_all();
}

void Connection::dispatch_untagged(Response response) {
  if (const auto* status = std::get_if<StatusResponse>(&response);
      status != nullptr && status->status == StatusKind::bye) {
    const bool leaving =
        std::ranges::any_of(in_flight_, [](const auto& p) { return p->kind == CommandKind::logout; });
    if (leaving) return;
    const CommandKind kind = in_flight_.empty() ? CommandKind::noop : in_flight_.front()->kind;
    bye_ = classify_bye(*status, kind).at(options_.label);
    bye_->scope = Scope::connection;
    // Most servers close at once; one that does not must not keep us waiting.
    return fail(*bye_);
  }
  if (on_unsolicited) on_unsolicited(response);
  if (const auto kind = untagged_kind(response)) {
    for (const auto& p : in_flight_) {
      if (!answers(p->kind, *kind)) continue;
      if (p->handlers.on_data) p->handlers.on_data(response);
      if (p->handlers.bodies != nullptr) filled_ = p->handlers.bodies;  // a body may be a quoted string
      return;
    }
  }
  if (const auto* unknown = std::get_if<Unknown>(&response); unknown != nullptr && options_.log) {
    options_.log(LogLevel::debug, fmt::format("{}: not understood ({}): {}", options_.label, unknown->reason,
                                              printable(unknown->text)));
  }
}

// Ends the connection when something is awaited and no octet moved for io_timeout.  While the consumer of a
// body holds the reader back, or the source of a message has nothing to send, the silence is ours.
asio::awaitable<void> Connection::watch_for_stall() {
  const std::weak_ptr<Connection> weak = weak_from_this();
  std::uint64_t last = 0;
  TimePoint since = MonoClock::now();
  for (;;) {
    Duration timeout{};
    {
      auto self = weak.lock();
      if (!self || self->error_) co_return;
      timeout = self->options_.io_timeout;
      const std::uint64_t moved =
          self->stream_ ? self->stream_->wire_sent() + self->stream_->wire_received() : 0;
      const bool waiting = self->waits_for_peer() || !self->greeting_;
      if (moved != last || !waiting || self->hold_reading_) {
        last = moved;
        since = MonoClock::now();
      } else if (MonoClock::now() - since >= timeout) {
        // A server that does not even greet is down or speaks something else.
        const Retry retry = self->greeting_ ? Retry::now : Retry::later;
        self->fail(Error(Errc::timeout, Scope::connection, retry,
                         fmt::format("{}: no answer for {} s", self->options_.label,
                                     std::chrono::duration_cast<std::chrono::seconds>(timeout).count())));
        co_return;
      }
    }
    co_await sleep_for(std::min<Duration>(timeout / 4, std::chrono::seconds(1)));
  }
}

// ---- writing

Task<Greeting> Connection::greeting() {
  while (!greeting_ && !error_) co_await changed_.wait();
  if (error_) co_return *error_;
  co_return *greeting_;
}

asio::awaitable<void> Connection::wait_until_allowed(CommandKind kind) {
  std::vector<CommandKind> kinds;
  while (!error_) {
    kinds.clear();
    for (const auto& p : in_flight_) kinds.push_back(p->kind);
    if (may_send(kind, kinds)) co_return;
    co_await changed_.wait();
  }
}

Task<Tagged> Connection::run(Command command, Handlers handlers) {
  auto self = shared_from_this();
  auto pending = std::make_shared<Pending>();
  pending->kind = command.kind();
  pending->handlers = std::move(handlers);
  Status sent;
  {
    const auto turn = co_await submit_.lock();
    co_await wait_until_allowed(command.kind());
    if (error_) co_return *error_;
    pending->tag = fmt::format("A{}", next_tag_++);
    command.set_tag(pending->tag);
    if (rule(command.kind()).writes) ++write_commands_;
    trace('C', fmt::format("{} {}", pending->tag, command.redacted()));
    in_flight_.push_back(pending);
    sent = co_await send(*pending, command);
  }
  if (sent && !out_.empty()) {
    co_await sleep_for(Duration::zero());  // others of this turn may have something to say in the same write
    sent = co_await flush();
  }
  if (sent && pending->handlers.on_continuation) sent = co_await answer_continuations(*pending);
  if (!sent) fail(sent.error());
  while (!pending->tagged && !error_) co_await changed_.wait();
  if (pending->tagged) co_return std::move(*pending->tagged);
  std::erase(in_flight_, pending);
  co_return *error_;
}

Task<void> Connection::send(Pending& pending, const Command& command) {
  const bool has_slots = !pending.handlers.slots.empty();
  bool behind_slot = false;
  for (const Segment& segment : command.segments()) {
    if (segment.wait_before) {
      PF_CO_TRYV(co_await flush());
      PF_CO_TRYV(co_await wait_for_go_ahead(pending));
      if (pending.tagged) co_return Status{};  // refused: nothing more of it may be sent
    }
    if (segment.kind == Segment::Kind::slot) {
      PF_CO_TRYV(co_await send_slot(*pending.handlers.slots[segment.slot_index], segment.slot_size));
    } else if (behind_slot && pending.tagged) {
      // Refused while a message was on its way: that one had to be sent in full, the next is not announced.
      gather(as_bytes(std::string_view("\r\n")));
      break;
    } else if (has_slots) {
      gather(as_bytes(segment.text));
    } else {
      out_ += segment.text;
    }
    behind_slot = segment.kind == Segment::Kind::slot;
    if (out_.size() + gathered_bytes_ >= write_at_once || gathered_.size() >= most_pieces) {
      PF_CO_TRYV(co_await flush());
    }
  }
  // The pieces point into the command and its sources: they must not wait for others.
  if (has_slots) PF_CO_TRYV(co_await flush());
  co_return Status{};
}

// Many small messages leave in one write; the octets are not copied.  The last chunk of a source stays valid
// until the command has ended, because the source is not asked again.
Task<void> Connection::send_slot(LiteralSource& source, std::uint64_t size) {
  for (std::uint64_t left = size; left != 0;) {
    in_source_ = true;
    auto next = co_await source.next();
    in_source_ = false;
    PF_CO_TRY(const Bytes chunk, std::move(next));
    if (chunk.empty() || chunk.size() > left) {
      co_return Error(
          Errc::disconnected, Scope::connection, Retry::now,
          options_.label +
              ": the source broke in the middle of a message; the connection is dropped, nothing is padded");
    }
    left -= chunk.size();
    gather(chunk);
    if (left != 0) PF_CO_TRYV(co_await flush());
  }
  co_return Status{};
}

void Connection::gather(Bytes piece) {
  gathered_.push_back(piece);
  gathered_bytes_ += piece.size();
}

Task<void> Connection::wait_for_go_ahead(Pending& pending) {
  while (pending.continuations.empty() && !pending.tagged && !error_) co_await changed_.wait();
  if (error_) co_return *error_;
  if (!pending.continuations.empty()) pending.continuations.erase(pending.continuations.begin());
  co_return Status{};
}

Task<void> Connection::answer_continuations(Pending& pending) {
  for (;;) {
    while (pending.continuations.empty() && !pending.tagged && !error_) co_await changed_.wait();
    if (error_) co_return *error_;
    if (pending.tagged) co_return Status{};
    const std::string challenge = std::move(pending.continuations.front());
    pending.continuations.erase(pending.continuations.begin());
    PF_CO_TRY(std::string answer, pending.handlers.on_continuation(challenge));
    trace('C', "<hidden>");
    const auto lock = co_await write_.lock();
    const Bytes pieces[] = {as_bytes(answer)};
    auto written = co_await write(pieces);
    Secret::wipe(answer);
    if (!written) co_return written;
  }
}

Task<void> Connection::flush() {
  const auto lock = co_await write_.lock();
  if (error_) co_return *error_;
  if (out_.empty() && gathered_.empty()) co_return Status{};
  std::string text = std::exchange(out_, {});
  std::vector<Bytes> pieces = std::exchange(gathered_, {});
  gathered_bytes_ = 0;
  if (!text.empty()) pieces.insert(pieces.begin(), as_bytes(text));
  auto written = co_await write(pieces);
  PF_STEP(command);
  Secret::wipe(text);
  co_return written;
}

// Whoever has write_ only.
Task<void> Connection::write(std::span<const Bytes> pieces) {
  writing_ = true;
  auto written = co_await stream_->write(pieces);
  writing_ = false;
  co_return written;
}

// ---- replacing the stream

Task<void> Connection::upgrade_tls(net::TlsOptions options, Duration timeout,
                                   std::shared_ptr<CancelSignal> cancel) {
  // The reader holds still (hold_reading_) and no command is in flight (STARTTLS is a barrier).
  auto secured = co_await net::start_tls(std::move(stream_), std::move(options), timeout, std::move(cancel));
  if (error_) co_return *error_;  // closed in the meantime
  if (!secured) {
    Error error = Error(secured.error()).at(options_.label);
    fail(error);
    co_return error;
  }
  stream_ = std::move(*secured);
  hold_reading_ = false;
  resume_reading_.notify_all();
  co_return Status{};
}

Status Connection::upgrade_deflate() {
  constexpr std::size_t max_ratio = 1000;
  stream_ = net::start_deflate(std::move(stream_), max_ratio, std::string(as_text(framer_.take_pending())));
  hold_reading_ = false;
  resume_reading_.notify_all();
  return {};
}

namespace {

asio::awaitable<void> run_unheard(std::shared_ptr<Connection> connection, Command command) {
  ignore(co_await connection->run(std::move(command)));
}

}  // namespace

asio::awaitable<void> send_unawaited(std::shared_ptr<Connection> connection, Command command) {
  co_await spawn_detached(run_unheard(std::move(connection), std::move(command)));
}

}  // namespace pf::imap
