// RFC 4978: each side is one endless raw DEFLATE stream, flushed to an octet boundary after every write.
#include "net/stream.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <utility>

namespace pf::net {

namespace {

constexpr std::size_t read_size = std::size_t{64} * 1024;
constexpr std::size_t write_size = std::size_t{256} * 1024;
// Output every stream may have before the ratio counts.  Memory is not at stake (inflating fills the reader's
// buffer and stops), only how long one peer can keep us busy for free.
constexpr std::uint64_t free_output = std::uint64_t{64} * 1024 * 1024;
constexpr std::size_t max_step = 1 << 30;  // zlib counts in unsigned int

class Inflater {
 public:
  Inflater() { ok_ = inflateInit2(&z_, -MAX_WBITS) == Z_OK; }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&z_); }

  // `bytes` must stay until a run() gave less than it had room for.
  void feed(Bytes bytes) {
    z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    z_.avail_in = static_cast<uInt>(bytes.size());
    taken_ += bytes.size();
  }

  // Octets produced; 0: needs input.
  Result<std::size_t> run(MutableBytes into) {
    if (!ok_) return broken("out of memory");
    const std::size_t room = std::min(into.size(), max_step);
    z_.next_out = reinterpret_cast<Bytef*>(into.data());
    z_.avail_out = static_cast<uInt>(room);
    const int result = inflate(&z_, Z_SYNC_FLUSH);
    const std::size_t made = room - z_.avail_out;
    made_ += made;
    if (made > 0 || result == Z_OK || result == Z_BUF_ERROR) return made;
    if (result == Z_STREAM_END) {
      return Error(Errc::disconnected, Scope::connection, Retry::now,
                   "the server ended the compressed stream");
    }
    return broken(z_.msg != nullptr ? z_.msg : "not DEFLATE");
  }

  [[nodiscard]] std::uint64_t taken() const { return taken_; }
  [[nodiscard]] std::uint64_t made() const { return made_; }

 private:
  static Error broken(std::string_view why) {
    return {Errc::protocol, Scope::connection, Retry::now,
            fmt::format("the compressed stream is damaged: {}", why)};
  }

  z_stream z_{};
  bool ok_ = false;
  std::uint64_t taken_ = 0, made_ = 0;
};

