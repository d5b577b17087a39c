// A command line, understood: typed, checked as far as the words alone allow, and free of any library.
#pragma once

#include "app/fleet_job.h"
#include "base/clock.h"
#include "cli/bulk_command.h"
#include "cli/syncimap.h"
#include "fleet/list.h"
#include "sync/policy.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace pf::cli {

// One end of a run as named: a URL, or the name of an account in the configuration file.
struct EndpointArgs {
  std::string where;
  std::string password_env, password_file, password_command;
};

enum class Format : std::uint8_t { text, json };

struct OutputArgs {
  Format format = Format::text;
  bool quiet = false;
  int verbose = 0;
  std::string report_dir;
};

// What is not said here comes from [defaults] of the configuration file, then from the program.
struct CommonArgs {
  std::string config_file;  // empty: the default one, if it is there
  std::string state_dir;
  std::string trace_file;
  std::optional<bool> compress;
  std::optional<Duration> io_timeout;
  bool allow_cleartext = false;
  bool allow_damaged = false;
  OutputArgs output;
};

struct SyncCommand {
  EndpointArgs from, to;
  sync::Policy policy;
  CommonArgs common;
};
struct VerifyCommand {
  EndpointArgs from, to;
  sync::VerifyPolicy policy;
  CommonArgs common;
};
struct UndoCommand {
  EndpointArgs from, to;
  std::optional<std::int64_t> run;  // nothing: list the runs
  sync::Timing timing;
  CommonArgs common;
};
// A list of accounts, from server to server.
struct BulkSyncCommand {
  std::string accounts;  // file
  fleet::CommonEnd from, to;
  app::FleetPolicy policy;
  bool check = false;  // a pass of logins before any work
  CommonArgs common;
};
struct ArchiveCheckCommand {
  std::string directory;
  OutputArgs output;
};
struct DoctorCommand {
  EndpointArgs endpoint;
  CommonArgs common;
};

enum class Shell : std::uint8_t { bash, zsh, fish };
struct CompletionCommand {
  Shell shell = Shell::bash;
};
struct ManCommand {};
struct HelpCommand {
  std::string topic;  // name of a command or a family; empty: the program
};
struct VersionCommand {};

using Command = std::variant<SyncCommand, VerifyCommand, UndoCommand, SyncimapCommand, BulkCommand,
                             BulkSyncCommand, ArchiveCheckCommand, DoctorCommand, CompletionCommand,
                             ManCommand, HelpCommand, VersionCommand>;

}  // namespace pf::cli
