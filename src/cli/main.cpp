// Wires the command line to the real world; everything else is in run().
#include "base/os/memory.h"
#include "base/os/open_files.h"
#include "base/os/signal.h"
#include "base/os/terminal.h"
#include "cli/exit_status.h"
#include "cli/run.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int standard_input = 0;
constexpr int standard_output = 1;
constexpr int standard_error = 2;
constexpr std::size_t usual_width = 80;

// 0, or what kept something from being written.
int write_through(std::FILE* stream, std::string_view text) {
  errno = 0;
  const bool written = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
  return std::fflush(stream) == 0 && written ? 0 : errno;
}

// A reader that has had enough (`| head`), or who wanted no output at all, is no failure.
bool is_lost(int why) {
  return why != 0 && why != EPIPE && why != EBADF;
}

std::string environment_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

int main(int argc, char** argv) {
  static pf::app::StopFlag stop{0};
  pf::os::disable_core_dumps();
  pf::os::allow_more_open_files();
  pf::os::install_signal_handlers(&stop);

  pf::cli::World world;
  world.engine = {.run_sync = pf::app::run_sync,
                  .run_verify = pf::app::run_verify,
                  .run_undo = pf::app::run_undo,
                  .list_runs = pf::app::list_runs,
                  .run_doctor = pf::app::run_doctor,
                  .run_fleet = pf::app::run_fleet,
                  .check_archive = pf::app::check_archive,
                  .read_password = pf::app::read_password};
  int lost = 0;
  world.out = [&lost](std::string_view text) {
    const int why = write_through(stdout, text);
    if (lost == 0 && is_lost(why)) lost = why;
  };
  world.err = [](std::string_view text) { (void)write_through(stderr, text); };
  world.in_is_terminal = pf::os::is_terminal(standard_input);
  world.out_is_terminal = pf::os::is_terminal(standard_output);
  world.err_is_terminal = pf::os::is_terminal(standard_error) && environment_variable("TERM") != "dumb";
  world.err_width = [] { return pf::os::terminal_width(standard_error).value_or(usual_width); };
  world.ask_password = pf::os::read_password;
  world.read_answer = [] { return pf::os::read_line_from(standard_input); };
  world.env = environment_variable;
  world.stop = &stop;
  world.stop_signal = pf::os::stop_signal;

  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const int status = pf::cli::run(words, world);
  if (lost == 0) return status;
  world.err(std::string("postferry: cannot write to standard output: ") + std::strerror(lost) + "\n");
  return status == 0 ? static_cast<int>(pf::cli::Exit::unexpected) : status;
}
