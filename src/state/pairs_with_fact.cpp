#include "state/pairs_with_fact.h"

#include "state/row_sum.h"

namespace pf::state {

namespace {

Result<std::set<AccountPair>> read_pairs(Database& database, const std::string& name) {
  PF_TRY(auto rows, database.query("SELECT source_account, target_account, pair.id, value, sum FROM fact "
                                   "JOIN pair ON pair.id = fact.pair_id WHERE name=?",
                                   {name}));
  std::set<AccountPair> pairs;
  for (;;) {
    PF_TRY(const bool more, rows.step());
    if (!more) return pairs;
    if (row_sum(rows.integer(2), name, rows.blob(3)) != rows.integer(4))
      return database.damage("a fact does not match its checksum");
    pairs.emplace(rows.blob(0), rows.blob(1));
  }
}

}  // namespace

Task<std::set<AccountPair>> pairs_with_fact(Writer& writer, std::string name) {
  auto work = [name = std::move(name)](Database& database) { return read_pairs(database, name); };
  auto pairs = co_await writer.call<std::set<AccountPair>>(Writer::Kind::read, std::move(work));
  co_return pairs;
}

}  // namespace pf::state
