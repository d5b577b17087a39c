// A Maildir on disk for tests, filled by hand as other programs fill one, and a store that looks at it.
#pragma once

#include "store/maildir/maildir_store.h"
#include "store/store.h"
#include "support/run_task.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

namespace pf::test {

class Text final : public store::MessageSource {
 public:
  explicit Text(std::string text, std::size_t piece = 100'000) : text_(std::move(text)), piece_(piece) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  Task<Bytes> next() override {
    const auto rest = as_bytes(text_).subspan(at_);
    const auto now = rest.first(std::min(piece_, rest.size()));
    at_ += now.size();
    co_return now;
  }

 private:
  std::string text_;
  std::size_t piece_, at_ = 0;
};

class MaildirRig : public testing::Test {
 protected:
  using Path = std::filesystem::path;

  template <class T>
  static T must(Task<T> task) {
    auto result = run(std::move(task));
    if (!result) throw std::runtime_error(result.error().describe());
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }

  // A mailbox at this place below DIR.
  void make(const Path& at = ".") const {
    for (const auto* part : {"cur", "new", "tmp"}) std::filesystem::create_directories(root / at / part);
  }
  void put(const Path& at, std::string_view text, std::int64_t date = 1'600'000'000) const {
    write_file(root / at, text);
    const timespec times[2] = {{.tv_sec = date, .tv_nsec = 0}, {.tv_sec = date, .tv_nsec = 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (root / at).c_str(), times, 0), 0);
  }
  [[nodiscard]] std::vector<std::string> names(const Path& at) const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(root / at))
      out.push_back(entry.path().filename().string());
    std::ranges::sort(out);
    return out;
  }
  // Everything anybody could notice but when it was read last.
  [[nodiscard]] std::map<std::string, std::string> state() const {
    std::map<std::string, std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      struct stat found{};
      ::lstat(entry.path().c_str(), &found);
      out[entry.path().string()] = std::to_string(found.st_ino) + ' ' + std::to_string(found.st_size) + ' ' +
                                   std::to_string(found.st_mtim.tv_sec) + ' ' +
                                   std::to_string(found.st_ctim.tv_sec) + '.' +
                                   std::to_string(found.st_ctim.tv_nsec);
    }
    return out;
  }

  store::Store& store() {
    if (!store_) {
      store_ = std::make_unique<store::MaildirStore>(store::MaildirOptions{
          .directory = root,
          .log = [this](LogLevel, std::string_view text) { log += std::string(text) + '\n'; },
          .pool = {}});
      must(store_->connect());
    }
    return *store_;
  }
  store::MailboxInfo mailbox(std::string_view id) {
    for (auto& found : must(store().list())) {
      if (found.id == id) return found;
    }
    throw std::runtime_error("no mailbox " + std::string(id));
  }
  std::unique_ptr<store::OpenMailbox> open(std::string_view id = "INBOX",
                                           store::Access access = store::Access::write) {
    return must(store().open(mailbox(id), access));
  }
  static std::vector<MessageMeta> scan(store::OpenMailbox& open,
                                       store::ScanFields fields = store::ScanFields::basic) {
    std::vector<MessageMeta> out;
    for (MessageRef from;;) {
      auto page = must(open.scan(from, fields));
      for (auto& message : page.messages) out.push_back(std::move(message));
      if (!page.more) return out;
      from = page.next;
    }
  }
  struct Got {
    std::string ref;
    std::string text;
    std::optional<Error> error{};
  };
  static Task<std::vector<Got>> drain(store::MessageStream& stream) {
    std::vector<Got> out;
    for (;;) {
      auto item = co_await stream.next();
      if (!item && item.error().scope == Scope::message) {
        out.push_back({std::string(stream.failed_ref().bytes()), {}, item.error()});
        continue;
      }
      if (!item) co_return item.error();
      if (!*item) co_return out;
      Got got{std::string((*item)->ref.bytes()), {}};
      for (;;) {
        PF_CO_TRY(const Bytes piece, co_await (*item)->body->next());
        if (piece.empty()) break;
        got.text.append(piece.begin(), piece.end());
      }
      EXPECT_EQ(got.text.size(), (*item)->body->size());
      out.push_back(std::move(got));
    }
  }
  static std::vector<Got> read(store::OpenMailbox& open, const std::vector<MessageMeta>& messages) {
    std::vector<MessageRef> refs;
    for (const auto& message : messages) refs.push_back(message.ref);
    auto stream = must(open.read(std::move(refs)));
    auto out = must(drain(*stream));
    must(stream->close());
    return out;
  }
  static std::vector<store::AppendOutcome> append(store::OpenMailbox& open,
                                                  const std::vector<std::string>& texts,
                                                  std::string_view flags = {},
                                                  std::optional<InternalDate> date = {}) {
    std::vector<std::unique_ptr<Text>> bodies;
    std::vector<store::AppendItem> items;
    for (const auto& text : texts) {
      bodies.push_back(std::make_unique<Text>(text));
      items.push_back({FlagSet::parse(flags), date, bodies.back().get(), {}});
    }
    auto out = must(open.append(items));
    for (const auto& outcome : out)
      EXPECT_EQ(outcome.kind, store::AppendOutcome::Kind::stored) << outcome.error->describe();
    return out;
  }

  TempDir temp;
  Path root = temp / "Maildir";
  std::string log;

 private:
  std::unique_ptr<store::MaildirStore> store_;
};

}  // namespace pf::test
