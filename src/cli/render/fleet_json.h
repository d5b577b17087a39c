// JSON of a fleet: the lines of --json, and accounts.json of a report (fleet_report.h).
#pragma once

#include "cli/render/fleet_renderer.h"

#include <functional>
#include <string_view>

namespace pf::cli {

class FleetJsonRenderer final : public FleetRenderer {
 public:
  struct Streams {
    std::function<void(std::string_view)> out;  // one whole line a call
    std::function<void(std::string_view)> err;
  };
  FleetJsonRenderer(FleetStyle style, const AccountBoard& board, Streams streams);

  void event(const fleet::Event& event) override;
  void summary(const FleetReport& report, int exit_status) override;
  void log(std::string_view text) override;

 private:
  void account(std::size_t pair, const AccountRow& row);

  FleetStyle style_;
  const AccountBoard& board_;
  Streams streams_;
  std::vector<bool> told_;  // accounts whose end was told
};

}  // namespace pf::cli
