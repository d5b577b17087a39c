// Errors a person made: the context is one whole sentence, shown as it is.
#pragma once

#include "base/error.h"

#include <string>
#include <utility>

namespace pf::config {

inline Error usage_error(std::string sentence, std::string remedy = {}) {
  return {Errc::usage, Scope::run, Retry::never, std::move(sentence), {}, std::move(remedy)};
}

}  // namespace pf::config
