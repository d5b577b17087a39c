// Which pairs of accounts have something noted: asked across all of them, so no part of the journal of one.
#pragma once

#include "state/writer.h"

#include <set>
#include <string>
#include <utility>

namespace pf::state {

using AccountPair = std::pair<std::string, std::string>;  // labels of source and target

Task<std::set<AccountPair>> pairs_with_fact(Writer& writer, std::string name);

}  // namespace pf::state
