// What a fleet tells, as lines of the bulk log, and what must be remembered of it until the end.
#pragma once

#include "cli/bulk_log.h"
#include "fleet/fleet.h"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pf::cli {

// What is being done, as the reference calls it: it stands in the lines and names the threads.
struct BulkLabel {
  std::string_view name;     // "export"
  std::string_view arrow{};  // "->": a line for each mailbox; empty: none
  bool terse = false;        // no word of beginning and end but "OK" or why not
};

struct BulkDifference {
  std::size_t account = 0;
  sync::Difference what;
};

class BulkWatch {
 public:
  BulkWatch(BulkLog& log, BulkLabel label, const std::vector<fleet::Pair>& pairs)
      : log_(log), label_(label), pairs_(pairs) {}

  // For app::run_fleet: called one at a time.
  void event(const fleet::Event& event);

  // At most this many an account are kept; `differences_left_out` counts the rest.
  static constexpr std::size_t most_differences = 1000;
  std::vector<BulkDifference> differences;
  std::map<std::size_t, std::size_t> differences_left_out;

 private:
  void started(std::size_t pair);
  void told(std::size_t pair, const sync::Event& event);
  void finished(const fleet::AccountResult& result);
  void mailbox_done(std::size_t pair, const sync::MailboxReport& report);
  [[nodiscard]] std::string line(std::size_t pair, std::string_view text) const;
  [[nodiscard]] std::string thread(std::size_t pair) const;

  BulkLog& log_;
  BulkLabel label_;
  const std::vector<fleet::Pair>& pairs_;
  std::map<std::size_t, std::size_t> places_;  // of the accounts that run: "export_0"
  std::map<std::size_t, std::size_t> kept_;
};

}  // namespace pf::cli
