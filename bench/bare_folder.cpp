#include "bare_folder.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace pf::bench {

namespace {

void check(bool done, const std::string& what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

class File {
 public:
  File(const std::filesystem::path& path, int flags)
      : path_(path), fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    check(fd_ >= 0, path_);
  }
  ~File() { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void write(std::string_view octets) const {
    check(::write(fd_, octets.data(), octets.size()) == static_cast<ssize_t>(octets.size()), path_);
  }
  // For a file without one.
  void name(const std::filesystem::path& path) const {
    const auto link = fmt::format("/proc/self/fd/{}", fd_);
    check(::linkat(AT_FDCWD, link.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0, path);
  }
  void sync() const { check(::fsync(fd_) == 0, path_); }
  void sync_file_system() const { check(::syncfs(fd_) == 0, path_); }

 private:
  std::string path_;
  int fd_;
};

constexpr int new_file = O_WRONLY | O_CREAT | O_EXCL;
constexpr int directory = O_RDONLY | O_DIRECTORY;

class FileAMessage final : public BareFolder {
 public:
  explicit FileAMessage(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void add(std::string_view message) override {
    File(folder_ / fmt::format("{}.eml", ++number_), new_file).write(message);
  }
  void finish() override {}

 private:
  std::filesystem::path folder_;
  std::uint64_t number_ = 0;
};

class AsAnArchive final : public BareFolder {
 public:
  explicit AsAnArchive(const std::filesystem::path& folder)
      : folder_(folder), manifest_(folder / "manifest.jsonl", O_WRONLY | O_CREAT | O_APPEND) {}

  void add(std::string_view message) override {
    waiting_.push_back(std::make_unique<File>(folder_, O_WRONLY | O_TMPFILE));
    waiting_.back()->write(message);
    waiting_.push_back(std::make_unique<File>(folder_, O_WRONLY | O_TMPFILE));
    waiting_.back()->write(std::string(sidecar_octets, 'x'));
    if (waiting_.size() == 2 * batch) publish();
  }
  void finish() override { publish(); }

 private:
  // As large as those of an archive are in the mean.
  static constexpr std::size_t sidecar_octets = 300, line_octets = 250;
  static constexpr std::size_t batch = 100;

  void publish() {
    if (waiting_.empty()) return;
    sync_file_system(folder_);
    std::string lines;
    for (std::size_t i = 0; i < waiting_.size(); i += 2) {
      const auto stem = fmt::format("20010909T014640Z-{:016x}", ++number_ * 0x9E3779B97F4A7C15U);
      waiting_[i]->name(folder_ / (stem + ".eml"));
      waiting_[i + 1]->name(folder_ / (stem + ".json"));
      lines.append(line_octets, 'x');
    }
    waiting_.clear();
    File(folder_, directory).sync();
    manifest_.write(lines);
    manifest_.sync();
  }

  std::filesystem::path folder_;
  File manifest_;
  std::vector<std::unique_ptr<File>> waiting_;
  std::uint64_t number_ = 0;
};

}  // namespace

std::unique_ptr<BareFolder> file_a_message(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  return std::make_unique<FileAMessage>(folder);
}

std::unique_ptr<BareFolder> as_an_archive(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  return std::make_unique<AsAnArchive>(folder);
}

void sync_file_system(const std::filesystem::path& of) {
  File(of, directory).sync_file_system();
}

}  // namespace pf::bench
