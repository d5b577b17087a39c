// fetch_limit: how fast does this server give away all mail of an account?  With --into DIR the mail becomes
// files, and the disk has them in the end; with --steps archive in the steps an archive is written in.
#include "bare_fetch.h"
#include "options.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
  using namespace pf::bench;
  try {
    const Options options(argc, argv, "port user password connections into steps");
    Fetched fetched;
    const bool archive = options.text("steps", "") == "archive";
    const auto seconds =
        bare_fetch({options.port("port"), options.text("user", "alice"), options.text("password", "pw")},
                   options.number("connections", 4), options.text("into", ""),
                   archive ? as_an_archive : file_a_message, fetched);
    fmt::print("{{\"seconds\":{:.3f},\"bytes\":{},\"messages\":{}}}\n", seconds, fetched.bytes.load(),
               fetched.messages.load());
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "fetch_limit: {}\n", error.what());
    return 1;
  }
}
