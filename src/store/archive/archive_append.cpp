// Messages going into an archive: received into files in a place apart, then published together.
#include "base/clock.h"
#include "store/archive/archive_mailbox.h"
#include "store/archive/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace pf::store {

namespace {

// Octets that are put together before a thread writes them.
constexpr std::size_t gather_octets = std::size_t{128} << 10;

std::uint32_t number_in(const std::string& text) {
  std::uint32_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() ? out : 0;
}

IncomingMessage incoming(const AppendItem& item, const std::string& mailbox_id) {
  IncomingMessage out;
  out.flags = item.flags;
  out.date = storable(item.date.value_or(InternalDate(wall_seconds(), 0)));
  out.uid = number_in(item.origin.ref);
  out.uid_validity = number_in(item.origin.epoch);
  out.mailbox = item.origin.mailbox.empty() ? list_name(path_from_wire(mailbox_id, archive_names))
                                            : std::string(item.origin.mailbox);
  return out;
}

// Octets of some messages, and what is to be done with them.
struct Gathered {
  struct Piece {
    std::optional<IncomingMessage> begins;
    std::size_t octets = 0;
    bool ends = false;
  };
  std::string octets;
  std::vector<Piece> pieces;
};

Status stage(Stager& stager, const Gathered& gathered) {
  std::string_view rest = gathered.octets;
  for (const auto& piece : gathered.pieces) {
    if (piece.begins) PF_TRYV(stager.begin(*piece.begins));
    PF_TRYV(stager.write(rest.substr(0, piece.octets)));
    rest.remove_prefix(piece.octets);
    if (piece.ends) PF_TRYV(stager.finish());
  }
  return {};
}

// Gathers what the bodies give, and has it written a good deal at a time.
class Receiver {
 public:
  Receiver(WorkerPool& pool, std::shared_ptr<Stager> stager) : pool_(pool), stager_(std::move(stager)) {}

  // An Error of scope connection: the body broke off.
  Task<void> take(AppendItem& item, IncomingMessage message) {
    const std::uint64_t size = item.body->size();
    std::uint64_t taken = 0;
    // One that fits is written at once.
    if (gathered_.octets.size() + size > gather_octets) PF_CO_TRYV(co_await flush());
    gathered_.pieces.push_back({std::move(message), 0, false});
    for (;;) {
      auto piece = co_await item.body->next();
      if (!piece) co_return broken(piece.error());
      if (piece->empty()) break;
      taken += piece->size();
      if (taken > size) co_return broken("is longer than was said");
      PF_CO_TRYV(co_await gather(as_text(*piece)));
    }
    if (taken != size) co_return broken("is shorter than was said");
    gathered_.pieces.back().ends = true;
    received_ += size;
    co_return Status{};
  }

  Task<void> flush() {
    if (gathered_.pieces.empty()) co_return Status{};
    auto job = [stager = stager_, gathered = std::exchange(gathered_, {})]() -> Result<void> {
      auto done = stage(*stager, gathered);
      if (!done) return of_mailbox(std::move(done).error());
      return done;
    };
    auto done = co_await pool_.call<void>(std::move(job));
    co_return done;
  }

  [[nodiscard]] std::uint64_t received() const { return received_; }

 private:
  // Octets of the last message.
  Task<void> gather(std::string_view octets) {
    while (!octets.empty()) {
      gathered_.octets.reserve(gather_octets);
      const auto some = octets.substr(0, gather_octets - gathered_.octets.size());
      octets.remove_prefix(some.size());
      gathered_.octets += some;
      gathered_.pieces.back().octets += some.size();
      if (gathered_.octets.size() < gather_octets) continue;
      PF_CO_TRYV(co_await flush());
      gathered_.pieces.emplace_back();
    }
    co_return Status{};
  }

  static Error broken(std::string_view how) {
    return {Errc::disconnected, Scope::connection, Retry::now, fmt::format("a message {}", how)};
  }
  static Error broken(Error error) {
    error.scope = Scope::connection;
    return error;
  }

  WorkerPool& pool_;
  std::shared_ptr<Stager> stager_;
  Gathered gathered_;
  std::uint64_t received_ = 0;
};

std::vector<AppendOutcome> refused(std::size_t count, const Error& error) {
  AppendOutcome one;
  one.kind = AppendOutcome::Kind::refused;
  one.error = error;
  return std::vector<AppendOutcome>(count, one);
}

}  // namespace

Task<void> ArchiveMailbox::receive(std::span<AppendItem> items, const std::shared_ptr<Stager>& stager) {
  Receiver receiver(*session_->pool, stager);
  for (auto& item : items) {
    IncomingMessage message = incoming(item, id_);
    PF_CO_TRYV(co_await receiver.take(item, std::move(message)));
    PF_CO_TRYV(session_->alive());
  }
  session_->traffic.sent += receiver.received();
  auto done = co_await receiver.flush();
  co_return done;
}

Task<std::vector<AppendOutcome>> ArchiveMailbox::append(std::span<AppendItem> items) {
  auto receiving = std::optional(co_await receiving_.lock());
  PF_CO_TRYV(usable(Access::append));
  if (items.empty()) co_return std::vector<AppendOutcome>{};
  for (const auto& item : items) {
    if (item.flags.to_string().size() > archive_flags_limit)
      co_return refused(items.size(),
                        Error(Errc::invalid_flag, Scope::message, Retry::never, "too many flags"));
  }
  const auto stager = std::make_shared<Stager>(session_->root, places_in(folder_));
  auto received = co_await receive(items, stager);
  PF_CO_TRYV(usable(Access::append));
  if (!received) {
    auto given_up = co_await give_up(items.size(), stager, received.error());
    co_return given_up;
  }
  // The next may come in while this goes to the disk.  Nothing comes between this and the commit's queue, so
  // they are published in the order they came.
  receiving.reset();
  auto outcomes = co_await publish(items.size(), stager);
  co_return outcomes;
}

Task<std::vector<AppendOutcome>> ArchiveMailbox::give_up(std::size_t count,
                                                         const std::shared_ptr<Stager>& stager, Error error) {
  WorkerPool::Work job = [stager] { stager->abandon(); };
  co_await session_->pool->submit(std::move(job));
  if (error.scope == Scope::connection) co_return failed(std::move(error));
  co_return refused(count, error);
}

Task<std::vector<AppendOutcome>> ArchiveMailbox::publish(std::size_t count,
                                                         const std::shared_ptr<Stager>& stager) {
  PF_CO_TRYV(usable(Access::append));
  auto done = co_await session_->commit(folder_, stager->staged());
  if (!done) {
    auto given_up = co_await give_up(count, stager, done.error());
    co_return given_up;
  }
  std::vector<AppendOutcome> outcomes(count);
  for (std::size_t i = 0; i < count; ++i) {
    outcomes[i].ref = ref_of(stager->staged()[i].record.n);
    outcomes[i].epoch = status_.epoch;
  }
  stager->staged().clear();
  co_return outcomes;
}

}  // namespace pf::store
