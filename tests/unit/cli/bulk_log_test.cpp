#include "cli/bulk_log.h"

#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace pf::cli {
namespace {

class BulkLogs : public testing::Test {
 protected:
  std::unique_ptr<BulkLog> open() {
    auto log = BulkLog::open({.directory = dir_ / "logs",
                              .out = [this](std::string_view text) { out_ += text; },
                              .now = [this] { return now_; }});
    EXPECT_TRUE(log.ok());
    return log ? *std::move(log) : nullptr;
  }
  test::TempDir dir_;
  std::int64_t now_ = 1'706'702'400;
  std::string out_;
};

TEST_F(BulkLogs, AreNamedAndStampedInUtcAsTheReferencesAre) {
  const auto log = open();
  EXPECT_EQ(log->path(), dir_ / "logs" / "run-20240131-120000.log");
  log->info("[export] joe: starting", "export_0");
  now_ += 61;
  log->warning("w");
  log->error("e");
  EXPECT_EQ(out_,
            "2024-01-31T12:00:00Z | INFO | export_0 | [export] joe: starting\n"
            "2024-01-31T12:01:01Z | WARNING | MainThread | w\n"
            "2024-01-31T12:01:01Z | ERROR | MainThread | e\n");
  EXPECT_EQ(test::read_file(log->path()), out_);
}

TEST_F(BulkLogs, HoldOneLineForEachWordWhateverAServerSays) {
  const auto log = open();
  log->info("a\nb | \x1b[31m");
  EXPECT_EQ(std::ranges::count(out_, '\n'), 1);
  EXPECT_EQ(out_.find('\x1b'), std::string::npos);
}

TEST_F(BulkLogs, OfOneSecondDoNotMix) {
  const auto first = open();
  const auto second = open();
  first->info("first");
  second->info("second");
  EXPECT_EQ(second->path().filename(), "run-20240131-120000-2.log");
  EXPECT_EQ(test::read_file(first->path()).find("second"), std::string::npos);
}

TEST_F(BulkLogs, AreForTheirOwnerAlone) {
  const auto log = open();
  const auto mode = [](const std::filesystem::path& path) {
    return static_cast<unsigned>(std::filesystem::status(path).permissions());
  };
  EXPECT_EQ(mode(log->path()), 0600U);
  EXPECT_EQ(mode(log->path().parent_path()), 0700U);
}

}  // namespace
}  // namespace pf::cli
