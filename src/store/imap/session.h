// A logged-in connection of an account, lent to one OpenMailbox at a time.
#pragma once

#include "imap/client/login.h"
#include "imap/grammar/classify.h"
#include "imap/session/selected_mailbox.h"

#include <memory>
#include <optional>

namespace pf::store {

struct Session {
  explicit Session(imap::LoggedIn login) : logged_in(std::move(login)) {
    connection().on_unsolicited = [this](const imap::Response& response) {
      if (selected) selected->apply(response);
    };
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    connection().on_unsolicited = nullptr;
    connection().close();
  }

  [[nodiscard]] imap::Connection& connection() const { return *logged_in.connection; }
  [[nodiscard]] const imap::Capabilities& capabilities() const { return logged_in.capabilities; }
  [[nodiscard]] const imap::Profile& profile() const { return logged_in.profile; }
  [[nodiscard]] imap::WireOptions wire() const { return logged_in.wire; }

  imap::LoggedIn logged_in;
  std::optional<imap::SelectedMailbox> selected;
};

// A tagged NO or BAD as an Error about `where`; nothing when it was OK.
inline std::optional<Error> refusal(const imap::Tagged& tagged, imap::CommandKind kind,
                                    const std::string& where) {
  if (tagged.status == imap::StatusKind::ok) return std::nullopt;
  Error error = imap::classify(tagged, kind);
  error.at(where);
  return error;
}

}  // namespace pf::store
