// From the words for one end of a run to an account with its password.
#pragma once

#include "base/result.h"
#include "cli/command.h"
#include "cli/world.h"
#include "config/config_file.h"

#include <string>
#include <string_view>

namespace pf::cli {

// The configuration file and where it is; an explicit one must be there, the default one need not.
struct Configuration {
  config::ConfigFile file;
  std::string path;
};
Result<Configuration> load_configuration(const CommonArgs& common, const config::Environ& env);

// `side` is FROM, TO or, where there is only one end, empty: it names the end in error texts and its options.
Result<config::Account> resolve_account(const EndpointArgs& args, std::string_view side, bool allow_cleartext,
                                        const Configuration& configuration);
// The same with its password, asked for when nothing else tells it.
Result<app::Endpoint> resolve_endpoint(const EndpointArgs& args, std::string_view side, bool allow_cleartext,
                                       const Configuration& configuration, const World& world);

// That the file of ca=FILE can be read.
Status check_ca(const config::Account& account);

// Everything of app::Environment but the log.
Result<app::Environment> resolve_environment(const CommonArgs& common, const Configuration& configuration,
                                             const config::Environ& env, bool with_state);

}  // namespace pf::cli
