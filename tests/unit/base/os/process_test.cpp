#include "base/os/process.h"

#include "base/os/signal.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <chrono>

namespace pf::os {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

TEST(SplitCommand, KnowsQuotesAndBackslashes) {
  EXPECT_EQ(split_command("pass show mail/joe").value(), (Words{"pass", "show", "mail/joe"}));
  EXPECT_EQ(split_command("  a\t b\n").value(), (Words{"a", "b"}));
  EXPECT_EQ(split_command(R"(a 'b  c' "d \" \\ e" f\ g)").value(), (Words{"a", "b  c", R"(d " \ e)", "f g"}));
  EXPECT_EQ(split_command(R"(a '' "")").value(), (Words{"a", "", ""}));
  EXPECT_EQ(split_command(R"(a"b"'c'd)").value(), (Words{"abcd"}));
  EXPECT_EQ(split_command(R"('it'\''s')").value(), (Words{"it's"}));
  EXPECT_EQ(split_command(R"("\n" '\n')").value(), (Words{"\\n", "\\n"}));
  EXPECT_EQ(split_command("a\\").value(), (Words{"a\\"}));
}

TEST(SplitCommand, ExpandsNothing) {
  EXPECT_EQ(split_command("echo $HOME * ; rm | `x` > y").value(),
            (Words{"echo", "$HOME", "*", ";", "rm", "|", "`x`", ">", "y"}));
}

TEST(SplitCommand, RefusesWhatNamesNoProgram) {
  for (const std::string_view bad : {"", "  ", "'open", "\"open", "'' x"}) {
    const auto words = split_command(bad);
    ASSERT_FALSE(words) << bad;
    EXPECT_EQ(words.error().code, Errc::usage);
  }
}

TEST(RunSecretCommand, GivesTheFirstLineWithoutItsEnd) {
  EXPECT_EQ(run_secret_command("printf 'pass word\\nurl: x\\n'").value().reveal(), "pass word");
  EXPECT_EQ(run_secret_command("printf 'no end'").value().reveal(), "no end");
  EXPECT_EQ(run_secret_command("printf ' dos \\r\\n'").value().reveal(), " dos ");
}

TEST(RunSecretCommand, UsesNoShell) {
  EXPECT_EQ(run_secret_command("echo '$HOME;' `id`").value().reveal(), "$HOME; `id`");
}

TEST(RunSecretCommand, GivesItNothingToRead) {
  const auto read = run_secret_command("cat");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::usage);
}

TEST(RunSecretCommand, FailsWhenTheCommandDoesAndKeepsItsOutputOut) {
  const auto failed = run_secret_command("sh -c 'echo hunter2; exit 3' canary-argument");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::usage);
  EXPECT_NE(failed.error().describe().find("exit status 3"), std::string::npos);
  EXPECT_EQ(failed.error().describe().find("hunter2"), std::string::npos);
  EXPECT_EQ(failed.error().describe().find("canary-argument"), std::string::npos);
}

TEST(RunSecretCommand, SaysWhenTheProgramDoesNotExist) {
  const auto missing = run_secret_command("/does/not/exist --x");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::usage);
  EXPECT_NE(missing.error().context.find("/does/not/exist"), std::string::npos);
}

TEST(RunSecretCommand, RefusesAnEmptyAnswer) {
  EXPECT_FALSE(run_secret_command("true"));
  EXPECT_FALSE(run_secret_command("echo"));
}

TEST(RunSecretCommand, EndsACommandThatDoesNotEnd) {
  const auto before = std::chrono::steady_clock::now();
  for (const std::string_view endless : {"sleep 100", "sh -c 'exec >&-; exec sleep 100'"}) {
    const auto late = run_secret_command(endless, {.timeout = 50ms});
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::timeout);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - before, 80s);
}

TEST(RunSecretCommand, BoundsTheOutput) {
  const auto much = run_secret_command("yes", {.max_output = 10'000});
  ASSERT_FALSE(much);
  EXPECT_EQ(much.error().code, Errc::limit);
  EXPECT_TRUE(run_secret_command("printf 12345", {.max_output = 5}));
  EXPECT_FALSE(run_secret_command("printf 123456", {.max_output = 5}));
}

TEST(RunSecretCommand, ReportsASignal) {
  const auto killed = run_secret_command("sh -c 'kill -9 $$'");
  ASSERT_FALSE(killed);
  EXPECT_NE(killed.error().context.find("signal 9"), std::string::npos);
}

TEST(RunSecretCommand, DoesNotPassOnThatSigpipeIsIgnored) {
  install_signal_handlers();
  // `yes` dies of SIGPIPE (128 + 13) only where it is not ignored.
  EXPECT_EQ(run_secret_command("bash -c 'yes 2>/dev/null | true; echo ${PIPESTATUS[0]}'").value().reveal(),
            "141");
}

}  // namespace
}  // namespace pf::os
