#include "support/mailboxes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace pf::test {

std::unique_ptr<ImapOracle> oracle_of(const MailServer& server, const std::string& user) {
  return std::make_unique<ImapOracle>(server.imap_port(), server.login(user), server.password(user));
}

std::unique_ptr<ImapOracle> first_session_of(const MailServer& server, const std::string& user) {
  auto oracle = oracle_of(server, user);
  oracle->select("INBOX", true);
  return oracle;
}

std::size_t maildir_files(const std::filesystem::path& directory) {
  namespace fs = std::filesystem;
  std::size_t count = 0;
  std::error_code gone;  // what a server takes away meanwhile does not count
  for (fs::recursive_directory_iterator entry(directory, gone), end; entry != end; entry.increment(gone)) {
    const auto parent = entry->path().parent_path().filename();
    if ((parent == "cur" || parent == "new") && !entry->is_directory(gone)) ++count;
  }
  return count;
}

std::string name_at(const MailServer& server, const std::vector<std::string>& parts) {
  if (parts.size() == 1 && parts.front() == "INBOX") return "INBOX";
  return server.prefix() + fmt::format("{}", fmt::join(parts, std::string(1, server.separator())));
}

void remake(ImapOracle& oracle, const std::string& mailbox) {
  const auto before = oracle.select(mailbox, true).uidvalidity;
  oracle.select("INBOX", true);
  do {  // Cyrus takes the second it is
    oracle.remove(mailbox);
    oracle.create(mailbox);
  } while (oracle.select(mailbox, true).uidvalidity == before);
}

void append_all(ImapOracle& oracle, const std::string& mailbox, std::span<const AwkwardMessage> messages) {
  std::vector<ToAppend> all;
  all.reserve(messages.size());
  for (const auto& m : messages) all.push_back({.bytes = m.bytes, .flags = m.flags, .date = m.date});
  const auto capabilities = oracle.command("CAPABILITY");
  const bool pipelines = std::ranges::any_of(
      capabilities, [](const auto& line) { return line.find("LITERAL+") != std::string::npos; });
  if (pipelines) {
    oracle.append_all(mailbox, all);
  } else {
    for (const auto& message : all) oracle.append(mailbox, message);
  }
}

AwkwardMessage small_message(std::size_t number, std::size_t bytes_of_text) {
  AwkwardMessage message;
  message.name = fmt::format("small {}", number);
  message.bytes = fmt::format(
      "From: Anna <anna@example.com>\r\nTo: Bert <bert@example.org>\r\nSubject: small {0}\r\n"
      "Date: Mon, 17 Jul 2023 02:44:25 +0200\r\nMessage-ID: <small-{0}@example.com>\r\n\r\n",
      number);
  while (bytes_of_text > 70) {
    message.bytes += std::string(68, static_cast<char>('a' + number % 26)) + "\r\n";
    bytes_of_text -= 70;
  }
  message.bytes += std::string(bytes_of_text, '.') + "\r\n";
  if (number % 3 == 0) message.flags = {"\\Seen"};
  if (number % 7 == 0) message.flags.emplace_back("$Forwarded");
  message.date =
      fmt::format("{:02}-Jul-2023 {:02}:{:02}:25 +0200", 1 + number % 28, number % 24, number % 60);
  return message;
}

std::vector<AwkwardMessage> small_messages(std::size_t count, std::size_t bytes_of_text) {
  std::vector<AwkwardMessage> all;
  for (std::size_t i = 1; i <= count; ++i) all.push_back(small_message(i, bytes_of_text));
  return all;
}

std::string state_of(ImapOracle& oracle, const std::vector<std::string>& mailboxes, Recent recent) {
  std::string text;
  const auto* asked = recent == Recent::counted ? "RECENT " : "";
  for (const auto& mailbox : mailboxes) {
    for (const auto& answer :
         oracle.command(fmt::format("STATUS {} (MESSAGES UNSEEN {}UIDNEXT UIDVALIDITY HIGHESTMODSEQ)",
                                    ImapOracle::quoted(mailbox), asked))) {
      if (answer.starts_with("* STATUS ")) text += answer + "\n";
    }
    for (const auto& m : oracle.fetch_all(mailbox)) {
      text += fmt::format("  {} ({})\n", m.uid, fmt::join(m.flags, " "));
    }
  }
  return text;
}

std::string difference(ImapOracle& source, const std::string& source_mailbox, ImapOracle& target,
                       const std::string& target_mailbox) {
  return compare(source.fetch_all(source_mailbox), target.fetch_all(target_mailbox));
}

std::map<std::string, int> subjects(const std::vector<StoredMessage>& messages) {
  std::map<std::string, int> all;
  for (const auto& m : messages) {
    const auto at = m.bytes.find("Subject: ");
    ++all[at == std::string::npos ? "" : m.bytes.substr(at, m.bytes.find("\r\n", at) - at)];
  }
  return all;
}

}  // namespace pf::test
