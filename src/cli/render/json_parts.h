// What every JSON of ours has in common; docs/json-output.md is the contract.
#pragma once

#include "sync/report.h"

#include <nlohmann/json.hpp>

#include <string>

namespace pf::cli {

using Json = nlohmann::ordered_json;

// With a line end.  Names and server texts may hold any bytes; JSON holds UTF-8 only.
std::string dumped(const Json& json, int indent = -1);
// Uids are numbers; what is no number stays text, and what is about a whole mailbox is null.
Json ref_json(const std::string& ref);
Json failure_json(const sync::Failure& failure);
Json error_json(const Error& error);

}  // namespace pf::cli
