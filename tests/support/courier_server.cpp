#include "support/courier_server.h"

#include "support/server_wait.h"

#include <cstdlib>
#include <stdexcept>
#include <unistd.h>

namespace pf::test {

namespace {

std::vector<std::string> unshare() {
  return {"unshare", "--map-root-user", "--mount", "--fork", "--pid", "--mount-proc", "--kill-child"};
}

// Courier calls setgroups(2) at login, which a user namespace of one uid forbids.
constexpr const char* no_groups =
    "int setgroups(unsigned long n, const void* l) { (void)n; (void)l; return 0; }\n"
    "int initgroups(const char* u, unsigned g) { (void)u; (void)g; return 0; }\n";

std::string script() {
  const char* source = std::getenv("POSTFERRY_SOURCE_DIR");
  return std::string(source != nullptr ? source : ".") + "/tests/support/courier_inside.sh";
}

}  // namespace

std::string CourierServer::unavailable() {
  const auto prefix = server_prefix("courier");
  if (::access((prefix + "/usr/bin/imapd").c_str(), X_OK) != 0 &&
      ::access((prefix + "/usr/lib/courier/courier/imaplogin").c_str(), X_OK) != 0) {
    return "no Courier in " + prefix + ": run script/bootstrap --servers";
  }
  auto argv = unshare();
  argv.emplace_back("true");
  const auto tried = run({.argv = argv, .user = server_user()});
  if (!tried.status.success()) return "Courier needs user namespaces, which this host forbids: " + tried.err;
  return {};
}

CourierServer::CourierServer() {
  if (const auto why = unavailable(); !why.empty()) throw std::runtime_error(why);
  const auto dir = dir_.path().string();
  const auto compiled =
      run({.argv = {"clang-19", "-shared", "-fPIC", "-w", "-x", "c", "-o", dir + "/no_groups.so", "-"},
           .stdin_text = no_groups});
  if (!compiled.status.success()) throw std::runtime_error("no_groups.so: " + compiled.err);
  // The script may lie where the server's user cannot read.
  write_file(dir_ / "inside.sh", read_file(script()));
  give_to_server_user(dir);

  ProcessOptions process;
  process.argv = unshare();
  for (const auto& word : {std::string("bash"), dir + "/inside.sh", dir, server_prefix("courier"),
                           std::to_string(imap_port())}) {
    process.argv.push_back(word);
  }
  process.env = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}};
  process.clean_env = true;
  process.user = server_user();
  process.own_group = true;
  process.directory = "/";
  namespace_ = std::make_unique<Process>(std::move(process));
  wait_for_greeting(imap_port(), *namespace_, [this] { return log(); });
}

// unshare --kill-child takes the whole namespace along.
CourierServer::~CourierServer() {
  if (namespace_) namespace_->kill_group();
}

std::string CourierServer::log() const {
  return namespace_ ? namespace_->out() + namespace_->err() : std::string();
}

}  // namespace pf::test
