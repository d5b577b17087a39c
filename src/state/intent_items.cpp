#include "state/intent_items.h"

#include "base/big_endian.h"
#include "state/database.h"
#include "state/row_codec.h"
#include "state/row_sum.h"

#include <map>

namespace pf::state {
namespace {

constexpr std::size_t length_octets = 4, number_octets = 8;

void put_octets(std::string& out, std::string_view octets) {
  out += big_endian(octets.size(), length_octets);
  out += octets;
}

// Takes from the front; once something is missing, everything is.
class Cursor {
 public:
  explicit Cursor(std::string_view octets) : rest_(octets) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool broken() const { return broken_; }

  std::string_view take(std::size_t octets) {
    broken_ = broken_ || octets > rest_.size();
    if (broken_) return {};
    const std::string_view taken = rest_.substr(0, octets);
    rest_.remove_prefix(octets);
    return taken;
  }
  std::uint64_t number(std::size_t octets) { return from_big_endian(take(octets)); }
  std::string_view octets() { return take(static_cast<std::size_t>(number(length_octets))); }

 private:
  std::string_view rest_;
  bool broken_ = false;
};

// Table intent_item of version 3.
Status read_rows(Database& database, std::map<IntentId, std::vector<IntentItem>>& into) {
  PF_TRY(auto rows,
         database.query("SELECT intent_id, ordinal, source_ref, key, size, date_seconds, flags, sum "
                        "FROM intent_item ORDER BY intent_id, ordinal"));
  for (;;) {
    PF_TRY(const bool more, rows.step());
    if (!more) return {};
    const auto key = decode_key(rows.blob(3));
    const std::int64_t sum = row_sum(rows.integer(0), rows.integer(1), rows.blob(2), rows.blob(3),
                                     rows.integer(4), rows.integer(5), rows.blob(6));
    const auto intent = into.find(rows.integer(0));
    if (!key || sum != rows.integer(7) || intent == into.end())
      return database.damage("a message of an intent does not match its checksum");
    intent->second.push_back({MessageRef(std::string(rows.blob(2))), *key, decode_size(rows.integer(4)),
                              rows.integer(5), FlagSet::parse(rows.blob(6))});
  }
}

}  // namespace

std::string encode_items(std::span<const IntentItem> items) {
  std::string out;
  for (const auto& item : items) {
    put_octets(out, item.source.bytes());
    out += encode_key(item.key);
    out += big_endian(item.size, number_octets);
    out += big_endian(static_cast<std::uint64_t>(item.date_seconds), number_octets);
    put_octets(out, item.flags.to_string());
  }
  return out;
}

std::optional<std::vector<IntentItem>> decode_items(std::string_view octets) {
  Cursor cursor(octets);
  FlagDecoder flags;
  std::vector<IntentItem> out;
  while (!cursor.at_end()) {
    IntentItem item;
    item.source = MessageRef(std::string(cursor.octets()));
    const auto key = decode_key(cursor.take(key_octets));
    item.size = cursor.number(number_octets);
    item.date_seconds = static_cast<std::int64_t>(cursor.number(number_octets));
    const std::string_view flag_text = cursor.octets();
    if (cursor.broken() || !key) return std::nullopt;
    item.key = *key;
    item.flags = flags.decode(flag_text);
    out.push_back(std::move(item));
  }
  return out;
}

Status pack_intent_items(Database& database) {
  std::map<IntentId, std::vector<IntentItem>> all;
  {
    PF_TRY(auto rows, database.query("SELECT id FROM intent"));
    for (;;) {
      PF_TRY(const bool more, rows.step());
      if (!more) break;
      all.emplace(rows.integer(0), std::vector<IntentItem>());
    }
  }
  PF_TRYV(read_rows(database, all));
  for (const auto& [intent, items] : all) {
    const std::string octets = encode_items(items);
    PF_TRYV(
        database.exec("INSERT INTO intent_items VALUES(?, ?, ?)", {intent, octets, row_sum(intent, octets)}));
  }
  return {};
}

}  // namespace pf::state
