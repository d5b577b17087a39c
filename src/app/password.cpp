#include "app/job.h"
#include "auth/secrets/secrets.h"

namespace pf::app {

Result<Secret> read_password(const config::Account& account) {
  if (!account.password_env.empty()) return secrets::from_env(account.password_env);
  if (!account.password_file.empty()) return secrets::from_file(account.password_file);
  if (!account.password_command.empty()) return secrets::from_command(account.password_command);
  return Secret{};
}

}  // namespace pf::app