class Deflater {
 public:
  Deflater() {
    ok_ = deflateInit2(&z_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater() { deflateEnd(&z_); }

  void feed(Bytes bytes) {
    z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    z_.avail_in = static_cast<uInt>(bytes.size());
  }

  // Runs until the input is used up or `out` is full.  True: more is to come.
  Result<bool> run(MutableBytes out, std::size_t& used, int flush) {
    z_.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    z_.avail_out = static_cast<uInt>(out.size() - used);
    const int result = ok_ ? deflate(&z_, flush) : Z_STREAM_ERROR;
    used = out.size() - z_.avail_out;
    if (result == Z_OK || result == Z_BUF_ERROR) return z_.avail_out == 0;
    return Error(Errc::unexpected, Scope::connection, Retry::now, "compressing failed");
  }

 private:
  z_stream z_{};
  bool ok_ = false;
};

struct Deflated {
  std::unique_ptr<Stream> below;
  std::size_t max_ratio;
  std::string already_read;
  Inflater in;
  Deflater out;
  std::unique_ptr<char[]> input = std::make_unique_for_overwrite<char[]>(read_size);
  std::unique_ptr<char[]> output = std::make_unique_for_overwrite<char[]>(write_size);
  std::size_t used = 0;  // of output
  bool closed = false;

  Deflated(std::unique_ptr<Stream> b, std::size_t ratio, std::string first)
      : below(std::move(b)), max_ratio(ratio), already_read(std::move(first)) {
    in.feed(as_bytes(already_read));
  }
};

Error cancelled(const Deflated& s) {
  return {Errc::cancelled, Scope::connection, Retry::never,
          fmt::format("connection to {}", s.below->peer_address())};
}

Status check_ratio(const Deflated& s) {
  if (s.in.made() <= free_output || s.in.made() / s.max_ratio <= s.in.taken()) return {};
  return Error(Errc::limit, Scope::connection, Retry::never,
               fmt::format("{} octets of compressed data unpack to {}: more than {} times", s.in.taken(),
                           s.in.made(), s.max_ratio),
               {}, "turn compression off");
}

Task<void> send(Deflated& s) {
  const std::array<Bytes, 1> pieces{Bytes(s.output.get(), std::exchange(s.used, 0))};
  co_return co_await s.below->write(pieces);
}

// `flush` empties the compressor; else what it holds back may stay there.
Task<void> compress(Deflated& s, Bytes bytes, int flush) {
  s.out.feed(bytes);
  const MutableBytes room(s.output.get(), write_size);
  while (true) {
    PF_CO_TRY(const bool more, s.out.run(room, s.used, flush));
    if (!more) co_return Status{};
    PF_CO_TRYV(co_await send(s));
  }
}

class DeflateStream final : public Stream {
 public:
  explicit DeflateStream(std::shared_ptr<Deflated> state) : s_(std::move(state)) {}
  DeflateStream(const DeflateStream&) = delete;
  DeflateStream& operator=(const DeflateStream&) = delete;
  ~DeflateStream() override { shut(false); }

  Task<std::size_t> read_some(MutableBytes into) override { return read(s_, into); }
  Task<void> write(std::span<const Bytes> pieces) override { return write_all(s_, pieces); }
  void close(bool abort) override { shut(abort); }
  void set_abort_on_close() override { s_->below->set_abort_on_close(); }

  [[nodiscard]] const TlsInfo* tls() const override { return s_->below->tls(); }
  [[nodiscard]] std::string peer_address() const override { return s_->below->peer_address(); }
  [[nodiscard]] std::uint64_t wire_sent() const override { return s_->below->wire_sent(); }
  [[nodiscard]] std::uint64_t wire_received() const override { return s_->below->wire_received(); }

 private:
  static Task<std::size_t> read(std::shared_ptr<Deflated> s, MutableBytes into) {
    while (!s->closed && !into.empty()) {
      PF_CO_TRY(const std::size_t made, s->in.run(into));
      PF_CO_TRYV(check_ratio(*s));
      if (made > 0) co_return made;
      const MutableBytes buffer(s->input.get(), read_size);
      PF_CO_TRY(const std::size_t got, co_await s->below->read_some(buffer));
      s->in.feed(Bytes(buffer.first(got)));
    }
    if (s->closed) co_return cancelled(*s);
    co_return std::size_t{0};
  }

  static Task<void> write_all(std::shared_ptr<Deflated> s, std::span<const Bytes> pieces) {
    for (Bytes piece : pieces) {
      while (!piece.empty()) {
        if (s->closed) co_return cancelled(*s);
        const std::size_t n = std::min(piece.size(), max_step);
        PF_CO_TRYV(co_await compress(*s, piece.first(n), Z_NO_FLUSH));
        piece = piece.subspan(n);
      }
    }
    if (s->closed) co_return cancelled(*s);
    PF_CO_TRYV(co_await compress(*s, {}, Z_SYNC_FLUSH));
    if (s->used == 0) co_return Status{};
    co_return co_await send(*s);
  }

  void shut(bool abort) {
    s_->closed = true;
    s_->below->close(abort);
  }

  std::shared_ptr<Deflated> s_;
};

}  // namespace

std::unique_ptr<Stream> start_deflate(std::unique_ptr<Stream> below, std::size_t max_ratio,
                                      std::string already_read) {
  const std::size_t ratio = std::max<std::size_t>(max_ratio, 1);
  return std::make_unique<DeflateStream>(
      std::make_shared<Deflated>(std::move(below), ratio, std::move(already_read)));
}

}  // namespace pf::net
