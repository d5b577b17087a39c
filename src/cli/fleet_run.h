// Runs a fleet before the eyes of whoever watches: live view, reports, exit status.
#pragma once

#include "cli/command.h"
#include "cli/world.h"

#include <vector>

namespace pf::cli {

struct FleetJob {
  const std::vector<fleet::Pair>& pairs;
  app::FleetPolicy policy;
  app::Environment environment;
};

// The same, but each account only logs in at both ends.
FleetJob checking(FleetJob job);

// Gives the exit status.  An error is one before any work: the report cannot be written.
Result<int> run_fleet_job(const FleetJob& job, const OutputArgs& output, World& world);

}  // namespace pf::cli
