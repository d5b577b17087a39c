#include "store/imap/message_stream.h"

#include "imap/command/fetch.h"
#include "store/imap/imap_ref.h"

#include <algorithm>
#include <utility>

namespace pf::store {

namespace {

// So that the server always has the next command when it is done with one.
constexpr std::size_t commands_in_flight = 2;
// Bodies whose uid comes last are kept in memory until it is there.
constexpr std::size_t max_kept = std::size_t{64} << 20;

// True for as long as it lives.
class Marked {
 public:
  Marked(bool& flag, Event& changed) : flag_(flag), changed_(changed) { flag_ = true; }
  Marked(const Marked&) = delete;
  Marked& operator=(const Marked&) = delete;
  ~Marked() {
    flag_ = false;
    changed_.notify_all();
  }

 private:
  bool& flag_;
  Event& changed_;
};

}  // namespace

// Of the first arrival.
class ImapMessageStream::Body final : public MessageSource {
 public:
  Body(ImapMessageStream& stream, std::uint64_t size) : stream_(stream), size_(size) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }

  // As long as the response has not ended, the last octet is kept back: only what is behind the body shows
  // that it was all of the message, and who passes it on while it comes must not complete half of one.
  Task<Bytes> next() override {
    if (std::exchange(taken_, false)) let_go_of_piece();
    if (received_ == size_) co_return Bytes{};
    if (last_) {
      PF_CO_TRYV(co_await response_end());
      ++received_;
      co_return Bytes(&*last_, 1);
    }
    auto& pieces = stream_.arrivals_.front().pieces;
    while (pieces.empty() && !stream_.broken_) co_await stream_.changed_.wait();
    if (pieces.empty()) co_return *stream_.broken_;
    taken_ = true;
    Bytes piece = pieces.front();
    if (received_ + piece.size() == size_ && !stream_.arrivals_.front().closed) {
      last_ = piece.back();
      piece = piece.first(piece.size() - 1);
      if (piece.empty()) co_return co_await next();
    }
    received_ += piece.size();
    co_return piece;
  }

 private:
  void let_go_of_piece() {
    auto& pieces = stream_.arrivals_.front().pieces;
    if (!pieces.empty()) pieces.erase(pieces.begin());
    if (pieces.empty()) stream_.changed_.notify_all();
  }

  Task<void> response_end() {
    for (;;) {
      if (stream_.arrivals_.front().closed) co_return Status{};
      if (stream_.broken_) co_return *stream_.broken_;
      if (stream_.closed_) co_return Error(Errc::cancelled, Scope::message, Retry::never, stream_.where_);
      co_await stream_.changed_.wait();
    }
  }

  ImapMessageStream& stream_;
  std::uint64_t size_;
  std::uint64_t received_ = 0;
  bool taken_ = false;
  std::optional<char> last_;
};

ImapMessageStream::ImapMessageStream(Session& session, Commands commands, std::string where)
    : session_(session), commands_for_(std::move(commands)), where_(std::move(where)) {}

ImapMessageStream::~ImapMessageStream() = default;

// --- the reader's side

ImapMessageStream::Arrival& ImapMessageStream::next_arrival(std::uint64_t size) {
  drop_out_of_step();
  if (const auto* last = open_arrival(); last != nullptr && !last->uid)
    arrivals_.pop_back();  // it never came
  Arrival& next = arrivals_.emplace_back();
  next.size = size;
  changed_.notify_all();
  return next;
}

void ImapMessageStream::begin_body(std::optional<imap::Uid> uid, std::uint64_t size) {
  next_arrival(size).uid = uid;
}

void ImapMessageStream::body_data(Bytes data) {
  Arrival& arrival = arrivals_.back();
  if (closed_ || arrival.let_go) return;
  arrival.pieces.push_back(data);
  changed_.notify_all();
}

void ImapMessageStream::end_body() {
  arrivals_.back().ended = true;
  if (arrivals_.back().let_go) arrivals_.pop_back();
  changed_.notify_all();
}

asio::awaitable<void> ImapMessageStream::all_taken() {
  const Marked waiting(reader_waits_, changed_);
  if (!arrivals_.empty() && !arrivals_.back().uid) keep(arrivals_.back());
  while (has_pieces() && !closed_) co_await changed_.wait();
  for (auto& arrival : arrivals_) arrival.pieces.clear();
}

bool ImapMessageStream::has_pieces() const {
  return std::ranges::any_of(arrivals_, [](const Arrival& arrival) { return !arrival.pieces.empty(); });
}

void ImapMessageStream::keep(Arrival& arrival) {
  for (const Bytes piece : std::exchange(arrival.pieces, {})) {
    if (arrival.kept.size() + piece.size() <= max_kept) arrival.kept += as_text(piece);
  }
}

ImapMessageStream::Arrival* ImapMessageStream::open_arrival() {
  const bool open = !arrivals_.empty() && arrivals_.back().ended && !arrivals_.back().closed;
  return open ? &arrivals_.back() : nullptr;
}

