// fill_mailbox: puts deterministic ordinary mail, or one message of a given size, into an account.
#include "bulk_append.h"
#include "options.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
  using namespace pf::bench;
  try {
    const Options options(argc, argv, "port user password messages mailboxes seed single-size");
    const Target target{.port = options.port("port"),
                        .user = options.text("user", "alice"),
                        .password = options.text("password", "pw")};
    const auto single = options.number("single-size", 0);
    const auto load = single > 0 ? make_single(single)
                                 : make_load({.messages = options.number("messages", 10000),
                                              .mailboxes = options.number("mailboxes", 10),
                                              .seed = options.number("seed", 1)});
    append_all(load, target);
    fmt::print("{{\"bytes\":{}}}\n", load.bytes);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "fill_mailbox: {}\n", error.what());
    return 1;
  }
}
