// A logged-in connection of an account, lent to one OpenMailbox at a time.
#pragma once

#include "imap/client/login.h"
#include "imap/grammar/classify.h"
#include "imap/session/selected_mailbox.h"

#include <functional>
#include <memory>
#include <optional>

namespace pf::store {

// What asks us to go slower: a refusal, or a word in an OK.
inline std::optional<Error> throttling(const imap::Tagged& tagged, imap::CommandKind kind) {
  if (tagged.status == imap::StatusKind::ok && !imap::hints_throttling(tagged.code, tagged.text))
    return std::nullopt;
  Error error = imap::classify(tagged, kind);
  if (error.code != Errc::throttled) return std::nullopt;
  return error;
}

struct Session {
  using Throttled = std::function<void(const Error&)>;

  Session(imap::LoggedIn login, Throttled on_throttled) : logged_in(std::move(login)) {
    connection().on_tagged = [tell = std::move(on_throttled)](const imap::Tagged& tagged,
                                                              imap::CommandKind kind) {
      if (const auto error = throttling(tagged, kind)) tell(*error);
    };
    connection().on_unsolicited = [this](const imap::Response& response) {
      if (selected) selected->apply(response);
    };
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    connection().on_unsolicited = nullptr;
    connection().on_tagged = nullptr;
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
