// append_limit: how fast can this server take this mail at all?  A client with everything in memory and
// nothing to decide.
#include "bulk_append.h"
#include "options.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
  using namespace pf::bench;
  try {
    const Options options(argc, argv,
                          "port user password connections batch batch-bytes window messages mailboxes seed");
    const auto load = make_load({.messages = options.number("messages", 10000),
                                 .mailboxes = options.number("mailboxes", 10),
                                 .batch = options.number("batch", 50),
                                 .batch_bytes = options.number("batch-bytes", 4UL * 1024 * 1024),
                                 .seed = options.number("seed", 1)});
    const auto seconds = append_all(load, {.port = options.port("port"),
                                           .user = options.text("user", "alice"),
                                           .password = options.text("password", "pw"),
                                           .connections = options.number("connections", 4),
                                           .window = options.number("window", 2)});
    fmt::print("{{\"seconds\":{:.3f},\"bytes\":{},\"batches\":{}}}\n", seconds, load.bytes,
               load.batches.size());
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "append_limit: {}\n", error.what());
    return 1;
  }
}
