#include "support/cyrus_server.h"

#include "support/server_wait.h"

#include <fmt/format.h>

#include <stdexcept>
#include <unistd.h>

namespace pf::test {

namespace {

// The name is the realm of the password database, whatever this host is called.
constexpr std::string_view realm = "cyrus.test";

constexpr std::string_view imapd_config = R"(servername: {realm}
configdirectory: {dir}/conf
partition-default: {dir}/spool
defaultpartition: default
cyrus_user: {user}
admins: cyrus
proc_path: {dir}/proc
mboxname_lockpath: {dir}/lock
lmtpsocket: {dir}/lmtp.sock
idlesocket: {dir}/idle.sock
notifysocket: {dir}/notify.sock
sievedir: {dir}/sieve
altnamespace: {modern}
unixhierarchysep: {modern}
hashimapspool: no
conversations: no
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {dir}/sasldb2
sasl_mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256
sasl_minimum_layer: 0
sasl_auto_transition: no
tls_server_cert: {dir}/server.pem
tls_server_key: {dir}/server.key
autocreate_quota: 0
autocreate_users: anyone
expunge_mode: immediate
delete_mode: immediate
maxmessagesize: 52428800
imapidlepoll: 1
specialusealways: yes
maxlogins_per_user: 0
popminpoll: 0
)";

constexpr std::string_view master_config = R"(START {{
  recover cmd="{bin}/ctl_cyrusdb -C {dir}/imapd.conf -r"
  idled   cmd="{bin}/idled -C {dir}/imapd.conf"
}}
SERVICES {{
  imap  cmd="{bin}/imapd -C {dir}/imapd.conf"    listen="127.0.0.1:{imap}"  prefork=0 maxchild=200
  imaps cmd="{bin}/imapd -s -C {dir}/imapd.conf" listen="127.0.0.1:{imaps}" prefork=0 maxchild=200
}}
EVENTS {{
  checkpoint cmd="{bin}/ctl_cyrusdb -C {dir}/imapd.conf -c" period=30
}}
)";

std::string programs() {
  return server_prefix("cyrus") + "/usr/lib/cyrus/bin";
}

}  // namespace

CyrusServer::CyrusServer(CyrusOptions options) : options_(options) {
  if (const auto why = unavailable(); !why.empty()) throw std::runtime_error(why);
  for (const auto* name :
       {"conf/db", "conf/socket", "conf/ptclient", "conf/log", "spool/stage.", "proc", "lock", "sieve"}) {
    std::filesystem::create_directories(dir_ / name);
  }
  ca_.write_ca(dir_.path());
  ca_.issue(dir_.path(), "server");
  write_config();
  write_passwords();
  give_to_server_user(dir_.path().string());
  start();
}

CyrusServer::~CyrusServer() {
  if (master_) master_->kill_group();
}

std::string CyrusServer::unavailable() {
  if (::access((programs() + "/master").c_str(), X_OK) != 0) {
    return "no Cyrus in " + server_prefix("cyrus") + ": run script/bootstrap --servers";
  }
  if (::access("/usr/sbin/saslpasswd2", X_OK) != 0) return "no saslpasswd2: run script/bootstrap --servers";
  return {};
}

void CyrusServer::write_config() const {
  const auto dir = dir_.path().string();
  write_file(dir_ / "imapd.conf", fmt::format(imapd_config, fmt::arg("realm", realm), fmt::arg("dir", dir),
                                              fmt::arg("user", server_user()),
                                              fmt::arg("modern", options_.classic_names ? "no" : "yes")));
  write_file(dir_ / "cyrus.conf",
             fmt::format(master_config, fmt::arg("bin", programs()), fmt::arg("dir", dir),
                         fmt::arg("imap", imap_port()), fmt::arg("imaps", imaps_port())));
}

void CyrusServer::write_passwords() const {
  for (const std::string user : {"alice", "bob", "cyrus"}) {
    const auto result = run({.argv = {"saslpasswd2", "-p", "-c", "-f", (dir_ / "sasldb2").string(), "-u",
                                      std::string(realm), user},
                             .stdin_text = password(user)});
    if (!result.status.success()) throw std::runtime_error("saslpasswd2: " + result.err);
  }
}

void CyrusServer::start() {
  if (master_ && master_->running()) return;
  ProcessOptions process;
  const auto dir = dir_.path().string();
  process.argv = {programs() + "/master", "-C", dir + "/imapd.conf", "-M", dir + "/cyrus.conf", "-p",
                  dir + "/master.pid",    "-L", dir + "/master.log"};
  process.env = {
      {"CYRUS_USER", server_user()},
      {"LD_LIBRARY_PATH", server_prefix("cyrus") + "/usr/lib/x86_64-linux-gnu:" + server_prefix("cyrus") +
                              "/usr/lib/aarch64-linux-gnu:" + server_prefix("cyrus") + "/usr/lib/cyrus/lib"}};
  process.user = server_user();
  process.own_group = true;
  process.directory = dir;
  master_ = std::make_unique<Process>(std::move(process));
  wait_for_greeting(imap_port(), *master_, [this] { return log(); });
}

void CyrusServer::stop() {
  if (!master_) return;
  stop_process(*master_);
  master_->kill_group();
  master_.reset();
}

// Cyrus itself talks to syslog only; this is what its master and the dynamic linker say.
std::string CyrusServer::log() const {
  const auto file = dir_ / "master.log";
  return std::filesystem::exists(file) ? read_file(file) : std::string();
}

}  // namespace pf::test
