#include "bare_fetch.h"

#include "in_parallel.h"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace pf::bench {

namespace {

class File {
 public:
  File(const std::filesystem::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), path.native());
  }
  ~File() { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void write(std::string_view octets) const {
    const auto n = ::write(fd_, octets.data(), octets.size());
    if (n != static_cast<ssize_t>(octets.size()))
      throw std::system_error(errno, std::generic_category(), "write");
  }
  void sync_file_system() const {
    if (::syncfs(fd_) != 0) throw std::system_error(errno, std::generic_category(), "syncfs");
  }

 private:
  int fd_;
};

void fetch_mailbox(BareConnection& from, const std::string& mailbox, const std::filesystem::path& into,
                   Fetched& fetched) {
  from.send("EXAMINE " + mailbox);
  bool empty = false;
  from.finish([&](const std::string& text) { empty = empty || text == "* 0 EXISTS"; });
  if (empty) return;
  std::uint64_t number = 0;
  from.send("FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])");
  from.finish([&](const std::string& text) {
    if (!text.ends_with('}')) return;
    const auto size = literal_size(text);
    if (into.empty()) {
      from.skip(size);
    } else {
      const File file(into / fmt::format("{}.eml", ++number), O_WRONLY | O_CREAT | O_EXCL);
      file.write(from.octets(size));
    }
    (void)from.line();
    ++fetched.messages;
    fetched.bytes += size;
  });
}

}  // namespace

double bare_fetch(const Place& from, std::size_t connections, const std::filesystem::path& into,
                  Fetched& fetched) {
  const auto start = std::chrono::steady_clock::now();
  const auto mailboxes = BareConnection(from).list();
  std::atomic<std::size_t> next = 0;
  in_parallel(connections, connections, [&](std::size_t) {
    BareConnection connection(from);
    for (auto i = next++; i < mailboxes.size(); i = next++) {
      const auto folder = into.empty() ? into : into / std::to_string(i);
      if (!folder.empty()) std::filesystem::create_directories(folder);
      fetch_mailbox(connection, mailboxes[i], folder, fetched);
    }
  });
  if (!into.empty()) File(into, O_RDONLY | O_DIRECTORY).sync_file_system();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace pf::bench
