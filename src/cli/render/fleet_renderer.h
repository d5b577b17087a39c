// What a fleet tells, shown to a person or to a program.
#pragma once

#include "cli/render/account_board.h"
#include "cli/render/fleet_report.h"
#include "fleet/fleet.h"

#include <string_view>

namespace pf::cli {

struct FleetStyle {
  bool dry_run = false;
  bool check = false;  // logins only
  int verbose = 0;
  bool reported = false;  // --report was given: a person is sent there for more
};

class FleetRenderer {
 public:
  virtual ~FleetRenderer() = default;

  // The board has it already.
  virtual void event(const fleet::Event& event) = 0;
  // The end; after it nothing is shown.
  virtual void summary(const FleetReport& report, int exit_status) = 0;
  // A line of diagnostics, for -v.
  virtual void log(std::string_view text) = 0;
};

}  // namespace pf::cli
