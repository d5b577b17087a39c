#include "bare_folder.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>

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
      : folder_(folder),
        staging_(folder.native() + ".tmp"),
        manifest_(folder / "manifest.jsonl", O_WRONLY | O_CREAT | O_APPEND) {
    std::filesystem::create_directories(staging_);
  }

  void add(std::string_view message) override {
    const auto name = std::to_string(number_++);
    File(staging_ / (name + ".eml"), new_file).write(message);
    File(staging_ / (name + ".json"), new_file).write(std::string(sidecar_octets, 'x'));
    if (number_ - published_ == batch) publish();
  }
  void finish() override {
    publish();
    std::filesystem::remove(staging_);
  }

 private:
  // As large as those of an archive are in the mean.
  static constexpr std::size_t sidecar_octets = 300, line_octets = 250;
  static constexpr std::uint64_t batch = 100;

  void publish() {
    if (published_ == number_) return;
    sync_file_system(staging_);
    std::string lines;
    for (; published_ < number_; ++published_) {
      const auto from = std::to_string(published_);
      const auto to = fmt::format("20010909T014640Z-{:016x}", published_ * 0x9E3779B97F4A7C15U);
      for (const auto* ending : {".eml", ".json"}) {
        const auto last = folder_ / (to + ending);
        check(std::rename((staging_ / (from + ending)).c_str(), last.c_str()) == 0, last);
      }
      lines.append(line_octets, 'x');
    }
    File(folder_, directory).sync();
    manifest_.write(lines);
    manifest_.sync();
  }

  std::filesystem::path folder_, staging_;
  File manifest_;
  std::uint64_t number_ = 0, published_ = 0;
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
