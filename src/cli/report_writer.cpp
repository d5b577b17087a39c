#include "cli/report_writer.h"

#include "base/os/file.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace pf::cli {
namespace {

constexpr auto write_every = std::chrono::seconds(5);
constexpr int idle_share = 20;  // a report that takes long is written less often

}  // namespace

Status write_fleet_report(const FleetReport& report, const std::filesystem::path& dir) {
  PF_TRYV(os::make_private_dir(dir));
  PF_TRYV(os::write_file_atomically(dir / "accounts.csv", as_bytes(accounts_csv(report))));
  PF_TRYV(os::write_file_atomically(dir / "failures.csv", as_bytes(failures_csv(report))));
  PF_TRYV(os::write_file_atomically(dir / "accounts.json", as_bytes(accounts_json(report))));
  return os::write_file_atomically(dir / "index.html", as_bytes(index_html(report)));
}

ReportWriter::ReportWriter(const AccountBoard& board, std::filesystem::path dir)
    : board_(board), dir_(std::move(dir)) {}

Result<std::unique_ptr<ReportWriter>> ReportWriter::begin(const AccountBoard& board,
                                                          std::filesystem::path dir) {
  PF_TRYV(write_fleet_report(board.report(), dir));
  std::unique_ptr<ReportWriter> writer(new ReportWriter(board, std::move(dir)));
  writer->thread_ = std::thread([self = writer.get()] { self->keep_writing(); });
  return writer;
}

ReportWriter::~ReportWriter() {
  stop();
}

void ReportWriter::keep_writing() {
  auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(write_every);
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, wait, [this] { return ending_; })) {
    lock.unlock();
    const auto began = std::chrono::steady_clock::now();
    ignore(write_fleet_report(board_.report(), dir_));  // the last one says what is wrong
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    wait = std::max(std::chrono::duration_cast<std::chrono::milliseconds>(write_every), took * idle_share);
    lock.lock();
  }
}

void ReportWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Status ReportWriter::finish() {
  stop();
  return write_fleet_report(board_.report(), dir_);
}

}  // namespace pf::cli
