// The framer over arbitrary octets: whole and split, buffered and streamed, it must tell the same story.  The
// first octet chooses where to split, the second whether to stream.
#include "fuzz/check.h"
#include "imap/wire/framer.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace {

using namespace pf::imap;

struct Story {
  std::vector<std::string> log;
  bool failed = false;
  bool operator==(const Story&) const = default;
};

class Teller {
 public:
  explicit Teller(bool stream) : framer_(small_limits()), stream_(stream) {}

  void feed(std::string_view piece) {
    framer_.feed(pf::as_bytes(piece));
    while (!story_.failed && step()) {
    }
  }
  [[nodiscard]] const Story& story() const { return story_; }

 private:
  static Limits small_limits() {
    Limits limits;
    limits.max_text = 4096;
    limits.max_buffered_literals = 2048;
    limits.max_literals = 64;
    return limits;
  }

  bool step() {
    auto event = framer_.next();
    if (!event) {
      story_.failed = true;
      return false;
    }
    if (std::holds_alternative<NeedMore>(*event)) return false;
    if (auto* start = std::get_if<LiteralStart>(&*event)) {
      story_.log.push_back("start " + std::to_string(start->size));
      if (stream_) framer_.stream_literal();
      in_data_ = false;
    } else if (auto* data = std::get_if<LiteralData>(&*event)) {
      if (!in_data_) story_.log.emplace_back();
      in_data_ = true;
      story_.log.back().append(pf::as_text(data->data));
    } else if (auto* ready = std::get_if<FrameReady>(&*event)) {
      story_.log.push_back("frame " + ready->frame->text);
      for (const auto& literal : ready->frame->literals) {
        PF_CHECK(literal.end <= ready->frame->text.size() && literal.begin < literal.end);
        PF_CHECK(literal.streamed || literal.data.size() == literal.size);
        story_.log.push_back(literal.data);
      }
    }
    return true;
  }

  Framer framer_;
  bool stream_;
  bool in_data_ = false;
  Story story_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input{reinterpret_cast<const char*>(data) + 2, size - 2};
  const std::size_t step = data[0] + 1U;
  const bool stream = (data[1] & 1) != 0;
  Teller whole{stream};
  whole.feed(input);
  Teller parts{stream};
  for (std::size_t at = 0; at < input.size(); at += step) parts.feed(input.substr(at, step));
  // An endless line is refused as soon as it is too long: a piece earlier or later, but by both.
  PF_CHECK(whole.story() == parts.story());
  return 0;
}
