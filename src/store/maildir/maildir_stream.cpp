#include "store/maildir/maildir_stream.h"

#include "base/os/fd_io.h"

#include <algorithm>

namespace pf::store::maildir {

namespace {

constexpr std::size_t piece_octets = 262'144;
// More are looked for at once than fit, because many are small.
constexpr std::size_t looked_for = 100;

}  // namespace

Task<std::optional<MessageStream::Item>> MaildirStream::next() {
  source_.reset();
  failed_ = {};
  while (ready_.empty()) {
    if (at_ == refs_.size()) co_return std::nullopt;
    const auto end = std::min(refs_.size(), at_ + looked_for);
    std::vector<MessageRef> some(refs_.begin() + static_cast<std::ptrdiff_t>(at_),
                                 refs_.begin() + static_cast<std::ptrdiff_t>(end));
    PF_CO_TRY(auto found, co_await mailbox_.read_some(std::move(some)));
    at_ += found.taken;
    std::ranges::move(found.bodies, std::back_inserter(ready_));
  }
  if (mailbox_.session()->aborted) co_return Session::cancelled();
  Body body = std::move(ready_.front());
  ready_.pop_front();
  if (body.error) {
    failed_ = body.ref;
    co_return *std::move(body.error);
  }
  MessageRef ref = body.ref;
  source_ = std::make_unique<Source>(mailbox_.session(), std::move(body));
  co_return Item{std::move(ref), source_.get()};
}

Task<void> MaildirStream::close() {
  source_.reset();
  ready_.clear();
  mailbox_.stream_ended();
  co_return Status{};
}

Task<Bytes> MaildirStream::Source::next() {
  if (session_->aborted) co_return Session::cancelled();
  if (body_.file) {
    auto piece = co_await next_of_file();
    co_return piece;
  }
  const Bytes whole(body_.octets);
  const Bytes rest = whole.subspan(given_);
  given_ = whole.size();
  co_return rest;
}

Task<Bytes> MaildirStream::Source::next_of_file() {
  struct Piece {
    ToServed served;
    std::string octets;
  };
  auto work = [file = body_.file, path = body_.path, served = served_]() -> Result<Piece> {
    std::string buffer(piece_octets, '\0');
    PF_TRY(const std::size_t got, os::read_up_to(*file, buffer, path));
    Piece out{served, {}};
    out.octets.reserve(got + got / 32);
    out.served.append(Bytes(buffer).first(got), out.octets);
    return out;
  };
  PF_CO_TRY(auto piece, co_await on_pool<Piece>(session_, Scope::message, std::move(work)));
  served_ = piece.served;
  piece_ = std::move(piece.octets);
  given_ += piece_.size();
  // Somebody wrote to a message that was delivered: what was promised cannot be kept.
  if (given_ > body_.size || (piece_.empty() && given_ != body_.size)) {
    co_return Error{Errc::io, Scope::connection, Retry::now,
                    body_.path.native() + " was changed while it was read"};
  }
  co_return Bytes(piece_);
}

}  // namespace pf::store::maildir
