// mbsync between an account and a Maildir: the other program people keep Maildirs with.
#pragma once

#include "support/mail_server.h"
#include "support/temp_dir.h"

#include <filesystem>
#include <string>

namespace pf::test {

enum class Subfolders : std::uint8_t { maildir_plus_plus, verbatim };
enum class Toward : std::uint8_t { maildir, server };

// Remembers between its runs what it has done.
class Mbsync {
 public:
  Mbsync(const MailServer& server, std::string user, std::filesystem::path maildir, Subfolders subfolders);

  // Everything that is new and every flag; throws std::runtime_error with what mbsync said when it fails.
  void run(Toward toward) const;

 private:
  const MailServer& server_;
  std::string user_;
  std::filesystem::path maildir_;
  Subfolders subfolders_;
  TempDir dir_;
};

}  // namespace pf::test
