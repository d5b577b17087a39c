#include "imap/grammar/classify.h"

#include "frames.h"

#include <gtest/gtest.h>

#include <array>

namespace pf::imap {
namespace {

using K = CommandKind;
using R = Retry;
using S = Scope;

struct Row {
  std::string_view line;  // behind the tag
  K command;
  Errc code;
  S scope;
  R retry;
};

Error classified(std::string_view line, K command) {
  if (line.starts_with("BYE")) {
    return classify_bye(test::parsed<StatusResponse>("* " + std::string{line}), command);
  }
  return classify(test::parsed<Tagged>("A1 " + std::string{line}), command);
}

// What servers have been seen to say (reliability evidence), and what RFC 5530 says.
constexpr std::array rows{
    // throttling
    Row{"NO Request is throttled. Suggested Backoff Time: 92415 milliseconds", K::append, Errc::throttled,
        S::account, R::later},
    Row{"BAD Request is throttled. Suggested Backoff Time: 300 milliseconds", K::select, Errc::throttled,
        S::account, R::later},
    Row{"NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)", K::uid_fetch,
        Errc::throttled, S::account, R::later},
    Row{"NO [THROTTLED] slow down", K::uid_fetch, Errc::throttled, S::account, R::later},
    Row{"NO Rate limit hit.", K::append, Errc::throttled, S::account, R::later},
    Row{"NO [LIMIT] UID FETCH Rate limit hit.", K::uid_fetch, Errc::throttled, S::account, R::later},
    Row{"NO Too many requests", K::list, Errc::throttled, S::account, R::later},
    Row{"NO Too many login failures", K::login, Errc::throttled, S::account, R::later},
    Row{"NO Too many failed attempts", K::login, Errc::throttled, S::account, R::later},
    Row{"NO Bandwidth limit reached", K::uid_fetch, Errc::throttled, S::account, R::later},
    // connections
    Row{"NO [ALERT] Too many simultaneous connections. (Failure)", K::authenticate,
        Errc::too_many_connections, S::account, R::later},
    Row{"NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded "
        "(mail_max_userip_connections=10)",
        K::login, Errc::too_many_connections, S::account, R::later},
    Row{"BYE Too many connections from your IP", K::noop, Errc::too_many_connections, S::account, R::later},
    Row{"NO Connection limit exceeded", K::login, Errc::too_many_connections, S::account, R::later},
    Row{"BAD User is authenticated but not connected.", K::select, Errc::unavailable, S::account, R::later},
    Row{"NO Server Unavailable. 15", K::login, Errc::unavailable, S::account, R::later},
    Row{"BYE Session expired, please login again.", K::append, Errc::unavailable, S::connection, R::later},
    Row{"BYE Connection closed. 14", K::append, Errc::disconnected, S::connection, R::now},
    Row{"BYE Disconnected for inactivity.", K::idle, Errc::disconnected, S::connection, R::now},
    // quota
    Row{"NO [OVERQUOTA] Quota exceeded (mailbox for user is full)", K::append, Errc::over_quota, S::account,
        R::never},
    Row{"NO This mailbox is full: it is time to find a bigger place", K::append, Errc::over_quota, S::account,
        R::never},
    Row{"NO APPEND The 1500 MB storage limit has been exceeded.", K::append, Errc::over_quota, S::account,
        R::never},
    Row{"NO Over quota", K::append, Errc::over_quota, S::account, R::never},
    Row{"NO You have exceeded quota", K::append, Errc::over_quota, S::account, R::never},
    Row{"NO Mailbox is full", K::append, Errc::over_quota, S::account, R::never},
    Row{"NO Mailbox full", K::uid_copy, Errc::over_quota, S::account, R::never},
    Row{"NO Quota exceeded", K::append, Errc::over_quota, S::account, R::never},
    Row{"NO Disk quota reached", K::append, Errc::over_quota, S::account, R::never},
    Row{"NO No space left on device", K::append, Errc::over_quota, S::account, R::never},
    Row{"NO OverQuota", K::append, Errc::over_quota, S::account, R::never},
    // one message
    Row{"NO Message contains NUL characters", K::append, Errc::invalid_message, S::message, R::never},
    Row{"NO Message contains bare newlines", K::append, Errc::invalid_message, S::message, R::never},
    Row{"NO Message contains invalid header", K::append, Errc::invalid_message, S::message, R::never},
    Row{"NO Message contains non-ASCII characters in headers", K::append, Errc::invalid_message, S::message,
        R::never},
    Row{"NO [LIMIT] Too many identical emails", K::append, Errc::rejected, S::message, R::never},
    Row{"NO Can't save a zero byte message.", K::append, Errc::invalid_message, S::message, R::never},
    Row{"BAD [CLIENTBUG] APPEND Additional arguments found after last expected argument", K::append,
        Errc::invalid_message, S::message, R::never},
    Row{"BAD Command Argument Error. 11", K::append, Errc::invalid_message, S::message, R::never},
    Row{"BAD Command Argument Error. 12", K::select, Errc::rejected, S::mailbox, R::never},
    Row{"BAD Command Error. 10", K::append, Errc::invalid_message, S::message, R::never},
    Row{"NO [LIMIT] Message size exceeds fixed maximum", K::append, Errc::too_big, S::message, R::never},
    Row{"NO [TOOBIG] Message too large", K::append, Errc::too_big, S::message, R::never},
    Row{"NO Message too large.", K::append, Errc::too_big, S::message, R::never},
    Row{"NO Message too big", K::append, Errc::too_big, S::message, R::never},
    Row{"NO The message is too large", K::append, Errc::too_big, S::message, R::never},
    Row{"NO message size exceeds limit", K::append, Errc::too_big, S::message, R::never},
    Row{"NO literal exceeds maximum", K::append, Errc::too_big, S::message, R::never},
    Row{"NO over maximum message size", K::append, Errc::too_big, S::message, R::never},
    Row{"NO Keywords are not supported", K::uid_store, Errc::invalid_flag, S::message, R::never},
    Row{"BAD Unrecognized flag", K::append, Errc::invalid_flag, S::message, R::never},
    Row{"BAD Error in IMAP command UID STORE: Invalid system flag \\Foo", K::uid_store, Errc::invalid_flag,
        S::message, R::never},
    Row{"NO Invalid flag list", K::append, Errc::invalid_flag, S::message, R::never},
    Row{"BAD Invalid keyword", K::append, Errc::invalid_flag, S::message, R::never},
    Row{"NO [UNKNOWN-CTE] no", K::append, Errc::invalid_message, S::message, R::never},
    Row{"NO [PARSE] cannot read it", K::append, Errc::invalid_message, S::message, R::never},
    Row{"NO [EXPUNGEISSUED] Some messages were expunged", K::uid_fetch, Errc::not_found, S::message, R::now},
    Row{"NO Some of the requested messages no longer exist.", K::uid_fetch, Errc::not_found, S::message,
        R::never},
    Row{"NO no such message", K::uid_copy, Errc::not_found, S::message, R::never},
    Row{"NO [UNAVAILABLE] UID FETCH Server error while fetching messages", K::uid_fetch, Errc::unavailable,
        S::message, R::later},
    Row{"NO UID FETCH Server error while fetching messages", K::uid_fetch, Errc::unavailable, S::message,
        R::later},
    // login
    Row{"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", K::authenticate, Errc::auth_failed,
        S::account, R::never},
    Row{"NO [AUTHORIZATIONFAILED] not you", K::authenticate, Errc::auth_failed, S::account, R::never},
    Row{"NO [EXPIRED] renew", K::login, Errc::auth_failed, S::account, R::never},
    Row{"NO LOGIN failed.", K::login, Errc::auth_failed, S::account, R::never},
    Row{"BAD no", K::login, Errc::rejected, S::account, R::never},
    Row{"NO [ALERT] Application-specific password required: "
        "https://support.google.com/accounts/answer/185833 (Failure)",
        K::login, Errc::auth_failed, S::account, R::never},
    Row{"NO please use an app-specific password", K::login, Errc::auth_failed, S::account, R::never},
    Row{"NO [WEBALERT https://accounts.google.com/x] Web login required.", K::login, Errc::auth_failed,
        S::account, R::never},
    Row{"NO [ALERT] Please log in via your web browser: https://support", K::login, Errc::auth_failed,
        S::account, R::never},
    Row{"NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page",
        K::login, Errc::permission, S::account, R::never},
    Row{"NO IMAP is disabled for this account", K::login, Errc::permission, S::account, R::never},
    Row{"NO [AUTHORIZATIONFAILED] IMAP access is disabled", K::login, Errc::permission, S::account, R::never},
    Row{"NO imap access disabled by admin", K::login, Errc::permission, S::account, R::never},
    Row{"NO SELECT Unsafe Login. Please contact kefu@188.com for help", K::select, Errc::permission,
        S::account, R::now},
    Row{"NO AUTHENTICATE failed. LogonDenied-BasicAuthBlocked", K::login, Errc::auth_no_mech, S::account,
        R::never},
    Row{"NO Basic authentication is disabled.", K::login, Errc::auth_no_mech, S::account, R::never},
    Row{"NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.",
        K::login, Errc::cleartext, S::account, R::never},
    Row{"NO Plaintext authentication disallowed", K::login, Errc::cleartext, S::account, R::never},
    Row{"NO a secure connection is required", K::login, Errc::cleartext, S::account, R::never},
    Row{"NO [UNAVAILABLE] Temporary authentication failure.", K::login, Errc::unavailable, S::account,
        R::later},
    Row{"NO Temporary authentication failure", K::login, Errc::unavailable, S::account, R::later},
    Row{"NO account is disabled", K::login, Errc::auth_failed, S::account, R::never},
    Row{"NO Your account has been locked", K::login, Errc::auth_failed, S::account, R::never},
    Row{"NO this account is locked", K::login, Errc::auth_failed, S::account, R::never},
    Row{"NO [CONTACTADMIN] call us", K::login, Errc::permission, S::account, R::never},
    // mailboxes
    Row{"NO [NONEXISTENT] Unknown Mailbox: x (Failure)", K::select, Errc::not_found, S::mailbox, R::never},
    Row{"NO [TRYCREATE] Mailbox doesn't exist: x", K::append, Errc::not_found, S::mailbox, R::never},
    Row{"NO Mailbox doesn't exist: x", K::examine, Errc::not_found, S::mailbox, R::never},
    Row{"NO Mailbox does not exist", K::status, Errc::not_found, S::mailbox, R::never},
    Row{"NO no such mailbox", K::select, Errc::not_found, S::mailbox, R::never},
    Row{"NO No such folder", K::select, Errc::not_found, S::mailbox, R::never},
    Row{"NO Unknown mailbox", K::select, Errc::not_found, S::mailbox, R::never},
    Row{"NO nonexistent mailbox", K::select, Errc::not_found, S::mailbox, R::never},
    Row{"NO Mailbox not found", K::select, Errc::not_found, S::mailbox, R::never},
    Row{"NO [ALREADYEXISTS] Mailbox already exists", K::create, Errc::exists, S::mailbox, R::never},
    Row{"NO [ALREADYEXISTS] Mailbox already exists (0.089 + 0.000 + 0.088 secs).", K::examine,
        Errc::unavailable, S::mailbox, R::now},
    Row{"NO Mailbox already exists", K::create, Errc::exists, S::mailbox, R::never},
    Row{"NO Mailbox exists", K::create, Errc::exists, S::mailbox, R::never},
    Row{"NO [CANNOT] Mailbox doesn't allow inferior mailboxes", K::create, Errc::unsupported, S::mailbox,
        R::never},
    Row{"NO no inferiors", K::create, Errc::unsupported, S::mailbox, R::never},
    Row{"NO [USEATTR] \\All not supported", K::create, Errc::unsupported, S::mailbox, R::never},
    Row{"NO [NOPERM] Permission denied", K::append, Errc::permission, S::mailbox, R::never},
    Row{"NO Permission denied", K::append, Errc::permission, S::mailbox, R::never},
    Row{"NO Access denied by the virus scanner", K::append, Errc::permission, S::message, R::never},
    Row{"NO [NOPERM] not yours", K::uid_store, Errc::permission, S::message, R::never},
    Row{"NO Permission denied", K::select, Errc::permission, S::mailbox, R::never},
    Row{"NO Access denied", K::list, Errc::permission, S::account, R::never},
    Row{"NO [READ-ONLY] no", K::uid_store, Errc::permission, S::mailbox, R::never},
    Row{"NO Mailbox is read-only", K::uid_move, Errc::permission, S::mailbox, R::never},
    Row{"NO [INUSE] locked", K::select, Errc::unavailable, S::mailbox, R::later},
    Row{"NO Mailbox is locked by another process", K::select, Errc::unavailable, S::mailbox, R::later},
    Row{"NO [HASCHILDREN] no", K::create, Errc::rejected, S::mailbox, R::never},
    Row{"NO [CORRUPTION] index damaged", K::select, Errc::unavailable, S::mailbox, R::never},
    Row{"NO [CLOSED] gone", K::uid_fetch, Errc::unavailable, S::mailbox, R::now},
    // the rest
    Row{"NO [SERVERBUG] Internal error occurred.", K::append, Errc::unavailable, S::message, R::later},
    Row{"NO [UNAVAILABLE] SEARCH Backend error", K::uid_search, Errc::unavailable, S::mailbox, R::later},
    Row{"NO SEARCH Backend error", K::uid_search, Errc::unavailable, S::mailbox, R::later},
    Row{"NO Internal server error", K::select, Errc::unavailable, S::mailbox, R::later},
    Row{"NO internal error", K::select, Errc::unavailable, S::mailbox, R::later},
    Row{"NO service temporarily unavailable", K::list, Errc::unavailable, S::account, R::later},
    Row{"NO please try again later", K::list, Errc::unavailable, S::account, R::later},
    Row{"NO [LIMIT] too many mailboxes", K::create, Errc::rejected, S::mailbox, R::never},
    Row{"NO [MESSAGELIMIT 1000 23221] FETCH completed", K::uid_fetch, Errc::rejected, S::mailbox, R::now},
    Row{"BAD [CLIENTBUG] odd", K::uid_fetch, Errc::rejected, S::message, R::never},
    Row{"NO [BADCHARSET] x", K::uid_search, Errc::unsupported, S::mailbox, R::never},
    Row{"NO no reason given", K::append, Errc::rejected, S::message, R::never},
    Row{"NO no reason given", K::select, Errc::rejected, S::mailbox, R::never},
    Row{"BAD unknown command", K::compress, Errc::rejected, S::connection, R::never},
};

TEST(Classify, KnowsWhatServersSay) {
  for (const auto& row : rows) {
    const auto error = classified(row.line, row.command);
    EXPECT_EQ(name(error.code), name(row.code)) << row.line;
    EXPECT_EQ(static_cast<int>(error.scope), static_cast<int>(row.scope)) << row.line;
    EXPECT_EQ(static_cast<int>(error.retry), static_cast<int>(row.retry)) << row.line;
  }
}

TEST(Classify, DoesNotBlameAMessageForAWordInAMailboxName) {
  EXPECT_EQ(classified("NO Mailbox \"invalid header\" is unknown mailbox", K::select).code, Errc::not_found);
  EXPECT_EQ(classified("NO bare newlines", K::create).code, Errc::rejected);
}

TEST(Classify, ReadsTheBackOffTime) {
  using std::chrono::milliseconds;
  EXPECT_EQ(classified("NO Request is throttled. Suggested Backoff Time: 92415 milliseconds", K::append)
                .retry_after,
            milliseconds{92415});
  EXPECT_EQ(classified("NO Request is throttled.", K::append).retry_after, std::nullopt);
  EXPECT_EQ(classified("NO Request is throttled. Suggested Backoff Time: x", K::append).retry_after,
            std::nullopt);
  EXPECT_EQ(classified("NO Request is throttled. Suggested Backoff Time: 99999999999999999999999", K::append)
                .retry_after,
            milliseconds{86'400'000});
}

TEST(Classify, KeepsTheWordsOfTheServer) {
  const auto error = classified("NO [LIMIT] Message size exceeds fixed maximum", K::append);
  EXPECT_EQ(error.server_text, "NO [LIMIT] Message size exceeds fixed maximum");
  EXPECT_EQ(error.context, "APPEND");
  EXPECT_LE(classified("NO " + std::string(100'000, 'x'), K::append).server_text.size(), 1000U);
}

TEST(Classify, GivesAHintWhereSomethingCanBeDone) {
  for (const auto* line :
       {"NO [OVERQUOTA] full", "NO [AUTHENTICATIONFAILED] x", "NO [PRIVACYREQUIRED] x",
        "NO Application-specific password required", "BAD User is authenticated but not connected."}) {
    EXPECT_FALSE(classified(line, K::login).hint.empty()) << line;
  }
}

TEST(Classify, NeverLeavesAByeWithinOneMessage) {
  EXPECT_EQ(classified("BYE Message contains NUL characters", K::append).scope, S::connection);
  EXPECT_EQ(classified("BYE [INUSE] locked", K::select).scope, S::connection);
}

TEST(Classify, HearsGmailsWhisper) {
  const auto ok = test::parsed<Tagged>("A1 OK Success [THROTTLED]");
  EXPECT_TRUE(hints_throttling(ok.code, ok.text));
  const auto coded = test::parsed<Tagged>("A1 OK [THROTTLED] Success");
  EXPECT_TRUE(hints_throttling(coded.code, coded.text));
  EXPECT_FALSE(hints_throttling({}, "Success"));
}

}  // namespace
}  // namespace pf::imap
