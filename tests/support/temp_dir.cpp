#include "support/temp_dir.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace pf::test {

namespace fs = std::filesystem;

TempDir::TempDir() {
  constexpr std::size_t longest_base = 30;
  const char* base = std::getenv("TMPDIR");
  std::string name = base != nullptr && *base != '\0' && std::strlen(base) <= longest_base ? base : "/tmp";
  name += "/pf-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), name);
  ::chmod(name.c_str(), 0755);
  path_ = name;
}

TempDir::~TempDir() {
  if (const char* keep = std::getenv("POSTFERRY_KEEP_TEMP"); keep != nullptr && *keep != '\0') return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void write_file(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace pf::test
