// Where state and configuration live (XDG Base Directory Specification 0.8).
#pragma once

#include "base/result.h"

#include <functional>
#include <string>

namespace pf::config {

// The value of an environment variable, empty when it is not set.  Injected, so that tests need no setenv.
using Environ = std::function<std::string(const char* name)>;

// $XDG_STATE_HOME/postferry, else $HOME/.local/state/postferry.  A relative XDG path counts as not set, as
// the specification says.  Error: usage, when neither names an absolute path.
Result<std::string> default_state_dir(const Environ& env);
// $XDG_CONFIG_HOME/postferry/postferry.toml, else $HOME/.config/postferry/postferry.toml.
Result<std::string> default_config_file(const Environ& env);

}  // namespace pf::config
