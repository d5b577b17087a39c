#include "imap/session/pipeline_rules.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace pf::imap {
namespace {

constexpr std::uint8_t state_bit(SessionState state) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(state));
}
constexpr auto before_login = state_bit(SessionState::not_authenticated);
constexpr auto authenticated = state_bit(SessionState::authenticated);
constexpr auto selected = state_bit(SessionState::selected);
constexpr auto logged_in = static_cast<std::uint8_t>(authenticated | selected);
constexpr auto any_state = static_cast<std::uint8_t>(before_login | logged_in);

constexpr std::uint16_t set(std::initializer_list<Untagged> kinds) {
  unsigned bits = 0;
  for (auto kind : kinds) bits |= static_cast<unsigned>(kind);
  return static_cast<std::uint16_t>(bits);
}
constexpr std::uint16_t mailbox_changes = set({Untagged::exists, Untagged::expunge, Untagged::fetch});
constexpr std::uint16_t opening =
    set({Untagged::status, Untagged::exists, Untagged::fetch, Untagged::vanished_earlier});

constexpr bool yes = true;
constexpr bool no = false;

using K = CommandKind;
using U = Untagged;

// clang-format off
constexpr std::array<PipelineRule, command_kinds> rules{{
    //                                     drains   barrier changes uses    by seq
    // kind             states             before           sel.    sel.    number  after loss        writes answers
    {K::capability,     any_state,         no,      no,     no,     no,     no,     AfterLoss::again, no,    set({U::capability})},
    {K::noop,           any_state,         no,      no,     no,     no,     no,     AfterLoss::again, no,    mailbox_changes},
    {K::logout,         any_state,         no,      yes,    yes,    no,     no,     AfterLoss::never, no,    set({U::status})},
    {K::id,             any_state,         no,      no,     no,     no,     no,     AfterLoss::again, no,    set({U::id})},
    {K::starttls,       before_login,      yes,     yes,    no,     no,     no,     AfterLoss::never, no,    0},
    {K::login,          before_login,      no,      yes,    no,     no,     no,     AfterLoss::never, no,    set({U::capability})},
    {K::authenticate,   before_login,      yes,     yes,    no,     no,     no,     AfterLoss::never, no,    set({U::capability})},
    {K::proxyauth,      authenticated,     yes,     yes,    no,     no,     no,     AfterLoss::never, no,    set({U::capability})},
    {K::enable,         authenticated,     no,      no,     no,     no,     no,     AfterLoss::never, no,    set({U::enabled})},
    {K::compress,       logged_in,         yes,     yes,    no,     no,     no,     AfterLoss::never, no,    0},
    {K::namespace_,     logged_in,         no,      no,     no,     no,     no,     AfterLoss::again, no,    set({U::namespace_})},
    {K::list,           logged_in,         no,      no,     no,     no,     no,     AfterLoss::again, no,    set({U::list, U::mailbox_status})},
    {K::lsub,           logged_in,         no,      no,     no,     no,     no,     AfterLoss::again, no,    set({U::list})},
    {K::status,         logged_in,         no,      no,     no,     no,     no,     AfterLoss::again, no,    set({U::mailbox_status})},
    {K::select,         logged_in,         no,      no,     yes,    no,     no,     AfterLoss::again, no,    opening},
    {K::examine,        logged_in,         no,      no,     yes,    no,     no,     AfterLoss::again, no,    opening},
    {K::create,         logged_in,         no,      no,     no,     no,     no,     AfterLoss::again, yes,   0},
    // Done twice, they would meet what somebody else has put there meanwhile.
    {K::delete_,        logged_in,         no,      no,     no,     no,     no,     AfterLoss::probe, yes,   0},
    {K::rename,         logged_in,         no,      no,     no,     no,     no,     AfterLoss::probe, yes,   0},
    {K::subscribe,      logged_in,         no,      no,     no,     no,     no,     AfterLoss::again, yes,   0},
    {K::append,         logged_in,         no,      no,     no,     no,     no,     AfterLoss::probe, yes,   set({U::exists})},
    {K::get_quota_root, logged_in,         no,      no,     no,     no,     no,     AfterLoss::again, no,    set({U::quota})},
    {K::idle,           logged_in,         yes,     yes,    no,     no,     no,     AfterLoss::again, no,    mailbox_changes},
    {K::unselect,       selected,          no,      no,     yes,    yes,    no,     AfterLoss::never, no,    0},
    {K::close,          selected,          no,      no,     yes,    yes,    no,     AfterLoss::never, yes,   0},
    {K::fetch,          selected,          no,      no,     no,     yes,    yes,    AfterLoss::again, no,    set({U::fetch})},
    {K::uid_fetch,      selected,          no,      no,     no,     yes,    no,     AfterLoss::again, no,    set({U::fetch, U::vanished_earlier})},
    {K::uid_store,      selected,          no,      no,     no,     yes,    no,     AfterLoss::again, yes,   set({U::fetch})},
    {K::uid_search,     selected,          no,      no,     no,     yes,    no,     AfterLoss::again, no,    set({U::search})},
    {K::uid_copy,       selected,          no,      no,     no,     yes,    no,     AfterLoss::probe, yes,   0},
    {K::uid_move,       selected,          no,      no,     no,     yes,    no,     AfterLoss::probe, yes,   set({U::status, U::expunge})},
    {K::uid_expunge,    selected,          no,      no,     no,     yes,    no,     AfterLoss::probe, yes,   set({U::expunge})},
}};
// clang-format on

