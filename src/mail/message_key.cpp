#include "mail/message_key.h"

#include "base/ascii.h"
#include "base/digest.h"

#include <algorithm>
#include <cstring>

namespace pf {

namespace {

// Stands for NUL, which Dovecot serves as 0x80, and for all octets above 127, which Cyrus stores as X in
// headers.
constexpr char eight_bit = 'X';

bool counts_as_blank(char c) {
  return is_blank(c) || c == '\r';
}

Digest128 first_half(const Digest256& digest) {
  Digest128 out;
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

}  // namespace

void HeaderScan::reset() {
  for (auto& value : value_) value.clear();
  name_size_ = seen_ = 0;
  at_ = At::line_start;
  current_ = none;
  blank_pending_ = done_ = false;
}

void HeaderScan::feed(Bytes chunk) {
  auto rest = as_text(chunk).substr(0, header_limit - seen_);
  while (!rest.empty() && !done_) {
    const auto left = step(rest);
    seen_ += rest.size() - left.size();
    rest = left;
  }
  if (seen_ == header_limit) done_ = true;
}

// Each of these takes some of `rest`, or changes where we are, and returns what is left.
std::string_view HeaderScan::step(std::string_view rest) {
  switch (at_) {
    case At::line_start:
      return begin_line(rest);
    case At::cr:  // one CR, and nothing else of this line yet
      done_ = rest.front() == '\n';
      at_ = At::skip;
      return rest;
    case At::name:
      return take_name(rest);
    case At::value:
    case At::skip:
      return take_line(rest);
  }
  return {};
}

std::string_view HeaderScan::begin_line(std::string_view rest) {
  const char c = rest.front();
  if (is_blank(c)) {  // the field goes on
    at_ = current_ == none ? At::skip : At::value;
    return rest;
  }
  end_field();
  if (done_ || c == '\n') {
    done_ = true;
    return rest;
  }
  name_size_ = 0;
  at_ = c == '\r' ? At::cr : At::name;
  return rest.substr(at_ == At::cr ? 1 : 0);
}

// All four fields whole: nothing that follows counts.
void HeaderScan::end_field() {
  if (current_ == none) return;
  current_ = none;
  done_ = std::ranges::none_of(value_, &std::string::empty);
}

std::string_view HeaderScan::take_name(std::string_view rest) {
  static constexpr std::array<std::string_view, 4> wanted{"message-id", "subject", "date", "from"};
  const char c = rest.front();
  if (c == '\n') {
    at_ = At::line_start;
  } else if (c == ':') {
    const auto name = trim_blanks({name_.data(), name_size_});
    const auto* const found =
        std::ranges::find_if(wanted, [&](std::string_view w) { return iequals(w, name); });
    current_ = static_cast<Field>(found - wanted.begin());
    if (current_ != none && !value_[current_].empty()) current_ = none;
    at_ = current_ == none ? At::skip : At::value;
    blank_pending_ = false;
  } else if (name_size_ == name_limit) {
    at_ = At::skip;
  } else {
    name_[name_size_++] = c;
  }
  return rest.substr(1);
}

std::string_view HeaderScan::take_line(std::string_view rest) {
  const void* const found = std::memchr(rest.data(), '\n', rest.size());
  const bool whole = found != nullptr;
  const std::size_t length =
      whole ? static_cast<std::size_t>(static_cast<const char*>(found) - rest.data()) : rest.size();
  if (at_ == At::value) keep(rest.substr(0, length));
  if (whole) {
    blank_pending_ = true;  // counts only if the field goes on
    at_ = At::line_start;
  }
  return rest.substr(length + (whole ? 1 : 0));
}

void HeaderScan::keep(std::string_view piece) {
  std::string& value = value_[current_];
  for (char c : piece) {
    if (counts_as_blank(c)) {
      blank_pending_ = true;
      continue;
    }
    if (blank_pending_ && !value.empty() && value.size() < field_limit) value += ' ';
    blank_pending_ = false;
    if (value.size() >= field_limit) return;
    value += c == '\0' || static_cast<unsigned char>(c) > 127 ? eight_bit : c;
  }
}

MessageKey HeaderScan::key(std::uint64_t size) const {
  // Each kind of digest begins with a letter of its own, so that no header can be made to look like a
  // Message-ID.  Values hold no NUL, so it parts them without doubt.
  std::string input;
  const auto append = [&](std::string_view text) {
    input += text;
    input += '\0';
  };
  append("h");
  for (Field f : {subject, date, from}) append(value_[f]);

  MessageKey key;
  key.headers = first_half(sha256(input));
  key.from_message_id = !value_[message_id].empty();
  if (key.from_message_id) {
    input.clear();
    append("m");
    append(value_[message_id]);
  } else {
    input.front() = 's';
    append(std::to_string(size));
  }
  key.id = first_half(sha256(input));
  return key;
}

MessageKey key_of_headers(Bytes header_block, std::uint64_t size) {
  HeaderScan scan;
  scan.feed(header_block);
  return scan.key(size);
}

}  // namespace pf
