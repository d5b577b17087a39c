// What is known of each account of a fleet so far.  For several threads.
#pragma once

#include "cli/render/fleet_report.h"
#include "fleet/fleet.h"

#include <mutex>
#include <vector>

namespace pf::cli {

class AccountBoard {
 public:
  AccountBoard(const std::vector<fleet::Pair>& pairs, bool dry_run, bool check);

  void event(const fleet::Event& event);
  // The end of all; events before it may have told less.
  void finish(const fleet::Summary& summary, int exit_status);

  // As it is now.
  [[nodiscard]] FleetReport report() const;
  [[nodiscard]] AccountRow row(std::size_t pair) const;
  [[nodiscard]] const std::string& name(std::size_t pair) const { return names_[pair]; }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  void take(const fleet::AccountResult& result);

  std::vector<std::string> names_;  // never changed, so read without the lock
  mutable std::mutex mutex_;
  FleetReport report_;
};

}  // namespace pf::cli
