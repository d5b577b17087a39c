// Checking an archive on disk, as a face sees it.
#pragma once

#include "app/job.h"

#include <cstdint>
#include <functional>
#include <string>

namespace pf::app {

struct ArchiveFinding {
  std::string kind;  // "missing", "damaged", "unknown", "refused", or "note", which is no problem
  bool problem = false;
  std::string file;  // below the archive
  std::string text;  // what is wrong with it
};

struct ArchiveCounts {
  std::uint64_t mailboxes = 0, messages = 0;
  std::uint64_t bytes = 0;     // of messages
  std::uint64_t problems = 0;  // findings but notes
};

// Reads all of the archive; see store/archive/archive_check.h.  Errc::usage or not_found when there is none.
Result<ArchiveCounts> check_archive(const std::string& directory, const Environment& environment,
                                    const std::function<void(const ArchiveFinding&)>& found, StopFlag& stop);

}  // namespace pf::app
