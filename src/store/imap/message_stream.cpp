#include "store/imap/message_stream.h"

#include "imap/command/fetch.h"
#include "store/imap/imap_ref.h"

#include <utility>

namespace pf::store {

namespace {

// So that the server always has the next command when it is done with one.
constexpr std::size_t commands_in_flight = 2;
// Bodies whose uid comes last are kept in memory until it is there.
constexpr std::size_t max_kept = std::size_t{64} << 20;

// Marks the time the reader spends in one of our functions.
class InSink {
 public:
  InSink(bool& flag, Event& changed) : flag_(flag), changed_(changed) { flag_ = true; }
  InSink(const InSink&) = delete;
  InSink& operator=(const InSink&) = delete;
  ~InSink() {
    flag_ = false;
    changed_.notify_all();
  }

 private:
  bool& flag_;
  Event& changed_;
};

}  // namespace

class ImapMessageStream::StreamedBody final : public MessageSource {
 public:
  StreamedBody(ImapMessageStream& stream, std::uint64_t size) : stream_(stream), size_(size) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }

  // The last octet comes by itself, when what is behind the body has shown that it was all of the message:
  // who passes it on while it comes must not complete half of one.
  Task<Bytes> next() override {
    if (!stream_.chunk_.empty() && taken_) {
      stream_.chunk_ = {};
      stream_.changed_.notify_all();
    }
    taken_ = false;
    if (received_ == size_) co_return Bytes{};
    if (last_) {
      PF_CO_TRYV(co_await response_end());
      ++received_;
      co_return Bytes(&*last_, 1);
    }
    while (stream_.chunk_.empty() && !stream_.broken_) co_await stream_.changed_.wait();
    if (stream_.broken_) co_return *stream_.broken_;
    taken_ = true;
    Bytes piece = stream_.chunk_;
    if (received_ + piece.size() == size_) {
      last_ = piece.back();
      piece = piece.first(piece.size() - 1);
      if (piece.empty()) co_return co_await next();
    }
    received_ += piece.size();
    co_return piece;
  }

 private:
  Task<void> response_end() {
    for (;;) {
      if (stream_.current_ && stream_.current_->closed) co_return Status{};
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

class ImapMessageStream::WholeBody final : public MessageSource {
 public:
  explicit WholeBody(std::string octets) : octets_(std::move(octets)) {}
  [[nodiscard]] std::uint64_t size() const override { return octets_.size(); }
  Task<Bytes> next() override {
    const Bytes all = std::exchange(given_, true) ? Bytes{} : as_bytes(octets_);
    co_return all;
  }

 private:
  std::string octets_;
  bool given_ = false;
};

ImapMessageStream::ImapMessageStream(Session& session, Commands commands, std::string where)
    : session_(session), commands_for_(std::move(commands)), where_(std::move(where)) {}

ImapMessageStream::~ImapMessageStream() = default;

// --- the reader's side

asio::awaitable<void> ImapMessageStream::begin_body(std::optional<imap::Uid> uid, std::uint64_t size) {
  const InSink here(in_sink_, changed_);
  if (current_ && !current_->uid && current_->ended) current_.reset();  // its uid never came
  drop_out_of_step();
  while (current_ && !abandoned()) co_await changed_.wait();
  Current next;
  next.uid = uid;
  next.size = size;
  current_ = next;
  collecting_.clear();
  changed_.notify_all();
}

asio::awaitable<void> ImapMessageStream::body_data(Bytes data) {
  const InSink here(in_sink_, changed_);
  if (abandoned() || current_->let_go) co_return;
  if (!current_->uid) {
    if (collecting_.size() + data.size() <= max_kept) collecting_.append(data.data(), data.size());
    co_return;
  }
  chunk_ = data;
  changed_.notify_all();
  while (!chunk_.empty() && !abandoned()) co_await changed_.wait();
  chunk_ = {};
}

asio::awaitable<void> ImapMessageStream::end_body() {
  const InSink here(in_sink_, changed_);
  current_->ended = true;
  if (current_->let_go) current_.reset();
  co_return;
}

void ImapMessageStream::on_fetch(imap::Response& response) {
  auto* fetch = std::get_if<imap::FetchData>(&response);
  if (fetch == nullptr || !fetch->uid) return;
  const auto* body = fetch->body();
  if (body == nullptr || body->nil) return;
  if (!body->streamed) {
    keep(*fetch->uid, body->data);
  } else if (current_ && !current_->uid) {
    if (collecting_.size() == body->size) keep(*fetch->uid, std::move(collecting_));
    collecting_ = {};
    current_.reset();
  } else if (current_ && current_->uid == fetch->uid) {
    current_->closed = true;
  }
  changed_.notify_all();
}

void ImapMessageStream::drop_out_of_step() {
  if (current_ && current_->uid && current_->ended && !current_->closed)
    session_.connection().drop("a message was longer than its announced size");
}

void ImapMessageStream::keep(imap::Uid uid, std::string octets) {
  whole_.push_back({uid, std::move(octets)});
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
  if (!current_ || !current_->given) return;
  chunk_ = {};
  current_->let_go = true;
  if (current_->ended) current_.reset();
  changed_.notify_all();
}

Task<std::optional<MessageStream::Item>> ImapMessageStream::next() {
  let_go();
  if (!std::exchange(started_, true)) co_await send_waiting();
  for (;;) {
    if (!whole_.empty()) {
      Whole whole = std::move(whole_.front());
      whole_.pop_front();
      body_ = std::make_unique<WholeBody>(std::move(whole.octets));
      co_return Item{to_ref(whole.uid), body_.get()};
    }
    if (current_ && current_->uid && !current_->given) {
      current_->given = true;
      body_ = std::make_unique<StreamedBody>(*this, current_->size);
      co_return Item{to_ref(*current_->uid), body_.get()};
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
  while (in_sink_) co_await changed_.wait();
  if (broken) co_return *broken;
  co_return Status{};
}

}  // namespace pf::store
