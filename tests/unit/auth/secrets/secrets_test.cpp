#include "auth/secrets/secrets.h"

#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace pf::secrets {

namespace {

using namespace std::string_literals;

class SecretFile : public testing::Test {
 protected:
  std::filesystem::path file(std::string_view bytes) {
    test::write_file(dir_ / "pw", bytes);
    return dir_ / "pw";
  }
  test::TempDir dir_;
};

TEST(SecretEnv, IsTheVariableAsItIs) {
  ::setenv("PF_TEST_SECRET", " p\u00e4ss w\u00f6rd ", 1);
  EXPECT_EQ(from_env("PF_TEST_SECRET")->reveal(), " p\u00e4ss w\u00f6rd ");
  ::setenv("PF_TEST_SECRET", "", 1);
  EXPECT_EQ(from_env("PF_TEST_SECRET").error().code, Errc::usage);
  ::unsetenv("PF_TEST_SECRET");
  const auto missing = from_env("PF_TEST_SECRET");
  EXPECT_EQ(missing.error().code, Errc::usage);
  EXPECT_NE(missing.error().context.find("PF_TEST_SECRET"), std::string::npos);
}

TEST_F(SecretFile, GivesItsFirstLine) {
  EXPECT_EQ(from_file(file("hunter2"))->reveal(), "hunter2");
  EXPECT_EQ(from_file(file("hunter2\n"))->reveal(), "hunter2");
  EXPECT_EQ(from_file(file("hunter2\r\n"))->reveal(), "hunter2");
  EXPECT_EQ(from_file(file(" hunter2 \t\nlogin: joe\n"))->reveal(), " hunter2 \t");
  EXPECT_EQ(from_file(file("with\rinside\n"))->reveal(), "with\rinside");
}

TEST_F(SecretFile, RefusesWhatCannotBeAPassword) {
  EXPECT_EQ(from_file(file("")).error().code, Errc::usage);
  EXPECT_EQ(from_file(file("\nsecond")).error().code, Errc::usage);
  const auto nul = from_file(file("hunter2\0rest\n"s));
  EXPECT_EQ(nul.error().code, Errc::usage);
  EXPECT_EQ(nul.error().describe().find("hunter2"), std::string::npos);
  EXPECT_EQ(from_file(file(std::string(200'000, 'x'))).error().code, Errc::limit);
  EXPECT_EQ(from_file(dir_ / "nothing").error().code, Errc::not_found);
}

TEST_F(SecretFile, TellsWhenOthersCanReadIt) {
  using std::filesystem::perms;
  const auto path = file("hunter2");
  std::filesystem::permissions(path, perms::owner_read | perms::owner_write);
  EXPECT_FALSE(readable_by_others(path).value());
  std::filesystem::permissions(path, perms::owner_read | perms::group_read);
  EXPECT_TRUE(readable_by_others(path).value());
  std::filesystem::permissions(path, perms::owner_read | perms::others_read);
  EXPECT_TRUE(readable_by_others(path).value());
}

TEST(SecretCommand, GivesTheFirstLineItPrints) {
  EXPECT_EQ(from_command("printf 'hunter2\\nuser: joe\\n'")->reveal(), "hunter2");
  const auto failed = from_command("sh -c 'echo hunter2; exit 3'");
  EXPECT_EQ(failed.error().code, Errc::usage);
  EXPECT_EQ(failed.error().describe().find("hunter2"), std::string::npos);
}

}  // namespace

}  // namespace pf::secrets
