#include "support/dovecot_server.h"

#include "support/server_wait.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <grp.h>
#include <stdexcept>
#include <unistd.h>

namespace pf::test {

namespace {

// Dovecot looks up its internal users by name, and drops root to them; ours run as one user from the start.
constexpr std::string_view base_config = R"(
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/dovecot.log
listen = 127.0.0.1
protocols = imap
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
default_vsz_limit = 0
first_valid_uid = 1
first_valid_gid = 1
shutdown_clients = yes
auth_cache_size = 0
auth_failure_delay = 0 secs
auth_verbose = yes
auth_username_chars =
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256
auth_master_user_separator = *
mail_max_userip_connections = {connections}
mail_home = {dir}/mail/%u
mail_location = {location}
mail_fsync = {fsync}
ssl = {ssl}
ssl_cert = <{dir}/server.pem
ssl_key = <{dir}/server.key
disable_plaintext_auth = {no_plaintext}
passdb {{
  driver = passwd-file
  master = yes
  args = scheme=PLAIN username_format=%u {dir}/master-users
  result_success = continue-ok
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {dir}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={dir}/mail/%u
}}
service imap-login {{
  chroot =
  client_limit = 1000
  process_min_avail = 0
  service_count = 0
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 512
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
  unix_listener stats-writer {{
    mode = 0600
  }}
}}
)";

constexpr std::string_view mailbox_config = R"(  mailbox {0} {{
    special_use = \{0}
    auto = {1}
  }}
)";

constexpr std::string_view quota_config = R"(mail_plugins = quota
protocol imap {{
  mail_plugins = quota imap_quota
}}
plugin {{
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage={}
  quota_max_mail_size = {}
}}
)";

std::string group_name() {
  if (::geteuid() == 0) return "nogroup";  // of nobody
  const group* entry = ::getgrgid(::getegid());
  return entry != nullptr ? entry->gr_name : std::to_string(::getegid());
}

std::string namespace_config(const DovecotOptions& options) {
  auto text = fmt::format("namespace inbox {{\n  inbox = yes\n  separator = {}\n  prefix = {}\n",
                          options.separator, options.prefix);
  for (const auto* name : {"Drafts", "Sent", "Junk", "Trash", "Archive"}) {
    text += fmt::format(mailbox_config, name, options.create_special_use ? "subscribe" : "no");
  }
  return text + "}\n";
}

}  // namespace

DovecotServer::DovecotServer(DovecotOptions options) : options_(std::move(options)) {
  if (const auto why = unavailable(); !why.empty()) throw std::runtime_error(why);
  for (const auto* name : {"run", "state", "mail"}) std::filesystem::create_directory(dir_ / name);
  ca_.write_ca(dir_.path());
  certificate_ = ca_.issue(dir_.path(), "server", options_.certificate);
  write_config();
  write_users();
  give_to_server_user(dir_.path().string());
  start();
}

// The data goes, too, so there is nothing to end in good order; Dovecot takes a second for that.
DovecotServer::~DovecotServer() {
  kill();
}

std::string DovecotServer::unavailable() {
  if (::access("/usr/sbin/dovecot", X_OK) == 0) return {};
  return "no /usr/sbin/dovecot: run script/bootstrap";
}

void DovecotServer::write_config() const {
  auto text = fmt::format(
      base_config, fmt::arg("dir", dir_.path().string()), fmt::arg("user", server_user()),
      fmt::arg("group", group_name()), fmt::arg("connections", options_.max_connections_per_user),
      fmt::arg("location", options_.mail_location), fmt::arg("fsync", options_.fsync),
      fmt::arg("ssl", options_.ssl), fmt::arg("no_plaintext", options_.ssl == "required" ? "yes" : "no"),
      fmt::arg("imap", imap_port()), fmt::arg("imaps", imaps_port()));
  if (!options_.capability.empty()) text += "imap_capability = " + options_.capability + "\n";
  text += namespace_config(options_);
  if (!options_.quota.empty() || !options_.max_mail_size.empty()) {
    text += fmt::format(quota_config, options_.quota.empty() ? "0" : options_.quota,
                        options_.max_mail_size.empty() ? "0" : options_.max_mail_size);
  }
  if (!options_.login_penalty)
    text += "service anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}\n";
  write_file(dir_ / "dovecot.conf", text + options_.extra + "\n");
}

void DovecotServer::write_users() const {
  std::string users;
  for (const auto& [name, password] : options_.users)
    users += fmt::format("{}:{{PLAIN}}{}\n", name, password);
  write_file(dir_ / "users", users);
  write_file(dir_ / "master-users",
             options_.master_user.first + ":{PLAIN}" + options_.master_user.second + "\n");
}

std::string DovecotServer::password(const std::string& user) const {
  const auto found = std::ranges::find(options_.users, user, &std::pair<std::string, std::string>::first);
  if (found == options_.users.end()) throw std::runtime_error("no such test user: " + user);
  return found->second;
}

void DovecotServer::start() {
  if (master_ && master_->running()) return;
  ProcessOptions process;
  process.argv = {"/usr/sbin/dovecot", "-F", "-c", (dir_ / "dovecot.conf").string()};
  process.clean_env = true;
  process.user = server_user();
  process.own_group = true;
  process.directory = "/";
  master_ = std::make_unique<Process>(std::move(process));
  wait_for_greeting(imap_port(), *master_, [this] { return log(); });
}

void DovecotServer::stop() {
  if (!master_) return;
  stop_process(*master_);
  // Its children end on their own, a moment later; whoever removes the directory must not race with them.
  master_->kill_group();
  master_.reset();
}

void DovecotServer::kill() {
  if (!master_) return;
  master_->kill_group();
  master_->wait(std::chrono::seconds(60));
  master_.reset();
}

void DovecotServer::set_certificate(const CertificateOptions& options) {
  certificate_ = ca_.issue(dir_.path(), "server", options);
  give_to_server_user(dir_.path().string());
}

void DovecotServer::add_user(const std::string& name, const std::string& password) {
  options_.users.emplace_back(name, password);
  write_users();
}

std::string DovecotServer::log() const {
  const auto file = dir_ / "dovecot.log";
  return std::filesystem::exists(file) ? read_file(file) : std::string();
}

Output DovecotServer::doveadm(std::vector<std::string> arguments) const {
  ProcessOptions process;
  process.argv = {"/usr/bin/doveadm", "-c", (dir_ / "dovecot.conf").string()};
  process.argv.insert(process.argv.end(), std::make_move_iterator(arguments.begin()),
                      std::make_move_iterator(arguments.end()));
  process.clean_env = true;
  process.user = server_user();
  process.directory = "/";
  return run(std::move(process));
}

}  // namespace pf::test
