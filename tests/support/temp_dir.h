// A directory that goes when its owner goes, and whole files in one call.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace pf::test {

// Short path (unix sockets end at 108 octets) and open to all, because servers run as another user.
// POSTFERRY_KEEP_TEMP=1 in the environment keeps it for a look afterwards.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// Both throw std::runtime_error naming the file.
void write_file(const std::filesystem::path& path, std::string_view bytes);
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace pf::test
