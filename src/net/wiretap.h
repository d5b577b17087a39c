// A transcript of the protocol for people who look for a fault.  It gets its text redacted: the protocol
// layer knows what is a secret, this one cannot.
#pragma once

#include "base/os/append_file.h"
#include "base/result.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>

namespace pf::net {

class Wiretap {
 public:
  // Appends to the file; mode 0600, no symbolic links.
  static Result<std::shared_ptr<Wiretap>> open(const std::filesystem::path& path);

  // "2026-11-20T12:00:00.123Z [joe@imap.example.com#2] C: a1 NOOP".  `conn`: account and number; `direction`:
  // 'C' or 'S'.  Control bytes are escaped, a long text is cut and says so.  A full disk ends the transcript,
  // never the run.  From any thread.
  void line(std::string_view conn, char direction, std::string_view text);

 private:
  explicit Wiretap(os::AppendFile file) : file_(std::move(file)) {}
  std::mutex mutex_;  // event loops share one transcript
  os::AppendFile file_;
  bool broken_ = false;
};

}  // namespace pf::net
