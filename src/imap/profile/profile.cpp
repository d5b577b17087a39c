#include "imap/profile/profile.h"

#include "base/ascii.h"

#include <algorithm>

namespace pf::imap {
namespace {

using Q = Quirk;
constexpr std::uint64_t mib = std::uint64_t{1024} * 1024;

// How to know a kind of server and what to expect of it.  The first family that matches is taken, so
// providers stand before the software they are built on.
struct Family {
  std::string_view key;
  std::string_view title;
  std::vector<std::string_view> greetings;     // anywhere in the greeting, any case
  std::vector<std::string_view> ids;           // anywhere in the "name" or "vendor" of ID, any case
  std::vector<std::string_view> capabilities;  // one of them
  std::vector<Quirk> quirks;
  void (*limits)(Profile&);
};

void no_limits(Profile& /*profile*/) {}

void gmail(Profile& profile) {
  profile.max_connections = 6;  // of 15, "Too many simultaneous connections"
  profile.append_limit = 35'651'584;
  profile.daily_upload = 500 * mib;
  profile.daily_download = 2500 * mib;
  profile.forbidden_in_names = "^\"\\'";
  profile.object_id_family = "gmail";
  profile.object_id_item = "X-GM-MSGID";
}

void microsoft(Profile& profile) {
  profile.appends_per_second = 4;
  profile.max_connections = 6;
  profile.skip_mailboxes = {"Files"};
}

void yahoo(Profile& profile) {
  profile.max_command_octets = 1000;
  profile.max_fetch_uids = 500;
  profile.max_connections = 4;
}

void icloud(Profile& profile) {
  profile.max_connections = 5;
}

// EMAILID is "M" and the SHA-1 of the content: equal ids are equal messages, in any account.
void cyrus(Profile& profile) {
  profile.object_id_family = "cyrus";
  profile.max_connections = 8;  // no limit as shipped
}

void zimbra(Profile& profile) {
  profile.skip_mailboxes = {"Chats", "Contacts", "Emailed Contacts"};
}

void courier(Profile& profile) {
  profile.max_connections = 3;        // MAXPERIP is 4 as shipped
  profile.max_command_octets = 8000;  // 16 k tokens, then it closes: "max atom size too small"
}

void uw(Profile& profile) {
  profile.max_command_octets = 1000;
}

void domino(Profile& profile) {
  profile.forbidden_in_names = "\\/";
}

void dovecot(Profile& profile) {
  profile.max_connections = 8;
}  // of 10: mail_max_userip_connections

void cautious(Profile& profile) {
  profile.max_connections = 3;
  profile.max_fetch_uids = 1000;
}

const std::vector<Family>& families() {
  static const std::vector<Family> all{
      {"gmail",
       "Gmail",
       {"gimap ready"},
       {"gimap"},
       {"X-GM-EXT-1"},
       {Q::labels_are_mailboxes, Q::drops_duplicates},
       gmail},
      {"microsoft",
       "Microsoft Exchange",
       {"microsoft exchange imap4 service"},
       {"microsoft.exchange", "exchange"},
       {},
       {Q::rewrites_messages, Q::size_untrusted, Q::no_keywords, Q::drops_flagged_on_append,
        Q::search_untrusted, Q::case_insensitive_names, Q::append_uid_untrusted},
       microsoft},
      {"yahoo",
       "Yahoo",
       {"imapgate.ymail", "yahoo"},
       {"yahoo"},
       {"XYMHIGHESTMODSEQ"},
       {Q::search_untrusted, Q::uid_next_untrusted, Q::needs_final_crlf},
       yahoo},
      {"icloud",
       "iCloud",
       {"icloud"},
       {"icloud"},
       {"XAPPLEPUSHSERVICE", "XAPPLELITERAL"},
       {Q::capability_again_after_login},
       icloud},
      {"proton",
       "Proton Mail Bridge",
       {"proton mail bridge", "protonmail bridge", "gluon"},
       {"protonmail", "gluon"},
       {},
       {Q::append_unverified, Q::append_uid_untrusted, Q::uids_unstable, Q::uid_expunge_untrusted,
        Q::rewrites_messages, Q::size_untrusted, Q::list_extended_broken},
       cautious},
      {"fastmail",
       "Fastmail",
       {"fastmail", "messagingengine"},
       {"fastmail"},
       {},
       {Q::refuses_nul, Q::refuses_bare_newlines, Q::refuses_no_header, Q::refuses_8bit_header,
        Q::refuses_empty_message, Q::refuses_identical_repeats},
       cyrus},
      {"zimbra", "Zimbra", {"zimbra"}, {"zimbra"}, {}, {Q::select_kills_locked}, zimbra},
      {"netease",
       "NetEase",
       {"coremail system"},
       {"coremail"},
       {},
       {Q::id_before_select, Q::uid_next_untrusted, Q::search_untrusted},
       cautious},
      {"qq",
       "QQ Mail",
       {"qqmail", "esmtp qq", "exmail"},
       {"qqmail"},
       {},
       {Q::search_untrusted, Q::ascending_sets_only},
       cautious},
      {"yandex", "Yandex", {"yandex"}, {"yandex"}, {}, {Q::search_untrusted}, cautious},
      {"mailru", "mail.ru", {"mail.ru"}, {"mail.ru"}, {}, {}, cautious},
      {"zoho", "Zoho Mail", {"zoho mail"}, {"zoho"}, {}, {Q::modseq_untrusted}, cautious},
      {"gmx",
       "GMX / WEB.DE",
       {"imap server ready h gmx", "nemesis", "imap server ready h web"},
       {"nemesis"},
       {},
       {},
       cautious},
      {"davmail",
       "DavMail",
       {"davmail"},
       {"davmail"},
       {},
       {Q::uids_unstable, Q::append_uid_untrusted, Q::rewrites_messages},
       cautious},
      {"hmailserver",
       "hMailServer",
       {"imaprev1", "hmailserver"},
       {"hmailserver"},
       {},
       {Q::uids_unstable, Q::partial_fetch_wrong, Q::search_untrusted, Q::ascending_sets_only},
       cautious},
      {"domino",
       "HCL Domino",
       {"domino imap4 server"},
       {"domino"},
       {},
       {Q::date_invalid_possible, Q::search_untrusted, Q::rewrites_messages},
       domino},
      {"groupwise", "GroupWise", {"groupwise"}, {"groupwise"}, {}, {}, cautious},
      {"smartermail", "SmarterMail", {"smartermail"}, {"smartermail"}, {}, {Q::search_untrusted}, cautious},
      {"icewarp",
       "IceWarp",
       {"icewarp"},
       {"icewarp"},
       {},
       {Q::date_invalid_possible, Q::size_untrusted, Q::search_untrusted},
       cautious},
      {"dbmail", "DBMail", {"dbmail"}, {"dbmail"}, {}, {Q::gone_uid_hits_neighbour}, cautious},
      {"wildduck",
       "WildDuck",
       {"wildduck"},
       {"wildduck"},
       {},
       {Q::rewrites_messages, Q::size_untrusted},
       no_limits},
      {"imap4d",
       "GNU Mailutils imap4d",
       {"gnu mailutils", "imap4d"},
       {"gnu imap4d", "mailutils"},
       // Measured on 3.15: the greeting says "IMAP4rev1", ID says nothing.  Before the login all of libgsasl
       // is offered.
       {"AUTH=OPENID20", "AUTH=SAML20"},
       {Q::rewrites_messages, Q::size_untrusted, Q::no_keywords, Q::date_zone_lost, Q::empty_append_kills,
        Q::no_inferiors},
       uw},
      {"uw",
       "UW / Panda IMAP",
       {"2007f", "panda imap", "imap4rev1 2007", "imap4rev1 2004"},
       {},
       {},
       {Q::no_inferiors},
       uw},
      {"courier",
       "Courier",
       {"courier-imap"},
       {"courier"},
       {"XMAGICTRASH"},
       {Q::examine_lacks_uid_validity},
       courier},
      {"cyrus",
       "Cyrus",
       {"cyrus imap"},
       {"cyrus"},
       {"X-CREATEDMODSEQ", "X-REPLICATION"},
       {Q::refuses_nul, Q::refuses_bare_newlines, Q::refuses_no_header, Q::refuses_8bit_header,
        Q::refuses_empty_message, Q::channel_binding_outdated, Q::mailbox_id_untrusted},
       cyrus},
      {"dovecot",
       "Dovecot",
       {"dovecot"},
       {"dovecot"},
       {"SNIPPET=FUZZY", "PREVIEW=FUZZY"},
       {Q::nul_becomes_0x80, Q::trailing_cr_dropped, Q::refuses_empty_message},
       dovecot},
  };
  return all;
}

bool contains(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return ascii_lower(a) == b; };
  return std::ranges::search(text, part, same).begin() != text.end();
}

bool matches(const Family& family, std::string_view greeting, std::string_view id,
             const Capabilities& capabilities) {
  const auto in_greeting = [&](auto part) { return contains(greeting, part); };
  const auto in_id = [&](auto part) { return contains(id, part); };
  const auto announced = [&](auto name) { return capabilities.has(name); };
  return std::ranges::any_of(family.greetings, in_greeting) || std::ranges::any_of(family.ids, in_id) ||
         std::ranges::any_of(family.capabilities, announced);
}

}  // namespace

Profile identify(std::string_view greeting, const IdData* id, const Capabilities& capabilities) {
  std::string id_text;
  if (id != nullptr) id_text.append(id->get("name")).append("\n").append(id->get("vendor"));
  Profile profile;
  for (const auto& family : families()) {
    if (!matches(family, greeting, id_text, capabilities)) continue;
    profile.family = family.key;
    profile.title = family.title;
    for (auto quirk : family.quirks) profile.set(quirk);
    family.limits(profile);
    break;
  }
  // RFC 8474: object ids are the server's own, and mean nothing at another installation of the same software.
  if (profile.object_id_item.empty() && capabilities.has("OBJECTID")) profile.object_id_item = "EMAILID";
  return profile;
}

}  // namespace pf::imap
