// Modified UTF-7, RFC 3501 5.1.3: printable ASCII stands for itself, '&' is "&-", everything else is UTF-16
// in base64 (with ',' for '/', without padding) between '&' and '-'.
#include "base/utf8.h"
#include "mail/mailbox_name.h"

#include <array>
#include <cstdint>

namespace pf {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
constexpr char32_t replacement = 0xFFFD;

bool stands_for_itself(char32_t c) {
  return c >= 0x20 && c <= 0x7E;
}
bool is_high_surrogate(char32_t unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low_surrogate(char32_t unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

// UTF-16 units gathered into base64, six bits at a time.
class ShiftedRun {
 public:
  explicit ShiftedRun(std::string& out) : out_(out) {}

  void add(char32_t c) {
    if (c < 0x10000) {
      add_unit(c);
    } else {
      add_unit(0xD800 + ((c - 0x10000) >> 10U));
      add_unit(0xDC00 + ((c - 0x10000) & 0x3FFU));
    }
  }
  void end() {
    if (!open_) return;
    if (count_ > 0) out_ += digits[(bits_ << (6 - count_)) & 63U];
    out_ += '-';
    open_ = false;
    bits_ = count_ = 0;
  }

 private:
  void add_unit(char32_t unit) {
    if (!open_) out_ += '&';
    open_ = true;
    bits_ = (bits_ << 16U) | unit;
    for (count_ += 16; count_ >= 6;) {
      count_ -= 6;
      out_ += digits[(bits_ >> count_) & 63U];
    }
    bits_ &= (1U << count_) - 1;
  }

  std::string& out_;
  bool open_ = false;
  std::uint32_t bits_ = 0, count_ = 0;
};

// What stood between '&' and '-'.  False: not valid.
bool decode_run(std::string_view base64, std::string& out) {
  std::uint32_t bits = 0, count = 0;
  char32_t high = 0;
  for (char c : base64) {
    const auto value = digits.find(c);
    if (value == std::string_view::npos) return false;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 16) continue;
    count -= 16;
    const char32_t unit = bits >> count;
    bits &= (1U << count) - 1;
    if (is_low_surrogate(unit) != (high != 0)) return false;
    if (is_high_surrogate(unit)) {
      high = unit;
    } else {
      if (stands_for_itself(unit)) return false;
      append_utf8(out, high == 0 ? unit : 0x10000 + ((high - 0xD800) << 10U) + (unit - 0xDC00));
      high = 0;
    }
  }
  // At least one whole character, no half of one, and padding of zero bits shorter than a digit.
  return !base64.empty() && high == 0 && count < 6 && bits == 0;
}

}  // namespace

std::optional<std::string> decode_mutf7(std::string_view wire) {
  std::string out;
  out.reserve(wire.size());
  bool after_run = false;
  while (!wire.empty()) {
    const char c = wire.front();
    if (!stands_for_itself(static_cast<unsigned char>(c))) return std::nullopt;
    if (c != '&') {
      out += c;
      wire.remove_prefix(1);
      after_run = false;
      continue;
    }
    const auto end = wire.find('-');
    if (end == std::string_view::npos) return std::nullopt;
    const auto base64 = wire.substr(1, end - 1);
    if (base64.empty()) {
      out += '&';
    } else if (after_run || !decode_run(base64, out)) {  // two runs in a row: one would have done
      return std::nullopt;
    }
    after_run = !base64.empty();
    wire.remove_prefix(end + 1);
  }
  return out;
}

std::string encode_mutf7(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  ShiftedRun run(out);
  while (!utf8.empty()) {
    const CodePoint point = first_code_point(utf8).value_or(CodePoint{replacement, 1});
    utf8.remove_prefix(point.length);
    if (!stands_for_itself(point.value)) {
      run.add(point.value);
      continue;
    }
    run.end();
    out += static_cast<char>(point.value);
    if (point.value == U'&') out += '-';
  }
  run.end();
  return out;
}

}  // namespace pf
