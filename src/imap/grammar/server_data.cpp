// enable-data (RFC 5161), id-response (RFC 2971), quota-response and quotaroot-response (RFC 9208).
#include "base/ascii.h"
#include "imap/grammar/parsers.h"

#include <algorithm>
#include <utility>

namespace pf::imap {
namespace grammar {

Response enabled(Lexer& lexer) {
  EnabledData data;
  while (const auto word = lexer.atom()) data.names.push_back(upper(*word));
  return data;
}

Response id(Lexer& lexer) {
  IdData data;
  if (lexer.accept_word("NIL")) return data;
  if (!lexer.accept('(')) return malformed("ID without a list");
  while (!lexer.accept(')')) {
    auto key = lexer.astring();
    if (!key) return malformed("ID with a broken field");
    auto value = lexer.nstring();
    if (!value) return malformed("ID with a broken value");
    data.fields.emplace_back(std::move(key->data),
                             value->nil ? std::nullopt : std::optional{std::move(value->data)});
  }
  return data;
}

Response quota(Lexer& lexer) {
  QuotaData data;
  auto root = lexer.astring();
  if (!root || !lexer.accept('(')) return malformed("QUOTA without a list");
  data.root = std::move(root->data);
  while (!lexer.accept(')')) {
    const auto resource = lexer.atom();
    std::optional<std::uint64_t> usage;
    std::optional<std::uint64_t> limit;
    if (!resource || !lexer.lenient_number(usage) || !lexer.lenient_number(limit)) {
      return malformed("QUOTA with a broken resource");
    }
    if (usage && limit) data.resources.push_back({upper(*resource), *usage, *limit});
  }
  return data;
}

Response quota_root(Lexer& lexer) {
  QuotaRootData data;
  auto mailbox = lexer.astring();
  if (!mailbox) return malformed("QUOTAROOT without a mailbox");
  data.mailbox = std::move(mailbox->data);
  while (auto root = lexer.astring()) data.roots.push_back(std::move(root->data));
  return data;
}

}  // namespace grammar

bool EnabledData::has(std::string_view name) const {
  return std::ranges::any_of(names, [&](const auto& each) { return iequals(each, name); });
}

std::string_view IdData::get(std::string_view key) const {
  for (const auto& [name, value] : fields) {
    if (iequals(name, key)) return value ? std::string_view{*value} : std::string_view{};
  }
  return {};
}

}  // namespace pf::imap
