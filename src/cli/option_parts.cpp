#include "cli/option_parts.h"

#include <utility>

namespace pf::cli::part {

Option flag(std::string_view name, std::string_view help, char letter) {
  return {.name = name, .letter = letter, .help = help};
}
Option value(std::string_view name, std::string_view what, std::string_view help, Takes takes) {
  return {.name = name, .takes = takes, .value = what, .help = help};
}
Option words(std::string_view name, std::string_view what, std::string_view help,
             std::vector<std::string_view> all) {
  return {.name = name, .takes = Takes::word, .value = what, .help = help, .words = std::move(all)};
}
Option repeated(Option option) {
  option.repeats = true;
  return option;
}
Option hidden(Option option) {
  option.hidden = true;
  return option;
}

OptionGroup mailbox_choice() {
  return {"Which mailboxes",
          {repeated(value("mailbox", "GLOB",
                          "only mailboxes that match; '*' matches any text, '?' one character")),
           repeated(value("exclude", "GLOB", "leave out mailboxes that match")),
           repeated(value("map", "A=B", "mailbox A at FROM is mailbox B at TO")),
           flag("map-special-use",
                "pair mailboxes by purpose (Sent, Drafts, Trash, ...) where both servers tell it")}};
}

OptionGroup message_choice() {
  return {"Which messages",
          {value("since", "DATE", "only messages that arrived on DATE or later (2024-01-31, UTC)"),
           value("before", "DATE", "only messages that arrived before DATE"),
           value("max-size", "SIZE", "only messages of at most SIZE octets (25M)"),
           flag("skip-deleted", "leave out messages flagged \\Deleted")}};
}

OptionGroup pair_passwords() {
  return {"Passwords (else the configuration file, else a prompt on a terminal)",
          {value("from-password-env", "NAME", "password of FROM: the value of environment variable NAME"),
           value("from-password-file", "FILE", "password of FROM: the first line of FILE", Takes::file),
           value("from-password-command", "COMMAND", "password of FROM: the first line COMMAND prints"),
           value("to-password-env", "NAME", "password of TO: the value of environment variable NAME"),
           value("to-password-file", "FILE", "password of TO: the first line of FILE", Takes::file),
           value("to-password-command", "COMMAND", "password of TO: the first line COMMAND prints")}};
}

OptionGroup one_password() {
  return {"Password (else the configuration file, else a prompt on a terminal)",
          {value("password-env", "NAME", "the value of environment variable NAME"),
           value("password-file", "FILE", "the first line of FILE", Takes::file),
           value("password-command", "COMMAND", "the first line COMMAND prints")}};
}

Option timeout_option() {
  return value("timeout", "SECONDS", "longest silence of a server (60)");
}
Option allow_damaged_option() {
  return flag("allow-damaged", "archives: read also messages that are not as they were archived");
}

Option compress_option() {
  return words("compress", "WHEN", "COMPRESS=DEFLATE where the server offers it: auto, on or off (off)",
               {"auto", "on", "off"});
}
Option cleartext_option() {
  return flag("allow-cleartext",
              "allow tls=none to a host other than this one: the password can be read on the way");
}
Option connections_option() {
  return value("connections", "N", "connections to each side, 1 to 32 (chosen)");
}
Option time_limit_option() {
  return value("time-limit", "TIME", "stop in good order after TIME (90s, 15m, 2h)");
}
Option settle_option() {
  return hidden(
      value("settle", "SECONDS", "shortest quiet time before an unanswered append counts as lost (2)"));
}

OptionGroup output() {
  return {
      "Output",
      {flag("json", "one JSON object a line on standard output; all else on standard error"),
       flag("quiet", "print failures only", 'q'),
       repeated(flag("verbose", "print what goes on; twice: more", 'v')),
       value("trace", "FILE", "write the protocol, without passwords, to FILE", Takes::file),
       value("config", "FILE", "the configuration file", Takes::file), flag("help", "print this help", 'h')}};
}

OptionGroup pair_output() {
  auto group = output();
  group.options.insert(group.options.begin() + 3,
                       value("report", "DIR", "write summary.json to DIR", Takes::directory));
  return group;
}

OptionGroup removing() {
  return {"Removing (--mode mirror and two-way)",
          {value("delete-to", "MAILBOX", "the quarantine: where removed messages go (deleted_from_source)"),
           flag("expunge", "remove for good instead; cannot be undone"),
           value("max-delete", "N|P%",
                 "remove nothing where it would be more than N messages or P percent; 0 withholds all"),
           flag("yes", "the answer to the question before the first run that removes; waives no limit"),
           flag("delete-extra", "mirror: remove also what never came from FROM"),
           flag("delete-mailboxes", "remove also mailboxes that are gone from the other side, once empty")}};
}

OptionGroup pace() {
  return {"Pace",
          {value("max-rate", "BYTES", "at most so many octets of messages a second (500K, 2M)"),
           value("max-messages-rate", "N", "at most N messages a second"),
           value("max-bytes", "SIZE", "stop after so many octets of messages; the next run goes on")}};
}

}  // namespace pf::cli::part
