// Servers that lie on the wire: whole runs against them, and listings nobody should believe.  Right in the
// end or a clear error, in bounded time, and never the same again in the next run.
#include "app/job.h"
#include "scenario/fake_server.h"
#include "scenario/play.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>

namespace pf::test {
namespace {

using sync::Outcome;
using Tamper = std::function<void(const std::string& command, std::string& untagged, std::string& status)>;

std::string mail(int number, std::string_view body = "body\r\n") {
  return fmt::format("From: a@example.com\r\nSubject: {0}\r\nMessage-ID: <{0}@example.com>\r\n\r\n{1}",
                     number, body);
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// The number behind each `item` becomes another one.
void change_numbers(std::string& text, const std::string& item,
                    const std::function<std::uint64_t(std::uint64_t)>& change) {
  for (std::size_t at = 0; (at = text.find(item, at)) != std::string::npos;) {
    at += item.size();
    std::uint64_t number = 0;
    const auto end = std::from_chars(text.data() + at, text.data() + text.size(), number).ptr;
    const auto told = std::to_string(change(number));
    text.replace(at, static_cast<std::size_t>(end - (text.data() + at)), told);
    at += told.size();
  }
}

// Takes away the line that holds `what`.
void drop_lines(std::string& text, std::string_view what) {
  for (std::size_t at = 0; (at = text.find(what)) != std::string::npos;) {
    const auto begin = text.rfind("\r\n", at);
    const auto first = begin == std::string::npos ? 0 : begin + 2;
    text.erase(first, text.find("\r\n", at) + 2 - first);
  }
}

class LiarRuns : public ::testing::Test {
 protected:
  void start(FakeManners of_target = {}, FakeManners of_source = {}) {
    source = std::make_unique<FakeServer>(std::move(of_source));
    target = std::make_unique<FakeServer>(std::move(of_target));
  }
  static FakeManners with(Tamper tamper, std::string capabilities = "UIDPLUS LITERAL+") {
    FakeManners manners;
    manners.capabilities = std::move(capabilities);
    manners.tamper = std::move(tamper);
    return manners;
  }

  void fill(int first, int last) const {
    for (int i = first; i <= last; ++i)
      source->add("INBOX", mail(i, std::string(static_cast<std::size_t>(i) * 50, 'x')));
  }

  static app::Endpoint endpoint(const FakeServer& server) {
    app::Endpoint out;
    out.account.user = "joe";
    out.account.host = "127.0.0.1";
    out.account.port = server.port();
    out.account.tls = config::Tls::none;
    out.password = Secret("secret");
    return out;
  }

  sync::Summary copy() {
    app::Environment environment;
    environment.state_dir = (dir.path() / "state").string();
    environment.io_timeout = io_timeout;
    policy.timing.settle_floor = std::chrono::milliseconds(50);
    policy.timing.backoff_first = std::chrono::milliseconds(5);
    policy.timing.backoff_ceiling = std::chrono::milliseconds(20);
    policy.timing.budget = std::chrono::minutes(5);
    app::StopFlag stop = 0;
    return app::run_sync(
        endpoint(*source), endpoint(*target), policy, environment, [](const sync::Event&) {}, stop);
  }
  // Whatever seems settled.
  sync::Summary look_again() {
    policy.retry_failed = true;
    auto sum = copy();
    policy.retry_failed = false;
    return sum;
  }

  static std::string text_of(const sync::Summary& sum) {
    std::string out = fmt::format("outcome {}", sync::name(sum.outcome));
    if (sum.fatal) out += "; fatal: " + sum.fatal->describe();
    for (const auto& f : sum.failures) out += fmt::format("; {} {}: {}", f.mailbox, f.ref, f.message);
    for (const auto& w : sum.warnings) out += "; warning: " + w;
    return out;
  }

  static std::multiset<std::string> texts(const FakeServer& server, const std::string& mailbox = "INBOX") {
    std::multiset<std::string> out;
    for (const auto& m : server.messages(mailbox)) out.insert(m.text);
    return out;
  }

  // All is there once, and stays so however often and closely one looks.
  void expect_right(bool stable = true) {
    const auto first = copy();
    EXPECT_EQ(first.outcome, Outcome::ok) << text_of(first);
    EXPECT_EQ(texts(*target), texts(*source));
    for (int i = 0; i < 3; ++i) {
      const auto sum = i == 1 ? look_again() : copy();
      if (stable) EXPECT_EQ(sum.outcome, Outcome::ok) << text_of(sum);
      EXPECT_EQ(sum.copied + sum.restored, 0U) << text_of(sum);
      EXPECT_EQ(texts(*target), texts(*source));
    }
  }
  // As much as the first run says, and nothing in the others.
  void expect_copied_once(std::size_t stored) {
    (void)copy();
    EXPECT_EQ(target->messages("INBOX").size(), stored);
    for (int i = 0; i < 2; ++i) {
      const auto sum = i == 0 ? copy() : look_again();
      EXPECT_EQ(target->messages("INBOX").size(), stored) << text_of(sum);
    }
  }

  TempDir dir;
  sync::Policy policy;
  std::chrono::milliseconds io_timeout = std::chrono::minutes(1);
  std::unique_ptr<FakeServer> source, target;
};

// ---- uids

TEST_F(LiarRuns, UidsThatDoNotStickAreNotRelied) {
  const Tamper not_sticky = [](const std::string& command, std::string& untagged, std::string&) {
    if (command.starts_with("SELECT") || command.starts_with("EXAMINE"))
      untagged += "* NO [UIDNOTSTICKY] sorry\r\n";
  };
  start(with(not_sticky), with(not_sticky));
  fill(1, 12);
  expect_right();
}

TEST_F(LiarRuns, UidvalidityThatIsNeverToldOrZero) {
  for (const bool zero : {false, true}) {
    const Tamper none = [zero](const std::string&, std::string& untagged, std::string&) {
      if (zero) {
        replace_all(untagged, "UIDVALIDITY 4711", "UIDVALIDITY 0");
      } else {
        drop_lines(untagged, "[UIDVALIDITY");
        replace_all(untagged, " UIDVALIDITY 4711", "");
      }
    };
    start(with(none), with(none));
    fill(1, 12);
    expect_right();
  }
}

TEST_F(LiarRuns, UidnextThatIsNeverToldZeroOrFarAhead) {
  for (const int kind : {0, 1, 2}) {
    const Tamper odd = [kind](const std::string&, std::string& untagged, std::string&) {
      if (kind == 0) {
        drop_lines(untagged, "[UIDNEXT");
        change_numbers(untagged, " UIDNEXT ", [](auto) { return 0; });
      } else {
        for (const auto* item : {"[UIDNEXT ", " UIDNEXT "})
          change_numbers(untagged, item, [kind](auto n) { return kind == 1 ? 0 : n + 420'000; });
      }
    };
    SCOPED_TRACE(kind);
    start(with(odd), with(odd));
    fill(1, 12);
    expect_right();
  }
}

// ---- APPENDUID

TEST_F(LiarRuns, AnAppenduidThatIsNotTrueDoublesNothing) {
  const std::vector<std::string> lies{"[APPENDUID {1} {0}]",       // DavMail: uid and validity swapped
                                      "[APPENDUID {0} {1},9999]",  // more than were sent
                                      "[APPENDUID {0} 0]",
                                      "[APPENDUID 0 {1}]",
                                      "[APPENDUID {0} 4294967295]",
                                      "[APPENDUID {0} 1]",
                                      "[APPENDUID {0} 1:4294967295]",
                                      "[APPENDUID {0} *]",
                                      "[APPENDUID {0}]",
                                      "[APPENDUID]",
                                      "[APPENDUID {0} 99999999999999999999]",
                                      "[COPYUID {0} 1 {1}]",
                                      "[APPENDUID {0} -1]"};
  for (const auto& lie : lies) {
    SCOPED_TRACE(lie);
    start(with([&](const std::string& command, std::string&, std::string& status) {
      if (!command.starts_with("APPEND") || !status.starts_with("OK [APPENDUID ")) return;
      const auto words = status.substr(14, status.find(']') - 14);
      const auto blank = words.find(' ');
      status = "OK " + fmt::format(fmt::runtime(lie), words.substr(0, blank), words.substr(blank + 1));
      if (lie == lies[1]) replace_all(status, "]", "] ");
    }));
    fill(1, 8);
    expect_right();
  }
}

TEST_F(LiarRuns, AppenduidsOfABatchInAnyOrderAreLookedFor) {
  start(with(
      [](const std::string& command, std::string&, std::string& status) {
        if (!command.starts_with("APPEND") || !status.starts_with("OK [APPENDUID 4711 ")) return;
        std::vector<std::string> uids;
        std::string list = status.substr(19, status.find(']') - 19) + ",";
        for (std::size_t comma = 0; (comma = list.find(',')) != std::string::npos; list.erase(0, comma + 1))
          uids.push_back(list.substr(0, comma));
        std::ranges::reverse(uids);
        status = fmt::format("OK [APPENDUID 4711 {}] stored", fmt::join(uids, ","));
      },
      "UIDPLUS LITERAL+ MULTIAPPEND"));
  fill(1, 8);
  expect_right();
}

// ---- what is stored

TEST_F(LiarRuns, OkToWhatIsNotStoredIsNamed) {
  for (const bool uidplus : {true, false}) {
    FakeManners manners;
    manners.append_uid = uidplus;
    manners.swallow = [](std::string_view text) { return text.find("swallow me") != std::string_view::npos; };
    start(std::move(manners));
    fill(1, 4);
    source->add("INBOX", mail(5, "swallow me\r\n"));
    fill(6, 8);
    for (int i = 0; i < 3; ++i) {
      const auto sum = i == 2 ? look_again() : copy();
      EXPECT_EQ(sum.outcome, Outcome::partial) << text_of(sum);
      ASSERT_EQ(sum.failures.size(), 1U) << text_of(sum);
      EXPECT_EQ(sum.failures[0].ref, "5");
      EXPECT_EQ(sum.copied, i == 0 ? 7U : 0U);
      EXPECT_EQ(target->messages("INBOX").size(), 7U);
    }
    std::filesystem::remove_all(dir.path() / "state");
  }
}

TEST_F(LiarRuns, ATargetThatDropsDuplicatesGetsThemOnce) {
  FakeManners manners;
  auto seen = std::make_shared<std::set<std::string>>();
  manners.swallow = [seen](std::string_view text) { return !seen->emplace(text).second; };
  start(std::move(manners));
  fill(1, 5);
  fill(3, 4);
  const auto first = copy();
  EXPECT_EQ(first.copied, 5U);
  EXPECT_EQ(first.failed, 2U) << text_of(first);
  const auto appends = target->count("APPEND");
  for (int i = 0; i < 2; ++i) {
    const auto sum = copy();
    EXPECT_EQ(sum.outcome, Outcome::partial);
    EXPECT_EQ(sum.failed, 2U) << text_of(sum);
    EXPECT_EQ(target->count("APPEND"), appends);
  }
}

// Exchange, Proton, WildDuck, Domino.
TEST_F(LiarRuns, ATargetThatRewritesMessagesIsCopiedToOnce) {
  FakeManners manners;
  manners.rewrite = [](const std::string& text) {
    return "X-Server: was here\r\n" + text + "-- \r\nscanned\r\n";
  };
  start(std::move(manners));
  fill(1, 6);
  expect_copied_once(6);
}

// ---- sizes, bodies and lists of the source

TEST_F(LiarRuns, SizesAreOnlyHints) {
  for (const auto& change : std::vector<std::function<std::uint64_t(std::uint64_t)>>{
           [](auto) { return 0; }, [](auto n) { return n / 3; }, [](auto n) { return n * 2; },
           [](auto n) { return n + 2; }, [](auto n) { return n - 2; },
           [](auto) { return std::uint64_t{9223372036854775807}; }}) {
    start({}, with([&](const std::string&, std::string& untagged, std::string&) {
            change_numbers(untagged, "RFC822.SIZE ", change);
          }));
    fill(1, 8);
    expect_right();
  }
}

// vandelay#12, IceWarp: none at all.
TEST_F(LiarRuns, SizesMayBeNil) {
  start({}, with([](const std::string&, std::string& untagged, std::string&) {
          for (std::size_t at = 0; (at = untagged.find("RFC822.SIZE ", at)) != std::string::npos; ++at)
            untagged.replace(at + 12, untagged.find_first_of(" )", at + 12) - at - 12, "NIL");
        }));
  fill(1, 8);
  expect_right();
}

// Every body is told twice; the second time it is nobody's business.
TEST_F(LiarRuns, ABodyToldTwiceIsStoredOnce) {
  start({}, with([](const std::string& command, std::string& untagged, std::string&) {
          if (command.find("BODY.PEEK[] ") != std::string::npos || command.ends_with("BODY.PEEK[])"))
            untagged += std::string(untagged);
        }));
  fill(1, 8);
  expect_right();
}

// hMailServer: asked for one message, another one comes under its own uid.
TEST_F(LiarRuns, TheBodyOfAnotherUidIsNotTakenForTheOneAsked) {
  start({}, with([](const std::string& command, std::string& untagged, std::string&) {
          if (command.find("BODY.PEEK[]") == std::string::npos) return;
          change_numbers(untagged, "(UID ", [](auto n) { return n == 3 ? 4000 : n; });
        }));
  fill(1, 6);
  for (int i = 0; i < 3; ++i) {
    const auto sum = copy();
    EXPECT_EQ(sum.copied, i == 0 ? 5U : 0U) << text_of(sum);
    EXPECT_NE(sum.copied + sum.matched, sum.source_messages);
    EXPECT_EQ(target->messages("INBOX").size(), 5U);
  }
}

// As many as the grammar has, and as many as can be counted: neither is believed.
TEST_F(LiarRuns, ExistsFarAboveWhatThereIsCostsNeitherTimeNorMemory) {
  for (const std::uint64_t lie : {4'294'967'295U, 1'000'000'000U}) {
    SCOPED_TRACE(lie);
    const Tamper exists = [lie](const std::string& command, std::string& untagged, std::string&) {
      const bool select = command.starts_with("SELECT") || command.starts_with("EXAMINE");
      if (select) change_numbers(untagged, "* ", [lie](auto) { return lie; });
    };
    start({}, with(exists));
    fill(1, 9);
    (void)copy();
    EXPECT_EQ(texts(*target), texts(*source));
    EXPECT_LT(source->count("FETCH"), 300U);
  }
}

TEST_F(LiarRuns, ExistsThatLiesLosesAndDoublesNothing) {
  for (const bool at_source : {true, false}) {
    for (const int lie : {+3, -3}) {
      SCOPED_TRACE(fmt::format("{} {}", at_source, lie));
      const Tamper exists = [lie](const std::string& command, std::string& untagged, std::string&) {
        const bool select = command.starts_with("SELECT") || command.starts_with("EXAMINE");
        if (!select) return;
        change_numbers(untagged, "* ", [lie](auto n) {
          return lie < 0 && n < 3 ? n : n + static_cast<std::uint64_t>(static_cast<std::int64_t>(lie));
        });
      };
      start(at_source ? FakeManners{} : with(exists), at_source ? with(exists) : FakeManners{});
      fill(1, 9);
      (void)copy();
      (void)copy();
      const auto sum = look_again();
      for (const auto& text : texts(*target)) EXPECT_EQ(texts(*target).count(text), 1U);
      if (lie > 0) EXPECT_EQ(texts(*target), texts(*source)) << text_of(sum);
      // Told too few, the last may stay unknown, but never more than the lie.
      EXPECT_GE(target->messages("INBOX").size(), 6U);
    }
  }
}

// ---- threat 4: whatever nobody asked for, at every answer

TEST_F(LiarRuns, UnexpectedResponsesAtEveryAnswerChangeNothing) {
  for (const std::string line : {"* OK [APPENDUID 4711 1] who asked",
                                 "* OK [COPYUID 4711 1:9 1:9] copied",
                                 "* 1 FETCH (UID 4000)",
                                 "* 3 FETCH (UID 4000 FLAGS (\\Deleted) BODY[] {4}\r\nevil)",
                                 "* VANISHED 1:4294967295",
                                 "* OK [UIDVALIDITY 9] changed",
                                 "* OK [UIDNEXT 1] back",
                                 "* LIST () \"/\" \"../../etc\"",
                                 "* STATUS INBOX (MESSAGES 0)",
                                 "* SEARCH 1 2 3",
                                 "* ENABLED QRESYNC",
                                 "* CAPABILITY IMAP4rev1 LOGINDISABLED",
                                 "* OK [HIGHESTMODSEQ 18446744073709551615] huge",
                                 "* ESEARCH (TAG \"A1\") UID ALL 1:4294967295",
                                 "* 0 EXPUNGE",
                                 "* 0 FETCH (FLAGS ())",
                                 "* FLAGS (\\Evil)",
                                 "* OK [PERMANENTFLAGS ()] none",
                                 "* PREAUTH hello",
                                 "* OK [REFERRAL imap://evil/] go there",
                                 "* BAD [ALERT] \x1b[2Jboo",
                                 "* NO [OVERQUOTA] full"}) {
    SCOPED_TRACE(line);
    const Tamper chatter = [&](const std::string&, std::string& untagged, std::string&) {
      untagged.insert(0, fmt::format("{}\r\n", line));
    };
    start(with(chatter), with(chatter));
    fill(1, 6);
    (void)copy();
    (void)copy();
    (void)copy();
    const auto there = texts(*target);
    for (const auto& text : there) {
      EXPECT_TRUE(texts(*source).contains(text));
      EXPECT_EQ(there.count(text), 1U);
    }
    EXPECT_EQ(source->count("APPEND") + source->count("UID STORE") + source->count("UID EXPUNGE"), 0U);
    std::filesystem::remove_all(dir.path() / "state");
  }
}

// ---- answers that never end, or are not ours

// The tag is there, but in the middle of another line.
TEST_F(LiarRuns, AnAnswerThatNeverEndsIsGivenUpInTime) {
  io_timeout = std::chrono::seconds(1);
  policy.timing.attempts_without_progress = 2;
  for (const auto* verb : {"EXAMINE", "FETCH", "UID FETCH", "LIST", "APPEND"}) {
    SCOPED_TRACE(verb);
    const Tamper never_ends = [verb](const std::string& command, std::string& untagged, std::string&) {
      if (command.starts_with(verb)) untagged += "* OK one moment, ";
    };
    start(with(never_ends), with(never_ends));
    fill(1, 3);
    const auto began = std::chrono::steady_clock::now();
    const auto sum = copy();
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::minutes(2));
    for (const auto& text : texts(*target)) EXPECT_EQ(texts(*target).count(text), 1U);
    if (texts(*target) != texts(*source)) {
      EXPECT_NE(sum.outcome, Outcome::ok);
      EXPECT_TRUE(sum.fatal || !sum.failures.empty());
    }
    std::filesystem::remove_all(dir.path() / "state");
  }
}

TEST_F(LiarRuns, AnswersUnderAWrongTagEndInAClearError) {
  policy.timing.attempts_without_progress = 2;
  start({}, with([](const std::string& command, std::string& untagged, std::string&) {
          if (command.find("BODY.PEEK[]") != std::string::npos) untagged.insert(0, "Z99 OK done\r\n");
        }));
  fill(1, 3);
  const auto sum = copy();
  EXPECT_NE(sum.outcome, Outcome::ok);
  EXPECT_TRUE(sum.fatal || !sum.failures.empty());
  for (const auto& text : texts(*target)) EXPECT_EQ(texts(*target).count(text), 1U);
}

TEST_F(LiarRuns, AnAbsurdLiteralIsNotReceived) {
  policy.timing.attempts_without_progress = 2;
  for (const auto* size : {"4294967295", "9223372036854775807", "99999999999999999999", "-1", "012"}) {
    SCOPED_TRACE(size);
    start({}, with([size](const std::string& command, std::string& untagged, std::string&) {
            if (command.find("HEADER.FIELDS") == std::string::npos &&
                command.find("BODY.PEEK[]") == std::string::npos)
              return;
            const auto brace = untagged.find('{');
            if (brace != std::string::npos)
              untagged.replace(brace + 1, untagged.find('}', brace) - brace - 1, size);
          }));
    io_timeout = std::chrono::seconds(1);
    fill(1, 3);
    const auto sum = copy();
    for (const auto& text : texts(*target)) EXPECT_TRUE(texts(*source).contains(text));
    EXPECT_NE(sum.outcome, Outcome::ok) << text_of(sum);
    std::filesystem::remove_all(dir.path() / "state");
  }
}

// The body goes on behind its announced end: half a message must not be taken for the whole, however large.
TEST_F(LiarRuns, ALiteralLongerThanAnnouncedIsNotStored) {
  policy.timing.attempts_without_progress = 3;
  for (const std::size_t announced : {12U, 1'500'000U}) {
    start({}, with([&](const std::string&, std::string& untagged, std::string&) {
            const auto at = untagged.find("(UID 3 BODY[] {");
            if (at == std::string::npos) return;
            const auto brace = untagged.find('{', at);
            untagged.replace(brace + 1, untagged.find('}', brace) - brace - 1, std::to_string(announced));
          }));
    fill(1, 2);
    source->add("INBOX", mail(3, std::string(announced, 'x') + "\r\nend\r\n"));
    fill(4, 6);
    const auto sum = copy();
    EXPECT_NE(sum.outcome, Outcome::ok) << text_of(sum);
    EXPECT_GE(target->messages("INBOX").size(), 2U);
    for (const auto& text : texts(*target)) EXPECT_TRUE(texts(*source).contains(text)) << text.size();
    std::filesystem::remove_all(dir.path() / "state");
  }
}

// ---- LIST

TEST_F(LiarRuns, HostileNamesBecomeMailboxesAndNothingElse) {
  start({}, with([](const std::string& command, std::string& untagged, std::string&) {
          if (!command.starts_with("LIST \"\" \"*\"")) return;
          for (const std::string name :
               {"../../etc/passwd", "..", ".", "/", "//", "a//b", "&", "&-", "&AAA-", "&//8-", "&Jjo",
                "&U,BTFw-&ZeVnLIqe-", "a\\\"b", "%", "*", " ", "x\ty", "INBOX/INBOX"})
            untagged += fmt::format("* LIST () \"/\" \"{}\"\r\n", name);
          untagged += "* LIST () \"/\" {14}\r\nx\r\nA9 DELETE y\r\n* LIST () \"/\" {3}\r\na\1b\r\n";
          untagged += "* LIST () \"/\" {200}\r\n" + std::string(200, 'z') +
                      "\r\n* LIST () NIL NIL\r\n* LIST () \"/\" \"\"\r\n";
        }));
  fill(1, 3);
  const auto began = std::chrono::steady_clock::now();
  const auto sum = copy();
  EXPECT_EQ(texts(*target), texts(*source)) << text_of(sum);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::minutes(2));
  for (const auto* server : {source.get(), target.get()}) {
    for (const auto& command : server->commands()) {
      EXPECT_FALSE(command.starts_with("DELETE")) << command;
      EXPECT_FALSE(command.starts_with("A9")) << command;
    }
  }
  for (const auto& entry : std::filesystem::directory_iterator(dir.path()))
    EXPECT_EQ(entry.path().filename(), "state");
}

class HostileList : public StoreScenario {};

TEST_F(HostileList, AHundredThousandMailboxesTakeLittleTime) {
  std::string lines;
  for (int i = 0; i < 100'000; ++i) lines += fmt::format("* LIST () \"/\" \"box {}\"\\r\\n", i);
  const auto began = std::chrono::steady_clock::now();
  auto& account = play(
      {}, "C: $1 LIST \"\" \"\\*\"\nC: $2 LSUB \"\" \"\\*\"\nS-raw: " + lines + "$1 OK\\r\\n$2 OK\\r\\n\n");
  EXPECT_EQ(must(account.list()).size(), 100'001U);  // and INBOX
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::minutes(3));
}

TEST_F(HostileList, OneMailboxToldAHundredThousandTimesIsOne) {
  std::string lines;
  for (int i = 0; i < 100'000; ++i) lines += "* LIST () \"/\" \"again\"\\r\\n";
  auto& account = play(
      {}, "C: $1 LIST \"\" \"\\*\"\nC: $2 LSUB \"\" \"\\*\"\nS-raw: " + lines + "$1 OK\\r\\n$2 OK\\r\\n\n");
  EXPECT_EQ(must(account.list()).size(), 2U);
}

}  // namespace
}  // namespace pf::test
