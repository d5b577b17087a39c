// The dialogue text of ScriptedServer, taken apart.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pf::test {

struct Step {
  enum class Kind : std::uint8_t {
    send,
    send_raw,
    expect_line,
    expect_raw,
    skip,
    expect_end,
    tls,
    close,
    reset,
    wait
  };
  Kind kind = Kind::send;
  std::string text{};       // send and expect_line: with `$n` for tags still in it
  std::uint64_t count = 0;  // skip: octets; wait: milliseconds
  int line = 0;             // in the dialogue, from 1
};

using Steps = std::vector<Step>;

// One entry a connection.  Throws std::runtime_error naming the line.
[[nodiscard]] std::vector<Steps> parse_dialogue(std::string_view text);

// The tags bound so far; [0] is unused.
using Tags = std::array<std::string, 10>;
// Whether `line` fits `pattern`; binds new tags only if it does.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view line, Tags& tags);
[[nodiscard]] std::string fill_in(std::string_view text, const Tags& tags);
// For messages: control characters as \xHH, long text shortened.
[[nodiscard]] std::string visible(std::string_view bytes);

}  // namespace pf::test
