#include "cli/options.h"

#include "cli/completion.h"
#include "cli/help.h"
#include "cli/man.h"
#include "cli/version.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace pf::cli {
namespace {

// The root of the sources: told by ctest, else found from this file.
std::filesystem::path source_dir() {
  if (const char* dir = std::getenv("POSTFERRY_SOURCE_DIR"); dir != nullptr && *dir != '\0') return dir;
  return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path();
}

template <class Visit>
void each_visible_option(Visit visit) {
  for (const auto& command : commands())
    for (const auto& group : command.groups)
      for (const auto& option : group.options)
        if (!command.hidden && !option.hidden) visit(command, option);
}

TEST(OptionTable, NamesAndLettersAreUniqueInACommand) {
  for (const auto& command : commands()) {
    std::set<std::string_view> names;
    std::set<char> letters;
    for (const auto& group : command.groups)
      for (const auto& option : group.options) {
        EXPECT_TRUE(names.insert(option.name).second) << command.name << " --" << option.name;
        if (option.letter != '\0')
          EXPECT_TRUE(letters.insert(option.letter).second) << command.name << " -" << option.letter;
      }
  }
}

TEST(OptionTable, EveryOptionSaysWhatItIsFor) {
  for (const auto& command : commands()) {
    EXPECT_FALSE(command.summary.empty());
    EXPECT_FALSE(command.examples.empty()) << command.name;
  }
  each_visible_option([](const CommandSpec& command, const Option& option) {
    EXPECT_FALSE(option.help.empty()) << command.name << " --" << option.name;
    EXPECT_FALSE(option.help.ends_with('.')) << option.name;
    EXPECT_EQ(option.takes == Takes::nothing, option.value.empty()) << option.name;
    EXPECT_EQ(option.takes == Takes::word, !option.words.empty()) << option.name;
  });
}

TEST(Help, OfTheProgramIsExact) {
  EXPECT_EQ(program_help(), "postferry " + std::string(version()) +
                                R"(: copies mail between IMAP servers, exactly and restartably

USAGE
  postferry COMMAND [OPTIONS]

Move mail
  sync FROM TO        copy what FROM has and TO lacks, mirror, or keep in step
  verify FROM TO      compare two accounts and change nothing
  undo [RUN] FROM TO  put back what a run removed
  syncimap ...        bring one account over with a master user on both sides

Many accounts
  bulk sync           move a list of accounts from server to server
  bulk export         copy all mail of a list of accounts into archives on disk
  bulk import         copy archives of a list of accounts to a server
  bulk validate       compare archives with a server, message by message
  bulk test           check free disk space and the login of all accounts
  bulk audit          check archives, and compare them with the server they came from
  bulk preflight      examine configuration, servers and accounts before a migration

Find out
  doctor FROM         examine one account: name, TLS, login, abilities, quirks
  archive check DIR   find what is damaged, missing or foreign in an archive
  completion SHELL    print the completion script of a shell

EXAMPLES
  postferry sync imaps://joe@old.example imaps://joe@new.example
      a migration; asks for both passwords
  postferry verify old new
      are all messages of account 'old' in account 'new'?
  postferry doctor imaps://joe@imap.example.com
      why can I not log in?

'postferry COMMAND --help' tells all options of a command.
)");
}

TEST(Help, OfACommandTellsEveryVisibleOptionAndFitsTheScreen) {
  each_visible_option([](const CommandSpec& command, const Option& option) {
    EXPECT_NE(command_help(command).find("--" + std::string(option.name)), std::string::npos) << option.name;
  });
  const auto help = command_help(*find_command("sync"));
  EXPECT_EQ(help.find("--settle"), std::string::npos);
  EXPECT_NE(help.find("\nEXAMPLES\n"), std::string::npos);
  EXPECT_NE(help.find("\n  -n, --dry-run                   print the plan and change nothing\n"),
            std::string::npos)
      << help;
  EXPECT_NE(help.find("\n      --from-password-command COMMAND\n                                  password "
                      "of FROM: the first line "
                      "COMMAND\n                                  prints\n"),
            std::string::npos)
      << help;
}

TEST(Help, WrapsAtBlanks) {
  EXPECT_EQ(wrapped("one two three", 2, 9), "  one two\n  three\n");
  EXPECT_EQ(wrapped("unbreakableword x", 0, 5), "unbreakableword\nx\n");
}

TEST(Completion, EveryShellKnowsEveryVisibleOption) {
  for (const auto shell : {Shell::bash, Shell::zsh, Shell::fish}) {
    const auto script = completion_script(shell);
    each_visible_option([&](const CommandSpec& /*command*/, const Option& option) {
      const auto needle =
          shell == Shell::fish ? " -l " + std::string(option.name) : "--" + std::string(option.name);
      EXPECT_NE(script.find(needle), std::string::npos) << option.name;
    });
    EXPECT_EQ(script.find("settle"), std::string::npos);
  }
}

TEST(Completion, BashCompletesCommandsOptionsAndValues) {
  const test::TempDir dir;
  const auto path = dir / "completion.bash";
  std::ofstream(path) << completion_script(Shell::bash) << R"(
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _postferry; echo "${COMPREPLY[*]}"; }
try postferry syn
try postferry bulk ex
try postferry bulk import --inp
try postferry sync --dry
try postferry sync --order n
try postferry completion z
try postferry doctor --password-f
try postferry bul
try postferry bulk sy
try postferry bulk sync --order s
)";
  const auto answer = dir / "answer";
  const auto command = "bash " + path.string() + " > " + answer.string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(
      test::read_file(answer),
      "sync syncimap\nexport\n--input-dir\n--dry-run\nnewest\nzsh\n--password-file\nbulk\nsync\nsize\n");
}

TEST(Man, TheCheckedInPageIsTheGeneratedOne) {
  EXPECT_EQ(test::read_file(source_dir() / "packaging/man/postferry.1"), man_page())
      << "run: postferry man > packaging/man/postferry.1";
}

TEST(Man, EscapesWhatTroffWouldTake) {
  const auto page = man_page();
  EXPECT_NE(page.find("\\fB\\-\\-skip\\-deleted\\fR\nLeave out messages flagged \\eDeleted.\n"),
            std::string::npos);
  EXPECT_NE(page.find("\\fB\\-n\\fR, \\fB\\-\\-dry\\-run\\fR\n"), std::string::npos);
  // A line that starts with a dot is a request; all of ours are known ones.
  const std::set<std::string> known = {".TH", ".SH", ".SS", ".TP", ".PP",  ".br",
                                       ".nf", ".fi", ".B",  ".I",  ".\\\""};
  std::size_t start = 0;
  while (start < page.size()) {
    const auto end = page.find('\n', start);
    const auto line = page.substr(start, end - start);
    if (line.starts_with('.')) EXPECT_TRUE(known.contains(line.substr(0, line.find(' ')))) << line;
    EXPECT_FALSE(line.starts_with('\'')) << line;
    start = end + 1;
  }
}

}  // namespace
}  // namespace pf::cli
