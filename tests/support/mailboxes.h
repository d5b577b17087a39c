// Whole accounts for tests: filling, comparing, and proving that nobody touched one.
#pragma once

#include "support/imap_oracle.h"
#include "support/mail_server.h"
#include "support/message_factory.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace pf::test {

[[nodiscard]] std::unique_ptr<ImapOracle> oracle_of(const MailServer& server, const std::string& user);

// For looking on while a program works in a new account: makes its INBOX first.  Two first sessions at once
// can end one of them at Dovecot 2.3 (NO [ALREADYEXISTS] to EXAMINE, or a panic: "Resource deadlock
// avoided").
[[nodiscard]] std::unique_ptr<ImapOracle> first_session_of(const MailServer& server, const std::string& user);
// Messages in the Maildirs below `directory`, without asking a server.
[[nodiscard]] std::size_t maildir_files(const std::filesystem::path& directory);

// In its place an empty one of the same name, with a UIDVALIDITY of its own.
void remake(ImapOracle& oracle, const std::string& mailbox);

// Name on the wire of the mailbox with these parts in ASCII, at this server: prefix, separator.
[[nodiscard]] std::string name_at(const MailServer& server, const std::vector<std::string>& parts);

void append_all(ImapOracle& oracle, const std::string& mailbox, std::span<const AwkwardMessage> messages);
// A plain message: one line of text, with a Message-ID of its own.
[[nodiscard]] AwkwardMessage small_message(std::size_t number, std::size_t bytes_of_text = 200);
[[nodiscard]] std::vector<AwkwardMessage> small_messages(std::size_t count, std::size_t bytes_of_text = 200);

// Everything a client could notice about these mailboxes: uids, flags, \Recent, modification sequences.
// \Recent goes when anybody opens a mailbox for writing, which is no change to the mail.
enum class Recent : std::uint8_t { counted, ignored };
[[nodiscard]] std::string state_of(ImapOracle& oracle, const std::vector<std::string>& mailboxes,
                                   Recent recent = Recent::counted);

// Empty when both hold the same mail (compare()).
[[nodiscard]] std::string difference(ImapOracle& source, const std::string& source_mailbox,
                                     ImapOracle& target, const std::string& target_mailbox);

// How often each subject is there: what is left alone by a server that adds fields to headers (GNU imap4d).
[[nodiscard]] std::map<std::string, int> subjects(const std::vector<StoredMessage>& messages);

}  // namespace pf::test
