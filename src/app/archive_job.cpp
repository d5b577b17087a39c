#include "app/archive_job.h"

#include "app/loop.h"
#include "store/archive/archive_check.h"

#include <atomic>
#include <utility>

namespace pf::app {

Result<ArchiveCounts> check_archive(const std::string& directory, const Environment& environment,
                                    const std::function<void(const ArchiveFinding&)>& found, StopFlag& stop) {
  Loop loop;
  store::ArchiveCheck check;
  check.directory = directory;
  check.pool = environment.file_workers;
  check.found = [&found](const store::ArchiveFinding& finding) {
    found({std::string(name(finding.kind)), finding.kind != store::ArchiveFinding::Kind::note, finding.file,
           finding.text});
  };
  check.stopped = [&stop] { return stop.load() != 0; };
  Result<store::ArchiveCounts> counts = store::ArchiveCounts{};
  auto job = [&]() -> asio::awaitable<void> { counts = co_await store::check_archive(std::move(check)); };
  loop.run(job(), stop, [] { return false; }, [] {});
  if (!counts) return std::move(counts).error();
  return ArchiveCounts{counts->mailboxes, counts->messages, counts->octets, counts->problems};
}

}  // namespace pf::app
