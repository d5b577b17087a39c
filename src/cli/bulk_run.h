// The modes of the bulk migrator, step by step.
#pragma once

#include "cli/bulk_setup.h"
#include "cli/bulk_watch.h"
#include "cli/world.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::cli {

class BulkRun {
 public:
  BulkRun(const BulkCommand& command, World& world, app::Environment environment, BulkLog& log)
      : command_(command), world_(world), environment_(std::move(environment)), log_(log) {}

  // Everything is told in the log; returns the exit status.
  int run();

 private:
  // What stops the run, as its exit status; nothing: go on.
  using Stopped = std::optional<int>;
  using MakePair = std::function<fleet::Pair(std::size_t account)>;
  struct Worked {
    fleet::Summary summary;
    std::vector<std::size_t> accounts;  // index of the account of each pair
    std::vector<BulkDifference> differences;
  };

  Stopped prepare();
  Stopped connect();
  Stopped export_mail();
  Stopped import_mail();
  Stopped validate();
  Stopped audit(bool files);
  Stopped audit_files();
  // The preflight: bulk_preflight.cpp.
  Stopped examine();
  void examine_accounts(const Worked& looked);
  void examine_room(const std::string& email, const sync::Summary& found);
  void examine_disk(const Worked& looked);
  Stopped examine_servers(const Worked& looked);
  void examine_server(const config::BulkEnd& end);
  void issue(std::string text);

  Worked work(BulkLabel label, const app::FleetPolicy& policy, const MakePair& make);
  Stopped judge(const BulkLabel& label, const Worked& worked);
  Stopped judge_login(const Worked& worked);
  // How many accounts differ; `tolerates_extra`: what is only on the far side is no difference.
  std::size_t tell_differences(const Worked& worked, bool audit);
  [[nodiscard]] bool not_compared() const;
  void leave_out(std::size_t account, std::string_view label, std::string_view why);

  [[nodiscard]] fleet::Pair pair(std::size_t account, const config::BulkEnd& from,
                                 const config::BulkEnd& to) const;
  [[nodiscard]] config::BulkEnd archive(std::size_t account) const;
  [[nodiscard]] app::FleetPolicy policy(fleet::Work work) const;

  const BulkCommand& command_;
  World& world_;
  app::Environment environment_;
  BulkLog& log_;
  BulkSetup setup_;
  std::vector<bool> left_out_;  // accounts that failed already
  bool some_failed_ = false;
  std::vector<std::string> issues_;  // that a preflight found
  std::size_t rooms_not_known_ = 0;  // accounts of which nobody says how much they take
};

}  // namespace pf::cli
