#include "support/mailutils_server.h"

#include "support/server_wait.h"

#include <fmt/format.h>

#include <pwd.h>
#include <stdexcept>
#include <unistd.h>

namespace pf::test {

namespace {

constexpr std::string_view config = R"(logging {{ syslog no; severity debug; }}
virtdomain {{ passwd-dir "{dir}/domains"; }}
auth {{ authentication generic:virtdomain; authorization virtdomain; }}
mailbox {{ mail-spool "mbox:{dir}/spool"; mailbox-type mbox; }}
tls-file-checks {{ key-file none; cert-file none; }}
server 127.0.0.1:{port} {{
  tls-mode ondemand;
  tls {{ ssl-certificate-file "{dir}/server.pem"; ssl-key-file "{dir}/server.key"; }};
}}
)";

std::string program() {
  return server_prefix("mailutils") + "/usr/sbin/imap4d";
}

}  // namespace

std::string MailutilsServer::unavailable() {
  if (::access(program().c_str(), X_OK) == 0) return {};
  return "no imap4d in " + server_prefix("mailutils") + ": run script/bootstrap --servers";
}

MailutilsServer::MailutilsServer() {
  if (const auto why = unavailable(); !why.empty()) throw std::runtime_error(why);
  const auto dir = dir_.path().string();
  for (const auto* name : {"domains", "mail", "spool"}) std::filesystem::create_directory(dir_ / name);
  ca_.write_ca(dir_.path());
  ca_.issue(dir_.path(), "server");
  const passwd* owner = ::getpwnam(server_user().c_str());
  if (owner == nullptr) throw std::runtime_error("no such user: " + server_user());
  std::string users;
  for (const std::string user : {"alice", "bob"}) {
    std::filesystem::create_directory(dir_ / ("mail/" + user));
    write_file(dir_ / ("spool/" + user), "");
    auto crypted = run({.argv = {"openssl", "passwd", "-1", password(user)}}).out;
    while (crypted.ends_with('\n')) crypted.pop_back();
    users += fmt::format("{}:{}:{}:{}:{}:{}/mail/{}:/bin/false\n", user, crypted, owner->pw_uid,
                         owner->pw_gid, user, dir, user);
  }
  write_file(dir_ / "domains/test", users);
  write_file(dir_ / "imap4d.conf", fmt::format(config, fmt::arg("dir", dir), fmt::arg("port", imap_port())));
  give_to_server_user(dir);

  ProcessOptions process;
  process.argv = {program(), "--config-file=" + dir + "/imap4d.conf", "--daemon=200", "--foreground"};
  process.user = server_user();
  process.own_group = true;
  process.directory = dir;
  process_ = std::make_unique<Process>(std::move(process));
  wait_for_greeting(imap_port(), *process_, [this] { return log(); });
}

MailutilsServer::~MailutilsServer() {
  if (process_) process_->kill_group();
}

std::string MailutilsServer::log() const {
  return process_ ? process_->out() + process_->err() : std::string();
}

}  // namespace pf::test
