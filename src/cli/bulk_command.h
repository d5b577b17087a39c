// `postferry bulk export|import|validate|test|audit|preflight`, understood.
#pragma once

#include "base/clock.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace pf::cli {

enum class BulkMode : std::uint8_t { exporting, importing, validate, test, audit, preflight };

inline constexpr std::array<std::pair<std::string_view, BulkMode>, 6> bulk_modes = {{
    {"export", BulkMode::exporting},
    {"import", BulkMode::importing},
    {"validate", BulkMode::validate},
    {"test", BulkMode::test},
    {"audit", BulkMode::audit},
    {"preflight", BulkMode::preflight},
}};
std::string_view name(BulkMode mode);
// The file that is read where none is named, in the current directory.
std::string_view default_config(BulkMode mode);

struct BulkCommand {
  BulkMode mode = BulkMode::exporting;
  std::string config;  // empty: default_config()
  std::string output_dir = "./exported", input_dir = "./exported", log_dir = "./logs";
  std::string state_dir;
  std::size_t max_workers = 0;  // 0: as many as cores, at least four
  double min_free_gib = 1.0;
  Duration imap_timeout = std::chrono::seconds(60);
  bool ignore_errors = false;
  bool resync_missing = false;
  bool connectivity_test = true;
  bool audit_after_export = true;
  bool audit_offline = false;
  bool content = false;
  bool allow_damaged = false;
  bool allow_cleartext = false;
};

}  // namespace pf::cli