void ImapMessageStream::on_fetch(imap::Response& response) {
  auto* fetch = std::get_if<imap::FetchData>(&response);
  if (fetch == nullptr || !fetch->uid) return;
  const auto* body = fetch->body();
  if (body == nullptr || body->nil) return;
  if (!body->streamed) return take_quoted(*fetch->uid, body->data);
  Arrival* const arrival = open_arrival();
  if (arrival == nullptr) return;
  if (!arrival->uid) {
    if (!arrival->kept.empty()) {
      keep(*arrival);
      if (arrival->kept.size() != arrival->size) return arrivals_.pop_back();
      arrival->pieces.push_back(as_bytes(arrival->kept));
    }
    arrival->uid = fetch->uid;
  }
  arrival->closed = arrival->uid == fetch->uid;
  changed_.notify_all();
}

void ImapMessageStream::take_quoted(imap::Uid uid, std::string octets) {
  Arrival& arrival = next_arrival(octets.size());
  arrival.uid = uid;
  arrival.kept = std::move(octets);
  if (!arrival.kept.empty()) arrival.pieces.push_back(as_bytes(arrival.kept));
  arrival.ended = arrival.closed = true;
}

void ImapMessageStream::drop_out_of_step() {
  const Arrival* const arrival = open_arrival();
  if (arrival == nullptr || !arrival->uid) return;
  session_.connection().drop("a message was longer than its announced size");
  // No command may be left that would tell.
  if (!broken_) broken_ = session_.connection().error();
  changed_.notify_all();
}

// --- the consumer's side

asio::awaitable<void> ImapMessageStream::more(std::vector<MessageRef> refs) {
  for (auto& uids : commands_for_(refs)) waiting_.push_back(std::move(uids));
  if (started_) co_await send_waiting();
}

asio::awaitable<void> ImapMessageStream::send_waiting() {
  while (!waiting_.empty() && running_ < commands_in_flight && !abandoned()) {
    ++running_;
    co_await commands_.spawn(run_commands());
  }
}

Task<void> ImapMessageStream::run_commands() {
  imap::Handlers handlers;
  handlers.on_data = [this](imap::Response& r) { on_fetch(r); };
  handlers.bodies = this;
  while (!waiting_.empty() && !abandoned()) {
    const imap::UidSet uids = std::move(waiting_.front());
    waiting_.pop_front();
    imap::command::FetchItems items;
    items.body = true;
    auto command = imap::command::uid_fetch(uids, items);
    if (!command) {
      refusals_.push_back(command.error());
      break;
    }
    auto tagged = co_await session_.connection().run(std::move(*command), handlers);
    if (tagged) drop_out_of_step();
    if (!tagged) {
      if (!broken_) broken_ = tagged.error();
    } else if (auto error = refusal(*tagged, imap::CommandKind::uid_fetch, where_)) {
      error->scope = Scope::message;
      refusals_.push_back(std::move(*error));
    }
    changed_.notify_all();
  }
  --running_;
  changed_.notify_all();
  co_return Status{};
}

void ImapMessageStream::let_go() {
  body_.reset();
  if (arrivals_.empty() || !arrivals_.front().given) return;
  Arrival& arrival = arrivals_.front();
  arrival.pieces.clear();
  arrival.let_go = true;
  if (arrival.ended) arrivals_.pop_front();
  changed_.notify_all();
}

// Whole messages are good although the connection broke behind them.
bool ImapMessageStream::at_hand() const {
  if (arrivals_.empty()) return false;
  const Arrival& first = arrivals_.front();
  return first.uid && !first.given && (first.closed || !broken_);
}

Task<std::optional<MessageStream::Item>> ImapMessageStream::next() {
  let_go();
  if (!std::exchange(started_, true)) co_await send_waiting();
  for (;;) {
    if (at_hand()) {
      Arrival& arrival = arrivals_.front();
      arrival.given = true;
      body_ = std::make_unique<Body>(*this, arrival.size);
      co_return Item{to_ref(*arrival.uid), body_.get()};
    }
    if (broken_) co_return *broken_;
    if (!refusals_.empty()) {
      Error refusal = std::move(refusals_.front());
      refusals_.pop_front();
      co_return refusal;
    }
    if (running_ == 0) co_return std::optional<Item>{};
    co_await changed_.wait();
  }
}

Task<void> ImapMessageStream::close() {
  let_go();
  closed_ = true;
  changed_.notify_all();
  // What is still to come may be gigabytes: not worth draining.
  const std::optional<Error> broken = broken_;
  if (running_ != 0) session_.connection().drop("the rest of the messages is not wanted any more");
  ignore(co_await commands_.join());
  while (reader_waits_) co_await changed_.wait();
  if (broken) co_return *broken;
  co_return Status{};
}

}  // namespace pf::store
