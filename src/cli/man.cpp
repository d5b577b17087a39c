#include "cli/man.h"

#include "base/ascii.h"
#include "cli/options.h"
#include "cli/version.h"

#include <fmt/format.h>

#include <string_view>

namespace pf::cli {
namespace {

// Backslashes and hyphens mean something to troff, as do a dot or an apostrophe that starts a line.
std::string escaped(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    line_start = c == '\n';
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

// "compare both sides" -> "Compare both sides."
std::string sentence(std::string_view text) {
  std::string out(text);
  out.front() = ascii_upper(out.front());
  return escaped(out) + (text.ends_with('?') ? "" : ".");
}

std::string paragraphs(std::string_view text) {
  std::string out;
  for (auto at = text.find("\n\n"); at != std::string_view::npos; at = text.find("\n\n")) {
    out += escaped(text.substr(0, at)) + "\n.PP\n";
    text.remove_prefix(at + 2);
  }
  return out + escaped(text) + "\n";
}

std::string option_entry(const Option& option) {
  std::string names;
  if (option.letter != '\0') names = fmt::format("\\fB\\-{}\\fR, ", option.letter);
  names += fmt::format("\\fB\\-\\-{}\\fR", escaped(option.name));
  if (!option.value.empty()) names += fmt::format(" \\fI{}\\fR", escaped(option.value));
  return fmt::format(".TP\n{}\n{}\n", names, sentence(option.help));
}

// One that may be left out stands in brackets.
std::string positionals_of(const CommandSpec& command, std::string_view form) {
  std::string out;
  for (const auto positional : command.positionals) {
    const bool optional = out.empty() && !command.unless.empty();
    out +=
        fmt::format(fmt::runtime(form), optional ? fmt::format("[{}]", positional) : std::string(positional));
  }
  return out;
}

std::string command_entry(const CommandSpec& command) {
  auto out = fmt::format(".SS postferry {}", escaped(command.name));
  out += positionals_of(command, " {}") + "\n" + paragraphs(command.description);
  for (const auto& group : command.groups) {
    out += fmt::format(".PP\n\\fI{}\\fR\n", escaped(group.title));
    for (const auto& option : group.options)
      if (!option.hidden) out += option_entry(option);
  }
  return out;
}

std::string synopsis() {
  std::string out = ".SH SYNOPSIS\n";
  for (const auto& command : commands()) {
    if (command.hidden) continue;
    out += fmt::format("\\fBpostferry {}\\fR", escaped(command.name));
    out += positionals_of(command, " \\fI{}\\fR") + " [\\fIOPTIONS\\fR]\n.br\n";
  }
  return out + "\\fBpostferry \\-\\-help\\fR | \\fB\\-\\-version\\fR\n";
}

constexpr std::string_view accounts = R"(.SH ACCOUNTS
\fIFROM\fR and \fITO\fR are URLs or names of accounts in the configuration file.
.TP
\fBimaps://\fIUSER\fB@\fIHOST\fR[\fB:\fIPORT\fR]
TLS from the first octet; port 993.
.TP
\fBimap://\fIUSER\fB@\fIHOST\fR[\fB:\fIPORT\fR]
STARTTLS, required; port 143.
.PP
\fIUSER\fR is percent\-encoded; \fB%40\fR is an at sign. An IPv6 address stands in brackets.
Items may follow after \fB?\fR, joined by \fB&\fR:
.TP
\fBtls=implicit\fR|\fBstarttls\fR|\fBnone\fR
\fBnone\fR is refused for other hosts than this one without \fB\-\-allow\-cleartext\fR.
.TP
\fBca=\fIFILE\fR
Trust the certificates in \fIFILE\fR, not those of the system.
.TP
\fBpin=\fISHA256\fR
Accept only the server key with this fingerprint.
.TP
\fBauth=\fIMECHANISM\fR
Log in by this SASL mechanism or by LOGIN, not by the strongest offered.
.TP
\fBadmin=\fIUSER\fR
Log in as \fIUSER\fR on behalf of the user of the account; the password is that of \fIUSER\fR.
.TP
\fBadmin\-form=authzid\fR|\fBstar\fR|\fBproxyauth\fR
How: with an authorisation identity, as \fIuser*admin\fR, or as the admin and then by PROXYAUTH.
)";

constexpr std::string_view tail = R"(.SH CONFIGURATION FILE
TOML. It holds no password, only where to find one; unknown keys are errors.
.PP
.nf
[defaults]
connections = 4

[account.old]
url = "imaps://joe%40example.com@imap.example.com"
password\-file = "/home/joe/.secrets/old"

[account.new]
host = "imap.example.net"
user = "joe"
password\-command = "pass show mail/new"
.fi
.SH EXIT STATUS
.TP
.B 0
All of it is done.
.TP
.B 1
Unexpected failure.
.TP
.B 2
Usage or configuration.
.TP
.B 3
Cannot connect or log in; nothing was done.
.TP
.B 4
Differences were found.
.TP
.B 5
A safety guard withheld something.
.TP
.B 6
Finished, but some messages, mailboxes or accounts failed; each is named.
.TP
.B 7
Another run is at work on these accounts.
.TP
.B 130, 143
Interrupted by SIGINT or SIGTERM; state is kept, and the same command goes on.
.SH FILES
.TP
.I $XDG_CONFIG_HOME/postferry/postferry.toml
Configuration; \fI~/.config\fR when the variable is not set.
.TP
.I $XDG_STATE_HOME/postferry/
What was copied, by run; \fI~/.local/state\fR when the variable is not set. Losing it is safe: the next run pairs
messages by content.
.SH ENVIRONMENT
.TP
.B NO_COLOR
When set, output has no colours.
)";

std::string examples() {
  std::string out = ".SH EXAMPLES\n";
  for (const auto& command : commands())
    for (const auto& example : command.examples)
      if (!command.hidden)
        out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", escaped(example.command), sentence(example.meaning));
  return out;
}

}  // namespace

std::string man_page() {
  auto out = fmt::format(
      ".\\\" Generated by 'postferry man' from the option table.\n"
      ".TH POSTFERRY 1 \"\" \"postferry {}\" \"User Commands\"\n.SH NAME\npostferry \\- {}\n",
      version(), escaped(program_summary()));
  out += synopsis();
  out += ".SH COMMANDS\n";
  for (const auto& command : commands())
    if (!command.hidden) out += command_entry(command);
  out += accounts;
  out += examples();
  out += tail;
  return out;
}

}  // namespace pf::cli
