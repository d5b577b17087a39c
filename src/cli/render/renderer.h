// What a run tells, shown to a person or to a program.
#pragma once

#include "app/job.h"
#include "base/error.h"
#include "sync/report.h"

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace pf::cli {

enum class RunKind : std::uint8_t { sync, dry_run, verify, undo };

class Renderer {
 public:
  virtual ~Renderer() = default;

  virtual void event(const sync::Event& event) = 0;
  // The end of a run; after it nothing is shown.
  virtual void summary(const sync::Summary& summary, int exit_status) = 0;

  virtual void finding(const app::Finding& finding) = 0;
  virtual void runs(const std::vector<app::RemovalRun>& runs) = 0;
  // The end of an examination or a list; `stopped`: what ended it early, if anything did.
  virtual void findings_done(const Error* stopped, int exit_status) = 0;

  // A line of diagnostics, for -v.
  virtual void log(std::string_view text) = 0;

  // A question to the person at the terminal; what is typed follows on its last line.
  virtual void question(std::string_view /*text*/) {}
};

}  // namespace pf::cli
