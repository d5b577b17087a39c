// Names of mailboxes that mean something to file systems, from one server through an archive to another and
// back.
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <set>

namespace pf::test {
namespace {

namespace fs = std::filesystem;

// As on the wire.  What a server refuses is left out.
const std::vector<std::string>& awkward_names() {
  static const std::vector<std::string> all{"CON",
                                            "aux.txt",
                                            "NUL",
                                            "COM1.eml",
                                            "a:b",
                                            "what?",
                                            "less<more>",
                                            "pipe|line",
                                            "trailing ",
                                            " leading",
                                            "dot.",
                                            ".hidden",
                                            "..",
                                            "...",
                                            "a/b/c",
                                            "Trash",
                                            "trash",
                                            "TRASH",
                                            "caf&AOk-",
                                            "cafe&AwE-",
                                            "100&-percent",
                                            "-rf",
                                            "~root",
                                            "$HOME",
                                            "a'b",
                                            "manifest.jsonl",
                                            "archive.json",
                                            ".tmp-x",
                                            "&U,BTFw-",
                                            "x;y",
                                            "#news",
                                            "%41",
                                            "caf&AOk-/caf&AOk-",
                                            "_",
                                            "a_b",
                                            "a b",
                                            "a  b",
                                            "INBOXes",
                                            std::string(200, 'l')};
  return all;
}

TEST(ArchiveNames, ComeBackAsTheyWere) {
  const DovecotServer first({.mail_location = "mdbox:~/mail"}), second({.mail_location = "mdbox:~/mail"});
  const auto source = oracle_of(first, "alice");
  std::size_t made = 0;
  for (const auto& name : awkward_names()) {
    try {
      source->create(name);
    } catch (const std::runtime_error&) {
      continue;  // this server has no such names
    }
    append_all(*source, name, std::vector{small_message(made++)});
  }
  ASSERT_GE(made, 25U);
  const Ferry ferry;
  const auto at = [&](const std::string& name) { return ferry.directory() / name; };
  const auto archive = [&](const std::string& name) { return End{"archive:" + at(name).native(), ""}; };
  const auto exported = ferry.sync(end_at(first, "alice"), archive("one"));
  ASSERT_EQ(exported.code, 0) << exported;
  EXPECT_EQ(exported["copied"], made);
  const auto imported = ferry.sync(archive("one"), end_at(second, "bob"));
  ASSERT_EQ(imported.code, 0) << imported;
  EXPECT_EQ(imported["copied"], made);
  EXPECT_EQ(oracle_of(second, "bob")->names(), source->names());
  const auto back = ferry.sync(end_at(second, "bob"), archive("two"));
  ASSERT_EQ(back.code, 0) << back;
  std::set<std::string> one, two, folded;
  for (const auto& [name, into] : {std::pair{"one", &one}, std::pair{"two", &two}}) {
    for (const auto& entry : fs::recursive_directory_iterator(at(name)))
      into->insert(fs::relative(entry.path(), at(name)));
  }
  EXPECT_EQ(one, two);
  for (auto name : one) {
    for (auto& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    folded.insert(name);
  }
  EXPECT_EQ(folded.size(), one.size());
  EXPECT_EQ(ferry.verify(archive("one"), archive("two"), {"--content"}).code, 0);
  EXPECT_EQ(ferry.run({"archive", "check", at("two").native()}).code, 0);
}

}  // namespace
}  // namespace pf::test
