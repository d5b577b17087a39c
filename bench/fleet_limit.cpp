// fleet_limit: how fast can two servers take so many accounts over at all?  With --fill: makes the accounts.
#include "bare_copy.h"
#include "bulk_append.h"
#include "in_parallel.h"
#include "options.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <functional>

namespace {

using namespace pf::bench;

std::string user(const std::string& prefix, std::size_t number) {
  return fmt::format("{}{:04}", prefix, number);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options(argc, argv,
                          "fill port to-port prefix to-prefix password accounts messages mailboxes at-once");
    const auto accounts = options.number("accounts", 100);
    const auto at_once = options.number("at-once", 4);
    const auto password = options.text("password", "pw");
    const auto prefix = options.text("prefix", "from");
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::uint64_t> messages{0};
    std::function<void(std::size_t)> work = [&](std::size_t i) {
      const auto copied =
          bare_copy({options.port("port"), user(prefix, i), password},
                    {options.port("to-port"), user(options.text("to-prefix", "to"), i), password});
      bytes += copied.bytes;
      messages += copied.messages;
    };
    if (options.number("fill", 0) != 0) {
      work = [&](std::size_t i) {
        const auto load = make_load({.messages = options.number("messages", 50),
                                     .mailboxes = options.number("mailboxes", 6),
                                     .seed = i + 1});
        append_all(
            load,
            {.port = options.port("port"), .user = user(prefix, i), .password = password, .connections = 1});
        bytes += load.bytes;
        messages += options.number("messages", 50);
      };
    }
    const double seconds = in_parallel(accounts, at_once, work);
    fmt::print("{{\"seconds\":{:.3f},\"bytes\":{},\"messages\":{}}}\n", seconds, bytes.load(),
               messages.load());
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "fleet_limit: {}\n", error.what());
    return 1;
  }
}
