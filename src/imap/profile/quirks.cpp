// The table of quirks.  A row is added with the evidence for it and a test that meets it.
#include "imap/profile/profile.h"

#include <array>

namespace pf::imap {
namespace {

using Q = Quirk;

constexpr std::array<QuirkInfo, quirk_count> table{{
    {Q::search_untrusted, "search-untrusted", "SEARCH is missing, cut short or wrong; enumerate by UID FETCH",
     "Yahoo, AOL, QQ, hMailServer, Domino, SmarterMail, Exchange (fresh headers)",
     "mail-archiver#490 (1,000 of 10,000), hMailServer#149, imapsync FAQ (QQ)"},
    {Q::uids_unstable, "uids-unstable", "uids change without a new UIDVALIDITY",
     "hMailServer, Proton Bridge, DavMail", "hMailServer#458, proton-bridge#220"},
    {Q::uid_next_untrusted, "uid-next-untrusted", "UIDNEXT is missing or far too high",
     "Yahoo, NetEase, Winmail", "bichon#342 (420,000 too high), modern-email/defects#43"},
    {Q::rewrites_messages, "rewrites-messages", "what is served is not byte for byte what was stored",
     "Exchange, Microsoft 365, GNU imap4d, WildDuck, Proton Bridge, Domino",
     "measured: imap4d adds X-UID, X-IMAPbase, Status; proton-bridge#27; vandelay#12"},
    {Q::size_untrusted, "size-untrusted", "RFC822.SIZE is not the length of BODY[]",
     "Exchange, Proton Bridge, WildDuck, IceWarp", "vandelay#12: 19,189 against 6,298; imapsync#163, #271"},
    {Q::needs_final_crlf, "needs-final-crlf", "a message without a final CRLF is refused", "Yahoo, AOL",
     "imapsync#209: BAD [CLIENTBUG] Additional arguments"},
    {Q::no_keywords, "no-keywords", "keywords are refused instead of being dropped", "GNU imap4d, Exchange",
     "measured: imap4d BAD Unrecognized flag; Exchange NO Keywords are not supported"},
    {Q::drops_flagged_on_append, "drops-flagged-on-append",
     "\\Flagged given to APPEND is lost; STORE keeps it", "Exchange, Microsoft 365", "imapsync FAQ"},
    {Q::date_zone_lost, "date-zone-lost", "the zone of an internal date is dropped, so the instant is wrong",
     "GNU imap4d", "measured: 02:44:25 -0700 comes back as 02:44:25 +0000"},
    {Q::date_invalid_possible, "date-invalid-possible", "INTERNALDATE may be no date", "Domino, IceWarp",
     "MailKit#1236 (00-Jan-0000), imapsync#271 (30-Dec-1899)"},
    {Q::nul_becomes_0x80, "nul-becomes-0x80", "a stored NUL is served as 0x80", "Dovecot",
     "measured on 2.3.19: BODY[] serves 0x80, a copy makes it permanent"},
    {Q::trailing_cr_dropped, "trailing-cr-dropped", "one CR before CRLF is dropped at every APPEND",
     "Dovecot", "measured: 86 of 3,482 messages change at the first hop, 43 at the second"},
    {Q::refuses_nul, "refuses-nul", "a message with a NUL is refused", "Cyrus, Fastmail",
     "measured: NO Message contains NUL characters"},
    {Q::refuses_bare_newlines, "refuses-bare-newlines", "a message with a bare LF is refused",
     "Cyrus, Fastmail", "measured: NO Message contains bare newlines"},
    {Q::refuses_no_header, "refuses-no-header", "a message without a header is refused", "Cyrus, Fastmail",
     "measured: NO Message contains invalid header"},
    {Q::refuses_8bit_header, "refuses-8bit-header", "a header with octets above 127 is refused",
     "Cyrus, Fastmail", "imapsync FAQ; reject8bit in imapd.conf"},
    {Q::refuses_empty_message, "refuses-empty-message", "a message of zero octets is refused",
     "Dovecot, Cyrus", "measured: NO Can't save a zero byte message"},
    {Q::empty_append_kills, "empty-append-kills", "an APPEND of zero octets ends the connection",
     "GNU imap4d", "measured on 3.15"},
    {Q::refuses_identical_repeats, "refuses-identical-repeats", "the same message is taken only a few times",
     "Fastmail", "offlineimap3#140: [LIMIT] Too many identical emails"},
    {Q::drops_duplicates, "drops-duplicates", "a second copy is accepted, gets a uid and is thrown away",
     "Gmail", "imapsync FAQ"},
    {Q::capability_again_after_login, "capability-again-after-login",
     "the capabilities of the login are not final: ask once more", "iCloud",
     "isync ee9fd2f: XAPPLEPUSHSERVICE appears in the stream until a second CAPABILITY"},
    {Q::id_before_select, "id-before-select", "no SELECT before ID was sent", "NetEase 163, 126, 188",
     "go-imap#524: NO SELECT Unsafe Login"},
    {Q::labels_are_mailboxes, "labels-are-mailboxes", "one message shows in several mailboxes; labels",
     "Gmail", "X-GM-EXT-1"},
    {Q::case_insensitive_names, "case-insensitive-names", "Trash and trash are one mailbox",
     "Exchange, Microsoft 365", "imapsync FAQ"},
    {Q::append_unverified, "append-unverified", "APPEND may answer OK and store nothing", "Proton Bridge",
     "proton-bridge#2"},
    {Q::append_uid_untrusted, "append-uid-untrusted", "APPENDUID may be swapped or missing",
     "DavMail, Proton Bridge, Exchange", "davmail#315, proton-bridge#170, MailKit#115"},
    {Q::uid_expunge_untrusted, "uid-expunge-untrusted", "UID EXPUNGE is refused or ignored",
     "Proton Bridge, FTGate", "proton-bridge#123"},
    {Q::modseq_untrusted, "modseq-untrusted", "MODSEQ is -1 or nonsense", "Zoho", "MODSEQ -1"},
    {Q::ascending_sets_only, "ascending-sets-only", "a descending set is BAD", "QQ, hMailServer",
     "modern-email/defects#40; MailKit (hMailServer)"},
    {Q::gone_uid_hits_neighbour, "gone-uid-hits-neighbour",
     "STORE or EXPUNGE of a uid that is gone takes the next message", "DBMail", "dbmail#526"},
    {Q::partial_fetch_wrong, "partial-fetch-wrong", "the last piece of BODY[]<n.m> is wrong", "hMailServer",
     "hMailServer#459, #334"},
    {Q::list_extended_broken, "list-extended-broken", "LIST with RETURN gives BAD",
     "Proton Bridge, Cyrus < 2.5.11", "evolution-data-server; SPECIAL-USE LIST is BAD at Proton Bridge"},
    {Q::examine_lacks_uid_validity, "examine-lacks-uid-validity", "EXAMINE tells no UIDVALIDITY", "Courier",
     "Dovecot imapc-storage.c:607"},
    {Q::select_kills_locked, "select-kills-locked", "SELECT of a locked mailbox ends the connection",
     "Zimbra", "imapsync FAQ"},
    {Q::no_inferiors, "no-inferiors", "a mailbox with messages has no children",
     "GNU imap4d, UW, Dovecot on mbox", "measured: imap4d \\NoInferiors; imapsync#511"},
    {Q::channel_binding_outdated, "channel-binding-outdated",
     "SCRAM-...-PLUS is offered and fails: tls-unique is expected, which TLS 1.3 has not (RFC 9266)", "Cyrus",
     "measured on 3.6.1: NO bad protocol / cancel, after three seconds"},
    {Q::mailbox_id_untrusted, "mailbox-id-untrusted",
     "MAILBOXID of STATUS and LIST is memory that was freed: not asked for", "Cyrus",
     "measured on 3.6.1: another id or six octets of rubbish after a RENAME; CREATE tells the right one"},
}};

constexpr bool in_order() {
  for (std::size_t at = 0; at < table.size(); ++at) {
    if (table[at].quirk != static_cast<Quirk>(at)) return false;
  }
  return true;
}
static_assert(in_order(), "one row a quirk, in the order of the enumeration");

}  // namespace

std::span<const QuirkInfo> all_quirks() {
  return table;
}

const QuirkInfo& info(Quirk quirk) {
  return table.at(static_cast<std::size_t>(quirk));
}

}  // namespace pf::imap
