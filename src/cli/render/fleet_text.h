// A fleet for people: one line that lives, who failed at once, a summary at the end.
#pragma once

#include "cli/render/fleet_renderer.h"
#include "cli/render/live_line.h"

#include <functional>
#include <string>
#include <string_view>

namespace pf::cli {

// "12/1,000 accounts  40 running  2 failed  1,234 messages  12.3 MB  4.5 MB/s  ETA 0:12"
std::string fleet_line(const fleet::Totals& totals);

class FleetTextRenderer final : public FleetRenderer {
 public:
  FleetTextRenderer(FleetStyle style, const AccountBoard& board, std::function<void(std::string_view)> out,
                    LiveLine::Screen err);

  void event(const fleet::Event& event) override;
  void summary(const FleetReport& report, int exit_status) override;
  void log(std::string_view text) override;

 private:
  void finished(const fleet::AccountResult& result);
  void of_account(const fleet::AccountEvent& told);
  void out(std::string_view text);

  FleetStyle style_;
  const AccountBoard& board_;
  std::function<void(std::string_view)> out_;
  LiveLine line_;
};

// Failures on standard error and nothing else: for cron.
class FleetQuietRenderer final : public FleetRenderer {
 public:
  explicit FleetQuietRenderer(std::function<void(std::string_view)> err) : err_(std::move(err)) {}

  void event(const fleet::Event& /*event*/) override {}
  void summary(const FleetReport& report, int exit_status) override;
  void log(std::string_view /*text*/) override {}

 private:
  std::function<void(std::string_view)> err_;
};

}  // namespace pf::cli
