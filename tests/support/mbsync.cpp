#include "support/mbsync.h"

#include "support/process.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace pf::test {

namespace {

constexpr const char* configuration = R"(
IMAPAccount far
Host 127.0.0.1
Port {port}
User {user}
Pass {password}
SSLType None
AuthMechs LOGIN

IMAPStore far
Account far

MaildirStore near
{place}

Channel between
Far :far:
Near :near:
Patterns *
Create Both
Sync {direction} New Flags
CopyArrivalDate yes
SyncState {state}/
)";

}  // namespace

Mbsync::Mbsync(const MailServer& server, std::string user, std::filesystem::path maildir,
               Subfolders subfolders)
    : server_(server), user_(std::move(user)), maildir_(std::move(maildir)), subfolders_(subfolders) {
  std::filesystem::create_directory(dir_ / "state");
  if (subfolders_ == Subfolders::verbatim) std::filesystem::create_directories(maildir_);
}

void Mbsync::run(Toward toward) const {
  const auto place = subfolders_ == Subfolders::verbatim
                         ? fmt::format("Path {0}/\nInbox {0}/INBOX\nSubFolders Verbatim", maildir_.native())
                         : fmt::format("Inbox {}\nSubFolders Maildir++", maildir_.native());
  const auto config = dir_ / "mbsyncrc";
  write_file(config, fmt::format(configuration, fmt::arg("port", server_.imap_port()),
                                 fmt::arg("user", server_.login(user_)),
                                 fmt::arg("password", server_.password(user_)), fmt::arg("place", place),
                                 fmt::arg("direction", toward == Toward::maildir ? "Pull" : "Push"),
                                 fmt::arg("state", (dir_ / "state").native())));
  const auto output = test::run(
      {.argv = {"mbsync", "-c", config.string(), "between"}, .env = {{"HOME", dir_.path().string()}}});
  if (!output.status.success())
    throw std::runtime_error(fmt::format("mbsync: {}\n{}", output.out, output.err));
}

}  // namespace pf::test
