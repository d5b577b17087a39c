#include "bare_copy.h"

#include "bare_connection.h"

#include <fmt/format.h>

#include <stdexcept>
#include <string_view>
#include <vector>

namespace pf::bench {

namespace {

// What stands between `before` and `after`.
std::string between(const std::string& text, std::string_view before, char after) {
  const auto start = text.find(before);
  if (start == std::string::npos) throw std::runtime_error("no " + std::string(before) + " in: " + text);
  const auto from = start + before.size();
  return text.substr(from, text.find(after, from) - from);
}

std::string without_recent(std::string flags) {
  if (const auto at = flags.find("\\Recent"); at != std::string::npos) flags.erase(at, 7);
  while (flags.ends_with(' ')) flags.pop_back();
  while (flags.starts_with(' ')) flags.erase(0, 1);
  return flags;
}

// The whole mailbox as one APPEND.
std::string fetch_as_append(BareConnection& from, const std::string& mailbox, Copied& copied) {
  std::string append = "APPEND " + mailbox;
  from.send("EXAMINE " + mailbox);
  bool empty = false;
  from.finish([&](const std::string& text) { empty = empty || text == "* 0 EXISTS"; });
  if (empty) return {};
  from.send("FETCH 1:* (FLAGS INTERNALDATE BODY.PEEK[])");
  from.finish([&](const std::string& text) {
    if (!text.ends_with('}')) return;
    const auto size = literal_size(text);
    append += fmt::format(" ({}) \"{}\" {{{}+}}\r\n", without_recent(between(text, "FLAGS (", ')')),
                          between(text, "INTERNALDATE \"", '"'), size);
    append += from.octets(size);
    (void)from.line();
    ++copied.messages;
    copied.bytes += size;
  });
  return append;
}

}  // namespace

Copied bare_copy(const Place& from, const Place& to) {
  Copied copied;
  BareConnection source(from);
  BareConnection target(to);
  target.send("LIST \"\" *");
  const auto mailboxes = source.list();
  target.finish();
  for (const auto& mailbox : mailboxes) {
    const auto append = fetch_as_append(source, mailbox, copied);
    if (mailbox != "INBOX") {
      target.send("CREATE " + mailbox);
      target.finish();
    }
    ++copied.mailboxes;
    if (append.empty()) continue;
    target.send(append);
    target.finish();
  }
  for (auto* connection : {&source, &target}) {
    connection->send("LOGOUT");
    connection->finish();
  }
  return copied;
}

}  // namespace pf::bench
