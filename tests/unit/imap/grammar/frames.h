// Frames as the framer makes them, for the tests of the grammar.
#pragma once

#include "imap/grammar/response.h"
#include "imap/wire/framer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>

namespace pf::imap::test {

// `wire`: one response without its last CRLF.  `stream`: bodies are taken as LiteralData.
inline Frame frame_of(std::string_view wire, bool stream = false) {
  const auto input = std::string{wire} + "\r\n";
  Framer framer;
  framer.feed(as_bytes(input));
  for (;;) {
    auto event = framer.next();
    if (!event || std::holds_alternative<NeedMore>(*event)) {
      ADD_FAILURE() << "no whole response: " << wire;
      return {};
    }
    if (stream && std::holds_alternative<LiteralStart>(*event)) framer.stream_literal();
    if (auto* ready = std::get_if<FrameReady>(&*event)) return *ready->frame;
  }
}

inline Response response_of(std::string_view wire, bool stream = false) {
  return parse_response(frame_of(wire, stream));
}

// The response as T; a failure and an empty T when it is anything else.
template <class T>
T parsed(std::string_view wire, bool stream = false) {
  auto response = response_of(wire, stream);
  if (auto* value = std::get_if<T>(&response)) return *value;
  const auto* unknown = std::get_if<Unknown>(&response);
  ADD_FAILURE() << "not the kind expected: " << wire
                << (unknown != nullptr ? " (" + unknown->reason + ")" : "");
  return {};
}

inline bool is_unknown(std::string_view wire) {
  return std::holds_alternative<Unknown>(response_of(wire));
}

}  // namespace pf::imap::test
