// An archive in a directory of its own, and short words to work on it.
#pragma once

#include "store/archive/archive_store.h"
#include "store/archive/names.h"
#include "support/run_task.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

namespace pf::test {

// A message out of memory, in pieces.
class PieceSource final : public store::MessageSource {
 public:
  explicit PieceSource(std::string text, std::size_t piece = 100'000)
      : text_(std::move(text)), piece_(piece) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  Task<Bytes> next() override {
    const auto piece = std::string_view(text_).substr(given_, piece_);
    given_ += piece.size();
    co_return as_bytes(piece);
  }

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t given_ = 0;
};

struct Mail {
  std::string text;
  std::string flags{};
  InternalDate date{1'704'067'200, 0};  // 01-Jan-2024 00:00:00 +0000
  store::Origin origin{};
};

inline std::string a_message(int number, std::size_t octets = 100) {
  return "Message-ID: <" + std::to_string(number) + "@example.com>\r\nSubject: number " +
         std::to_string(number) + "\r\n\r\n" + std::string(octets, static_cast<char>('a' + number % 26)) +
         "\r\n";
}

template <class T>
T must(Task<T> task) {
  auto result = run(std::move(task));
  if (!result) throw std::runtime_error(result.error().describe());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// What a message read from a store was, or why it was not to be had.
struct ReadBack {
  MessageRef ref;
  std::string text;
  std::optional<Error> error{};
};

inline Task<std::vector<ReadBack>> read_stream(store::MessageStream& stream) {
  std::vector<ReadBack> out;
  for (;;) {
    auto item = co_await stream.next();
    if (!item) {
      if (item.error().scope != Scope::message) co_return item.error();
      out.push_back({stream.failed_ref(), {}, item.error()});
      continue;
    }
    if (!*item) co_return out;
    out.push_back({(*item)->ref, {}});
    for (;;) {
      auto piece = co_await (*item)->body->next();
      if (!piece) {
        out.back().error = piece.error();
        break;
      }
      if (piece->empty()) break;
      out.back().text.append(piece->begin(), piece->end());
    }
  }
}

// What stands below a directory: size, inode and time of the last change of each name.
using Tree = std::map<std::string, std::string>;
inline Tree tree_of(const std::filesystem::path& root) {
  Tree out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    struct stat status{};
    if (::lstat(entry.path().c_str(), &status) != 0) continue;
    out[std::filesystem::relative(entry.path(), root).native()] =
        std::to_string(status.st_size) + " " + std::to_string(status.st_ino) + " " +
        std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) + " " +
        std::to_string(status.st_mode);
  }
  return out;
}

class ArchiveRig : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path at() const { return temp_ / "archive"; }
  [[nodiscard]] std::filesystem::path at(std::string_view below) const { return at() / below; }

  std::unique_ptr<store::ArchiveStore> store_here(bool allow_damaged = false) const {
    store::ArchiveOptions options;
    options.directory = at();
    options.allow_damaged = allow_damaged;
    options.pool = pool_;
    options.log = [this](LogLevel, std::string_view text) { logged_.emplace_back(text); };
    return std::make_unique<store::ArchiveStore>(std::move(options));
  }
  std::unique_ptr<store::ArchiveStore> connected(bool allow_damaged = false) const {
    auto out = store_here(allow_damaged);
    must(out->connect());
    return out;
  }

  static store::MailboxInfo make(store::Store& store, const MailboxPath& path) {
    const auto id = wire_from_path(path, store.name_rules()).wire;
    return must(store.create(path, id, SpecialUse::none));
  }
  static std::vector<store::AppendOutcome> append(store::OpenMailbox& mailbox, std::vector<Mail> mail) {
    std::vector<std::unique_ptr<PieceSource>> bodies;
    std::vector<store::AppendItem> items;
    for (auto& m : mail) {
      bodies.push_back(std::make_unique<PieceSource>(std::move(m.text)));
      items.push_back({FlagSet::parse(m.flags), m.date, bodies.back().get(), m.origin});
    }
    return must(mailbox.append(items));
  }
  // An INBOX with these, written by a store that is gone afterwards.
  void fill(std::vector<Mail> mail) const { fill_mailbox({{"INBOX"}}, std::move(mail)); }
  void fill_mailbox(const MailboxPath& path, std::vector<Mail> mail) const {
    const auto store = connected();
    const auto made = make(*store, path);
    const auto mailbox = must(store->open(made, store::Access::write));
    for (const auto& outcome : append(*mailbox, std::move(mail)))
      EXPECT_EQ(outcome.kind, store::AppendOutcome::Kind::stored);
    must(mailbox->close());
    must(store->close());
  }
  static store::MailboxInfo find(store::Store& store, const MailboxPath& path) {
    for (auto& mailbox : must(store.list())) {
      if (mailbox.path == path) return mailbox;
    }
    throw std::runtime_error("no mailbox " + path.display());
  }
  static std::vector<ReadBack> read_all(store::OpenMailbox& mailbox) {
    std::vector<MessageRef> refs;
    for (const auto& message : must(mailbox.scan({}, store::ScanFields::refs)).messages)
      refs.push_back(message.ref);
    const auto stream = must(mailbox.read(std::move(refs)));
    auto out = must(read_stream(*stream));
    must(stream->close());
    return out;
  }
  // Of the INBOX, by a store of its own.
  [[nodiscard]] std::vector<ReadBack> read_inbox(bool allow_damaged = false) const {
    const auto store = connected(allow_damaged);
    const auto mailbox = must(store->open(find(*store, {{"INBOX"}}), store::Access::read));
    auto out = read_all(*mailbox);
    must(mailbox->close());
    return out;
  }
  // Names of the files in a folder.
  [[nodiscard]] std::vector<std::string> files(std::string_view folder = "INBOX") const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(at(folder)))
      out.push_back(entry.path().filename().native());
    std::ranges::sort(out);
    return out;
  }
  [[nodiscard]] std::filesystem::path manifest() const { return at("INBOX") / store::manifest_file; }
  [[nodiscard]] std::filesystem::path list() const { return at() / store::list_file; }
  [[nodiscard]] static std::vector<std::string> lines_of(const std::filesystem::path& file) {
    std::vector<std::string> out;
    std::istringstream stream(read_file(file));
    for (std::string line; std::getline(stream, line);) out.push_back(line + "\n");
    return out;
  }
  static void write_lines(const std::filesystem::path& file, const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line;
    write_file(file, text);
  }
  // As an earlier version made it: without a list of mailboxes.
  void make_older() const {
    std::filesystem::remove(list());
    write_file(at(store::archive_file), "{\"format\": \"postferry-archive\", \"version\": 1}\n");
  }

  TempDir temp_;
  std::shared_ptr<WorkerPool> pool_ = std::make_shared<WorkerPool>();
  mutable std::vector<std::string> logged_;
};

}  // namespace pf::test
