#include "auth/sasl/choose.h"

#include "base/ascii.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>

namespace pf::sasl {

namespace {

struct Known {
  std::string_view name;
  bool reveals = false;  // sends the password itself
  bool authzid = false;
  bool plus = false;
  bool command = false;
  bool only_forced = false;
};

// By strength.
constexpr std::array known{
    Known{.name = "SCRAM-SHA-256-PLUS", .authzid = true, .plus = true},
    Known{.name = "SCRAM-SHA-256", .authzid = true},
    Known{.name = "SCRAM-SHA-1-PLUS", .authzid = true, .plus = true},
    Known{.name = "SCRAM-SHA-1", .authzid = true},
    Known{.name = "CRAM-MD5"},
    Known{.name = "EXTERNAL", .authzid = true, .only_forced = true},
    Known{.name = "PLAIN", .reveals = true, .authzid = true},
    Known{.name = "LOGIN", .reveals = true},
    Known{.name = "LOGIN", .reveals = true, .command = true},
};

bool offers(const Offer& offer, std::string_view name) {
  return std::ranges::any_of(offer.mechanisms, [&](const std::string& m) { return iequals(m, name); });
}

bool offered(const Offer& offer, const Known& k) {
  return k.command ? !offer.login_disabled : offers(offer, k.name);
}

bool wanted(const Known& k, const ChoiceRules& rules) {
  return rules.forced.empty() ? !k.only_forced : iequals(rules.forced, k.name);
}

bool usable(const Known& k, const ChoiceRules& rules) {
  return (!k.plus || rules.channel_binding) && (!rules.authzid || k.authzid);
}

bool safe(const Known& k, const ChoiceRules& rules) {
  return !k.reveals || rules.tls || rules.loopback || rules.allow_cleartext;
}

Choice to_choice(const Known& k, const Offer& offer, const ChoiceRules& rules) {
  Choice c;
  c.mechanism = k.name;
  c.login_command = k.command;
  if (k.plus) {
    c.gs2 = Gs2::bound;
  } else if (k.name.starts_with("SCRAM-") && rules.channel_binding) {
    // RFC 5802 section 6: 'y' only when the server offers no -PLUS at all, else it must take us for robbed of
    // it.
    const bool plus_offered =
        std::ranges::any_of(known, [&](const Known& p) { return p.plus && offers(offer, p.name); });
    c.gs2 = plus_offered ? Gs2::unsupported : Gs2::not_offered;
  }
  return c;
}

std::string offer_text(const Offer& offer) {
  std::vector<std::string> names(offer.mechanisms);
  if (!offer.login_disabled) names.emplace_back("the LOGIN command");
  if (names.empty()) return "no way to log in";
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string_view remedy(const Offer& offer, const ChoiceRules& rules) {
  if (!rules.forced.empty()) return "leave auth= out to use the strongest the server offers";
  if (rules.authzid)
    return "an admin login needs PLAIN, SCRAM or EXTERNAL; some servers take admin-form=star instead";
  if (offer.login_disabled && !rules.tls)
    return "the server may allow a login only over TLS: use imaps:// or tls=starttls";
  return "ask the server's owner to enable SCRAM-SHA-256, or PLAIN over TLS";
}

Error nothing(const Offer& offer, const ChoiceRules& rules, bool only_unsafe) {
  if (only_unsafe) {
    return {Errc::cleartext,
            Scope::account,
            Retry::never,
            fmt::format("the server offers {}, which would send the password in clear over this connection",
                        offer_text(offer)),
            {},
            "use imaps:// or tls=starttls"};
  }
  const std::string what =
      rules.forced.empty() ? std::string("none of which can be used") : fmt::format("not {}", rules.forced);
  return {Errc::auth_no_mech,
          Scope::account,
          Retry::never,
          fmt::format("the server offers {}, {}", offer_text(offer), what),
          {},
          std::string(remedy(offer, rules))};
}

// The best that reveals the password moves behind the best that does not; on behalf of another user before
// it.
void move_password_up(std::vector<const Known*>& order, const ChoiceRules& rules) {
  const auto revealing = std::ranges::find_if(order, [](const Known* k) { return k->reveals; });
  if (revealing == order.end() || revealing == order.begin()) return;
  const bool first = rules.authzid && (rules.tls || rules.loopback);
  std::rotate(order.begin() + (first ? 0 : 1), revealing, revealing + 1);
}

}  // namespace

Result<std::vector<Choice>> choose(const Offer& offer, const ChoiceRules& rules) {
  std::vector<const Known*> order;
  bool unsafe = false;
  for (const Known& k : known) {
    if (!wanted(k, rules) || !offered(offer, k) || !usable(k, rules)) continue;
    if (safe(k, rules)) {
      order.push_back(&k);
    } else {
      unsafe = true;
    }
  }
  if (order.empty()) return nothing(offer, rules, unsafe);
  move_password_up(order, rules);
  // Forced LOGIN matches twice; both send the same, so one is enough.
  if (!rules.forced.empty()) order = {order.back()};
  std::vector<Choice> out;
  out.reserve(order.size());
  for (const Known* k : order) out.push_back(to_choice(*k, offer, rules));
  return out;
}

}  // namespace pf::sasl
