#include "cli/syncimap.h"

#include "cli/args_parts.h"
#include "cli/option_parts.h"

namespace pf::cli {

CommandSpec syncimap_spec() {
  return {
      .name = "syncimap",
      .group = "Move mail",
      .positionals = {"source_user", "source_master_user", "source_master_password", "source_server",
                      "destination_user", "destination_master_user", "destination_master_password",
                      "destination_server"},
      .summary = "bring one account over with a master user on both sides",
      .description =
          "For those who call syncimap.py: the same eight words. Logs in at the source as the master user in "
          "the name of source_user (SASL PLAIN with an authorization identity), at the destination as "
          "'destination_user*destination_master_user', both with TLS at port 993; a server may be "
          "HOST:PORT.\n\n"
          "Copies what is missing, keeps flags in step, and moves what is gone from the source into the "
          "mailbox deleted_from_source of the destination, without a question, but within the limits of "
          "'postferry sync --mode mirror' (exit status 5 when they hold something back). Zimbra's Contacts "
          "and Emailed Contacts are left out.\n\n"
          "A password on the command line can be read by every user of the machine. Write - instead: the "
          "password is then the value of POSTFERRY_SOURCE_MASTER_PASSWORD or "
          "POSTFERRY_DESTINATION_MASTER_PASSWORD, else a line of standard input (the source's first), else "
          "what you type.",
      .groups = {{"Options",
                  {part::value("ca", "FILE", "trust the authorities in FILE (PEM) instead of the system's",
                               Takes::file),
                   part::flag("help", "print this help", 'h')}}},
      .examples = {{"postferry syncimap joe admin - zimbra.example joe@new.example master - imap.new.example",
                    "a migration without anybody's own password"}}};
}

SyncimapCommand syncimap_command(const RawArgs& raw) {
  const auto end = [&](std::size_t first) {
    const auto& words = raw.positionals;
    return SyncimapEnd{.user = words[first],
                       .master_user = words[first + 1],
                       .server = words[first + 3],
                       .master_password = Secret(words[first + 2])};
  };
  constexpr std::size_t words_a_side = 4;
  SyncimapCommand command{.source = end(0), .destination = end(words_a_side), .ca_file = {}};
  take_text(raw, "ca", command.ca_file);
  return command;
}

Error syncimap_usage() {
  return config::usage_error(
      "syncimap takes eight words: source_user source_master_user source_master_password source_server "
      "destination_user destination_master_user destination_master_password destination_server",
      "write '--' in front of them when one begins with '-'; see 'postferry syncimap --help'");
}

}  // namespace pf::cli
