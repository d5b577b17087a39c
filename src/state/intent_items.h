// The messages of an intent as the octets of one column: a batch is written down and forgotten as a whole,
// and a row for each message took a copy between two servers a seventh of the client's CPU (10,000 messages).
#pragma once

#include "state/journal.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::state {

class Database;

// Of each message: its reference and flags with their lengths, its key, size and date.  Numbers are big
// endian.
std::string encode_items(std::span<const IntentItem> items);
// Nothing when the octets are not exactly what encode_items() makes.
std::optional<std::vector<IntentItem>> decode_items(std::string_view octets);

// Version 3 to 4 of the file (schema.cpp): the rows of table intent_item become columns.
Status pack_intent_items(Database& database);

}  // namespace pf::state