constexpr bool in_order() {
  for (std::size_t at = 0; at < rules.size(); ++at) {
    if (rules[at].kind != static_cast<CommandKind>(at)) return false;
  }
  return true;
}
static_assert(in_order(), "one row a command, in the order of the enumeration");

struct KindOf {
  Untagged operator()(const StatusResponse&) const { return Untagged::status; }
  Untagged operator()(const CapabilityData&) const { return Untagged::capability; }
  Untagged operator()(const EnabledData&) const { return Untagged::enabled; }
  Untagged operator()(const ListData&) const { return Untagged::list; }
  Untagged operator()(const StatusData&) const { return Untagged::mailbox_status; }
  Untagged operator()(const Exists&) const { return Untagged::exists; }
  Untagged operator()(const Recent&) const { return Untagged::exists; }
  Untagged operator()(const FlagsData&) const { return Untagged::exists; }
  Untagged operator()(const Expunge&) const { return Untagged::expunge; }
  Untagged operator()(const Vanished& vanished) const {
    return vanished.earlier ? Untagged::vanished_earlier : Untagged::expunge;
  }
  Untagged operator()(const FetchData&) const { return Untagged::fetch; }
  Untagged operator()(const SearchData&) const { return Untagged::search; }
  Untagged operator()(const EsearchData&) const { return Untagged::search; }
  Untagged operator()(const NamespaceData&) const { return Untagged::namespace_; }
  Untagged operator()(const IdData&) const { return Untagged::id; }
  Untagged operator()(const QuotaData&) const { return Untagged::quota; }
  Untagged operator()(const QuotaRootData&) const { return Untagged::quota; }
  std::optional<Untagged> operator()(const Tagged&) const { return std::nullopt; }
  std::optional<Untagged> operator()(const Continuation&) const { return std::nullopt; }
  std::optional<Untagged> operator()(const Unknown&) const { return std::nullopt; }
};

bool opens(const PipelineRule& rule) {
  return rule.kind == K::select || rule.kind == K::examine;
}

// One pair of the table's rules: `next` while `running` has not ended.
bool may_follow(const PipelineRule& next, const PipelineRule& running) {
  if (running.barrier || next.drains_before) return false;
  const bool next_cares = next.uses_selection || next.changes_selection;
  const bool running_cares = running.uses_selection || running.changes_selection;
  if (next.changes_selection && running_cares) return false;
  // Not behind a SELECT either: if it failed, the command would hit nothing, or worse, the mailbox before.
  // Only a look may, whose answer is then thrown away.
  const bool only_looks = opens(running) && next.kind == K::uid_fetch;
  if (running.changes_selection && next_cares && !only_looks) return false;
  // RFC 3501 5.5: an EXPUNGE may come during anything but FETCH, STORE and SEARCH and would shift the
  // numbers.
  if (next.by_sequence_number && running.kind != CommandKind::fetch) return false;
  return true;
}

}  // namespace

const PipelineRule& rule(CommandKind kind) {
  return rules.at(static_cast<std::size_t>(kind));
}

bool allowed_in(CommandKind kind, SessionState state) {
  return (rule(kind).states & state_bit(state)) != 0;
}

bool may_send(CommandKind next, std::span<const CommandKind> in_flight) {
  return std::ranges::all_of(in_flight, [&](auto running) { return may_follow(rule(next), rule(running)); });
}

bool answers(CommandKind kind, Untagged response) {
  return (rule(kind).answers & static_cast<std::uint16_t>(response)) != 0;
}

std::optional<Untagged> untagged_kind(const Response& response) {
  return std::visit([](const auto& each) -> std::optional<Untagged> { return KindOf{}(each); }, response);
}

}  // namespace pf::imap
