// Everything the command line touches outside itself: streams, terminal, environment, and the engine.  main()
// puts the real things here, tests their own.
#pragma once

#include "app/archive_job.h"
#include "app/fleet_job.h"
#include "app/job.h"
#include "config/xdg.h"

#include <functional>
#include <string>
#include <string_view>

namespace pf::cli {

// What app/ offers; see app/job.h, app/fleet_job.h and app/archive_job.h.
struct Engine {
  std::function<decltype(app::run_sync)> run_sync;
  std::function<decltype(app::run_verify)> run_verify;
  std::function<decltype(app::run_undo)> run_undo;
  std::function<decltype(app::list_runs)> list_runs;
  std::function<decltype(app::run_doctor)> run_doctor;
  std::function<decltype(app::run_fleet)> run_fleet;
  std::function<decltype(app::check_archive)> check_archive;
  std::function<decltype(app::read_password)> read_password;
};

struct World {
  Engine engine;
  std::function<void(std::string_view)> out, err;  // written through at once
  bool in_is_terminal = false, out_is_terminal = false, err_is_terminal = false;
  std::function<std::size_t()> err_width;  // columns
  // Asks a person; Errc::unsupported when there is no terminal.
  std::function<Result<Secret>(std::string_view prompt)> ask_password;
  // What a person types at standard input, up to the end of the line; Errc::cancelled when nothing comes.
  std::function<Result<std::string>()> read_answer;
  config::Environ env;
  app::StopFlag* stop = nullptr;
  std::function<int()> stop_signal;  // 0: none
};

}  // namespace pf::cli
