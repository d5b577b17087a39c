// docs/modes.md, row by row: what the page says is what the engine does.
#include "unit/sync/rig.h"

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

namespace pf::test {
namespace {

constexpr std::string_view quarantine = "deleted_from_source";
constexpr std::size_t columns = 8;

struct Row {
  int line = 0;
  std::string name, source_before, target_before, remembered, options, source_after, target_after, says;
};
void PrintTo(const Row& row, std::ostream* out) {
  *out << "docs/modes.md, line " << row.line << ": " << row.name;
}

// ---- reading the page

std::string page() {
  const char* told = std::getenv("POSTFERRY_SOURCE_DIR");
  const auto root = told != nullptr && *told != '\0'
                        ? std::filesystem::path(told)
                        : std::filesystem::path(__FILE__).parent_path() / "../../..";
  std::ifstream file(root / "docs/modes.md", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Without blanks and backquotes around it.
std::string bare(std::string_view cell) {
  const auto first = cell.find_first_not_of(" `");
  if (first == std::string_view::npos) return {};
  return std::string(cell.substr(first, cell.find_last_not_of(" `") - first + 1));
}

std::vector<std::string> cells(std::string_view line) {
  std::vector<std::string> out;
  line.remove_prefix(1);
  for (auto end = line.find('|'); end != std::string_view::npos; end = line.find('|')) {
    out.push_back(bare(line.substr(0, end)));
    line.remove_prefix(end + 1);
  }
  return out;
}

std::vector<Row> rows_of(const std::string& text) {
  std::vector<Row> rows;
  std::istringstream lines(text);
  std::string line;
  bool inside = false;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (!line.starts_with('|')) {
      inside = false;
    } else if (line.starts_with("| case |")) {
      inside = true;
    } else if (inside && !line.starts_with("|---")) {
      auto c = cells(line);
      c.resize(columns);
      rows.push_back({number, c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]});
    }
  }
  return rows;
}

// ---- what a cell means

struct Message {
  std::string mailbox, name, flags;
  bool refused = false;
  friend auto operator<=>(const Message&, const Message&) = default;
};

struct Account {
  std::vector<Message> messages;  // sorted
  std::set<std::string> mailboxes = {"INBOX"};
};

std::string flags_of(std::string_view letters) {
  static const std::map<char, std::string_view> words = {
      {'S', "\\Seen"}, {'F', "\\Flagged"}, {'R', "\\Answered"}, {'D', "\\Deleted"}};
  std::string text;
  for (const char letter : letters)
    if (letter != '+') text += fmt::format("{}{}", text.empty() ? "" : " ", words.at(letter));
  return FlagSet::parse(text).to_string();
}

// "A7" for itself, "A7-A9" for three.
std::vector<std::string> names_of(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return {std::string(text)};
  const auto number = [](std::string_view name) { return std::stoi(std::string(name.substr(1))); };
  std::vector<std::string> names;
  for (const int n : range(number(text.substr(0, dash)), number(text.substr(dash + 1))))
    names.push_back(fmt::format("{}{}", text.front(), n));
  return names;
}

Account account_of(const std::string& cell) {
  Account account;
  std::istringstream words(cell);
  for (std::string word; words >> word;) {
    if (word == "-") continue;
    Message message;
    message.mailbox = "INBOX";
    if (const auto colon = word.find(':'); colon != std::string::npos) {
      message.mailbox = word.substr(0, colon) == "quarantine" ? quarantine : word.substr(0, colon);
      word.erase(0, colon + 1);
    }
    account.mailboxes.insert(message.mailbox);
    if (word.empty()) continue;
    message.refused = word.ends_with('!');
    if (message.refused) word.pop_back();
    const auto plus = std::min(word.find('+'), word.size());
    message.flags = flags_of(std::string_view(word).substr(plus));
    for (auto& name : names_of(std::string_view(word).substr(0, plus))) {
      message.name = name;
      account.messages.push_back(message);
    }
  }
  std::ranges::sort(account.messages);
  return account;
}

// ---- what a message is

std::string bytes_of(const std::string& name) {
  return fmt::format("Message-ID: <{0}@example.com>\r\nSubject: {0}\r\n\r\nbody of {0}\r\n", name);
}
std::string name_of(std::string_view bytes) {
  const auto start = bytes.find('<') + 1;
  return std::string(bytes.substr(start, bytes.find('@') - start));
}
InternalDate date_of(const std::string& name) {
  int sum = 0;
  for (const char c : name) sum = sum * 100 + (c - '0');
  return {sample_time + sum, 0};
}

void add(store::MemoryServer& server, const Message& m) {
  server.add(m.mailbox, bytes_of(m.name), m.flags, date_of(m.name));
}

Account account_at(const store::MemoryServer& server) {
  Account account;
  for (const auto& id : server.mailbox_ids()) {
    account.mailboxes.insert(id);
    for (const auto& m : server.messages(id))
      account.messages.push_back({id, name_of(*m.bytes), m.flags.to_string()});
  }
  std::ranges::sort(account.messages);
  return account;
}

std::string shown(const Account& account) {
  std::string text;
  for (const auto& box : account.mailboxes) text += fmt::format("[{}] ", box);
  for (const auto& m : account.messages) text += fmt::format("{}:{}({}) ", m.mailbox, m.name, m.flags);
  return text;
}

// Takes away, adds and flags until the server holds what `wanted` says: what people did since the last run.
void make_it_so(store::MemoryServer& server, const Account& wanted) {
  auto missing = wanted.messages;
  for (const auto& id : server.mailbox_ids()) {
    for (const auto& m : server.messages(id)) {
      const auto same = std::ranges::find_if(
          missing, [&](const Message& w) { return w.mailbox == id && w.name == name_of(*m.bytes); });
      if (same == missing.end()) {
        server.remove(id, m.uid);
        continue;
      }
      if (same->flags != m.flags.to_string()) server.set_flags(id, m.uid, same->flags);
      missing.erase(same);
    }
    if (!wanted.mailboxes.contains(id) && id != "INBOX") server.drop(id);
  }
  for (const auto& m : missing) add(server, m);
  for (const auto& box : wanted.mailboxes)
    if (!server.has(box)) server.create(box);
}

void refuse(store::MemoryServer& server, const Account& account) {
  std::set<std::string> refused;
  for (const auto& m : account.messages)
    if (m.refused) refused.insert(m.name);
  server.options.refuse = [refused](std::string_view bytes) -> std::optional<Errc> {
    if (!refused.contains(name_of(bytes))) return std::nullopt;
    return Errc::invalid_message;
  };
}

// ---- options and numbers

std::uint64_t number_in(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    throw std::runtime_error("no number: " + text);
  return value;
}

void apply_mode(sync::Policy& policy, const std::string& word) {
  for (const auto mode : {sync::Mode::copy, sync::Mode::mirror, sync::Mode::two_way})
    if (sync::name(mode) == word) {
      policy.mode = mode;
      return;
    }
  throw std::runtime_error("no mode: " + word);
}

void apply_most(sync::RemovalPolicy& removal, std::string word) {
  if (!word.ends_with('%')) {
    removal.most_messages = number_in(word);
    return;
  }
  word.pop_back();
  removal.most_percent = static_cast<double>(number_in(word));
}

void apply_options(sync::Policy& policy, const std::string& options) {
  const std::map<std::string, bool*> switches = {{"--keep-deleted", &policy.keep_deleted},
                                                 {"--retry-failed", &policy.retry_failed},
                                                 {"--skip-deleted", &policy.messages.skip_deleted},
                                                 {"--delete-extra", &policy.removal.extra},
                                                 {"--delete-mailboxes", &policy.removal.mailboxes},
                                                 {"--expunge", &policy.removal.for_good},
                                                 {"--yes", &policy.removal.confirmed}};
  std::istringstream words(options);
  for (std::string word; words >> word;) {
    std::string value;
    if (word == "--mode" && words >> value)
      apply_mode(policy, value);
    else if (word == "--max-delete" && words >> value)
      apply_most(policy.removal, value);
    else if (word == "--no-flags")
      policy.sync_flags = false;
    else if (const auto found = switches.find(word); found != switches.end())
      *found->second = true;
    else
      throw std::runtime_error("no option: " + word);
  }
}

using Numbers = std::map<std::string, std::uint64_t>;

Numbers told_by(const sync::Summary& sum) {
  Numbers all = {{"copied", sum.copied},       {"restored", sum.restored},
                 {"flags", sum.flags_changed}, {"deleted", sum.deleted},
                 {"withheld", sum.withheld},   {"moved", sum.moved},
                 {"back", sum.copied_back},    {"failed", sum.failed},
                 {"vanished", sum.vanished},   {"conflicts", sum.conflicts.size()}};
  std::erase_if(all, [](const auto& entry) { return entry.second == 0; });
  return all;
}

// "copied 1, failed 1"
Numbers numbers_in(const std::string& says) {
  Numbers all;
  if (says == "nothing") return all;
  std::istringstream parts(says);
  for (std::string part; std::getline(parts, part, ',');) {
    std::istringstream words(part);
    std::string what, count;
    if (!(words >> what >> count)) throw std::runtime_error("says what? " + says);
    all[what] = number_in(count);
  }
  return all;
}

// ---- the rows

class ModesTable : public testing::TestWithParam<Row> {};

// What the last run left: both sides with the same messages, and the memory of it.
void remember(Rig& rig, const std::string& cell) {
  if (cell == "-") return;
  const auto both = account_of(cell);
  make_it_so(*rig.from, both);
  refuse(*rig.to, both);
  (void)rig.copy();
  rig.to->options.refuse = nullptr;
}

void expect_there(const store::MemoryServer& server, const std::string& cell) {
  EXPECT_EQ(shown(account_at(server)), shown(account_of(cell)));
}

TEST_P(ModesTable, IsWhatHappens) {
  const auto& row = GetParam();
  Rig rig;
  rig.source_may_change = row.options.find("two-way") != std::string::npos;
  remember(rig, row.remembered);
  make_it_so(*rig.from, account_of(row.source_before));
  make_it_so(*rig.to, account_of(row.target_before));
  refuse(*rig.to, account_of(row.source_before));
  apply_options(rig.policy, row.options);

  const auto sum = rig.copy();
  EXPECT_EQ(told_by(sum), numbers_in(row.says)) << text_of(sum);
  EXPECT_FALSE(sum.fatal.has_value()) << text_of(sum);
  EXPECT_EQ(sum.run.empty(), sum.deleted == 0);
  expect_there(*rig.from, row.source_after);
  expect_there(*rig.to, row.target_after);

  SCOPED_TRACE("the run after it");
  rig.policy.retry_failed = false;
  (void)rig.copy();
  expect_there(*rig.from, row.source_after);
  expect_there(*rig.to, row.target_after);
}

INSTANTIATE_TEST_SUITE_P(Page, ModesTable, testing::ValuesIn(rows_of(page())),
                         [](const testing::TestParamInfo<Row>& info) {
                           return fmt::format("line{}", info.param.line);
                         });

TEST(ModesPage, IsReadAndEveryRowIsWhole) {
  const auto rows = rows_of(page());
  EXPECT_GE(rows.size(), 70U);
  for (const auto& row : rows) {
    EXPECT_FALSE(row.says.empty()) << row.line;
    EXPECT_FALSE(row.target_after.empty()) << row.line;
  }
}

}  // namespace
}  // namespace pf::test
