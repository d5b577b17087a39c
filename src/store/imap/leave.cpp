#include "store/imap/leave.h"

#include "imap/command/commands.h"

namespace pf::store {

Task<void> leave(Session& session) {
  if (!session.selected) co_return Status{};
  const std::string name = session.selected->name();
  session.selected.reset();
  if (session.capabilities().has("UNSELECT")) {
    PF_CO_TRY(const imap::Tagged left, co_await session.connection().run(imap::command::unselect()));
    (void)left;
    co_return Status{};
  }
  // CLOSE expunges, but not what was opened by EXAMINE (RFC 3501 6.4.2); where that fails nothing is selected
  // any more (6.3.1).
  PF_CO_TRY(imap::Command examine, imap::command::examine(name, {}, session.wire()));
  PF_CO_TRY(const imap::Tagged examined, co_await session.connection().run(std::move(examine)));
  if (examined.status != imap::StatusKind::ok) co_return Status{};
  PF_CO_TRY(const imap::Tagged closed, co_await session.connection().run(imap::command::close()));
  (void)closed;
  co_return Status{};
}

}  // namespace pf::store
