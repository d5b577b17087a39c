#include "imap/wire/framer.h"

#include "base/ascii.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

namespace pf::imap {
namespace {

Error connection_error(Errc code, std::string what) {
  return {code, Scope::connection, Retry::never, std::move(what)};
}

// Free text to the end of the line: what looks like an announcement there is none.
bool is_status_line(std::string_view line) {
  if (!line.starts_with("* ")) return true;
  line.remove_prefix(std::min(line.find_first_not_of(' ', 1), line.size()));
  const auto word = line.substr(0, line.find(' '));
  constexpr std::array<std::string_view, 5> words{"OK", "NO", "BAD", "BYE", "PREAUTH"};
  return std::ranges::any_of(words, [&](auto each) { return iequals(word, each); });
}

struct Announcement {
  enum class Kind : std::uint8_t { none, good, too_big, negative };
  Kind kind = Kind::none;
  std::uint64_t size = 0;
  std::size_t begin = 0;  // of its '{'
};

// "{12}" or "{12+}" at the very end.
Announcement announcement_at_end(std::string_view text) {
  using Kind = Announcement::Kind;
  if (!text.ends_with('}')) return {};
  text.remove_suffix(1);
  if (text.ends_with('+')) text.remove_suffix(1);
  const auto digits_begin = text.find_last_not_of("0123456789") + 1;
  const auto digits = text.substr(digits_begin);
  text = text.substr(0, digits_begin);
  if (digits.empty()) return {};
  if (text.ends_with("{-")) return {Kind::negative, 0, 0};
  if (!text.ends_with('{')) return {};
  std::uint64_t size = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (error != std::errc{} || stop != digits.data() + digits.size()) return {Kind::too_big, 0, 0};
  return {Kind::good, size, text.size() - 1};
}

}  // namespace

Result<FrameEvent> Framer::next() {
  if (error_) return *error_;
  auto event = step();
  if (!event) {
    error_ = event.error();
    state_ = State::failed;
  }
  return event;
}

Result<FrameEvent> Framer::step() {
  switch (state_) {
    case State::ready:
      clear_frame();
      [[fallthrough]];
    case State::fresh:
    case State::line:
      return read_line();
    case State::literal_announced:
      return begin_buffering();
    case State::buffering:
      return buffer_literal();
    case State::streaming:
      return stream_data();
    case State::failed:
      break;
  }
  return connection_error(Errc::unexpected, "the framer was used after an error");
}

Result<FrameEvent> Framer::read_line() {
  if (input_.empty()) return FrameEvent{NeedMore{}};
  state_ = State::line;
  const auto* lf = static_cast<const char*>(std::memchr(input_.data(), '\n', input_.size()));
  const auto length = lf != nullptr ? static_cast<std::size_t>(lf - input_.data()) : input_.size();
  PF_TRYV(append_text(input_.first(length)));
  if (lf == nullptr) {
    input_ = {};
    return FrameEvent{NeedMore{}};
  }
  input_ = input_.subspan(length + 1);
  return end_of_line();
}

Result<FrameEvent> Framer::end_of_line() {
  auto& text = frame_.text;
  if (text.ends_with('\r')) text.pop_back();
  // Behind the last literal only: its own announcement must not be taken twice.
  const auto behind = frame_.literals.empty() ? 0 : frame_.literals.back().end;
  const auto found = announcement_at_end(std::string_view{text}.substr(behind));
  if (found.kind != Announcement::Kind::none && !is_status_line(text)) {
    if (found.kind == Announcement::Kind::good) return announce(found.size, behind + found.begin);
    if (found.kind == Announcement::Kind::negative) {
      return connection_error(Errc::protocol, "the server announced a literal of negative size");
    }
    return connection_error(Errc::limit, "the server announced a literal that no 64-bit number can count");
  }
  state_ = State::ready;
  return FrameEvent{FrameReady{&frame_}};
}

Result<FrameEvent> Framer::announce(std::uint64_t size, std::size_t begin) {
  if (size > limits_.max_streamed_literal) {
    return connection_error(Errc::limit, fmt::format("the server announced a literal of {} octets", size));
  }
  if (frame_.literals.size() >= limits_.max_literals) {
    return connection_error(Errc::limit,
                            fmt::format("more than {} literals in one response", limits_.max_literals));
  }
  frame_.literals.push_back(
      {.data = {}, .size = size, .streamed = false, .begin = begin, .end = frame_.text.size()});
  left_ = size;
  state_ = State::literal_announced;
  return FrameEvent{LiteralStart{size, frame_.text, &frame_}};
}

void Framer::stream_literal() {
  if (state_ != State::literal_announced) return;
  frame_.literals.back().streamed = true;
  state_ = State::streaming;
}

Result<FrameEvent> Framer::begin_buffering() {
  if (left_ > limits_.max_buffered_literals - buffered_) {
    return connection_error(Errc::limit, fmt::format("literals of more than {} octets in one response",
                                                     limits_.max_buffered_literals));
  }
  buffered_ += left_;
  state_ = State::buffering;
  return buffer_literal();
}

Result<FrameEvent> Framer::buffer_literal() {
  // An announcement is only a claim: memory is taken as the octets come.
  const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input_.size()));
  frame_.literals.back().data.append(input_.data(), take);
  input_ = input_.subspan(take);
  left_ -= take;
  if (left_ > 0) return FrameEvent{NeedMore{}};
  state_ = State::line;
  return read_line();
}

Result<FrameEvent> Framer::stream_data() {
  if (left_ == 0) {
    state_ = State::line;
    return FrameEvent{LiteralEnd{}};
  }
  if (input_.empty()) return FrameEvent{NeedMore{}};
  const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input_.size()));
  const auto piece = input_.first(take);
  input_ = input_.subspan(take);
  left_ -= take;
  return FrameEvent{LiteralData{piece}};
}

Status Framer::append_text(Bytes piece) {
  // One octet over for the CR that is about to go.
  if (frame_.text.size() + piece.size() > limits_.max_text + 1) {
    return connection_error(Errc::limit,
                            fmt::format("a response line of more than {} octets", limits_.max_text));
  }
  frame_.text.append(piece.data(), piece.size());
  return {};
}

void Framer::clear_frame() {
  // One huge response must not pin its memory for the life of the connection.
  if (frame_.text.capacity() > limits_.keep_capacity) {
    std::string{}.swap(frame_.text);  // assignment would keep the capacity
  } else {
    frame_.text.clear();
  }
  if (frame_.literals.capacity() > 64) {
    std::vector<Literal>{}.swap(frame_.literals);
  } else {
    frame_.literals.clear();
  }
  buffered_ = 0;
  state_ = State::fresh;
}

Bytes Framer::take_pending() {
  return std::exchange(input_, {});
}

bool Framer::between_responses() const {
  return state_ == State::fresh || state_ == State::ready;
}

}  // namespace pf::imap
