// delay_proxy: a line with a round trip time and unlimited bandwidth; with --rtt-ms 0 it only counts octets.
// Prints its port, runs until SIGTERM or SIGINT, then prints what went through.
#include "options.h"
#include "support/fault_proxy.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
  using pf::test::Direction;
  try {
    const pf::bench::Options options(argc, argv, "listen to rtt-ms");
    sigset_t end;
    ::sigemptyset(&end);
    ::sigaddset(&end, SIGTERM);
    ::sigaddset(&end, SIGINT);
    ::sigprocmask(SIG_BLOCK, &end, nullptr);  // before the proxy's thread starts, which inherits it
    pf::test::FaultProxy proxy(
        {.target_port = options.port("to"),
         .listen_port = static_cast<std::uint16_t>(options.number("listen", 0)),
         .one_way_delay = std::chrono::microseconds(options.number("rtt-ms", 0) * 500)});
    fmt::print("{}\n", proxy.port());
    std::fflush(stdout);
    int signal = 0;
    ::sigwait(&end, &signal);
    fmt::print("{{\"to_server\":{},\"to_client\":{},\"connections\":{},\"most_open\":{}}}\n",
               proxy.delivered(Direction::to_server), proxy.delivered(Direction::to_client),
               proxy.connections(), proxy.most_open_connections());
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "delay_proxy: {}\n", error.what());
    return 1;
  }
}
