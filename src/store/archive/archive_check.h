// Whether an archive is what was written: every octet of it read and compared with what the manifests say.
// Changes nothing.
#pragma once

#include "async/worker_pool.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace pf::store {

struct ArchiveFinding {
  enum class Kind : std::uint8_t {
    missing,  // the file is not there
    damaged,  // it is not what was written
    unknown,  // nothing in the archive speaks of it
    refused,  // a link, a device or such: not looked into
    note,     // no damage: what a run that was killed left, what others may read
  };
  Kind kind = Kind::note;
  std::string file;  // below the archive, with '/'
  std::string text;  // what is wrong
};
std::string_view name(ArchiveFinding::Kind kind);

struct ArchiveCounts {
  std::uint64_t mailboxes = 0, messages = 0;
  std::uint64_t octets = 0;    // of messages
  std::uint64_t problems = 0;  // findings but notes
};

struct ArchiveCheck {
  std::filesystem::path directory;
  std::shared_ptr<WorkerPool> pool{};  // none: one of its own
  // On the caller's loop.  In no order but by mailbox.
  std::function<void(const ArchiveFinding&)> found;
  // Asked now and then: true ends it with Errc::cancelled.
  std::function<bool()> stopped;
};

// An Error when the directory is none, holds no archive (Errc::unsupported: one of another layout), or cannot
// be read: nothing else stops it.
Task<ArchiveCounts> check_archive(ArchiveCheck check);

}  // namespace pf::store
