#include "net/wiretap.h"

#include "base/printable.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

namespace pf::net {

namespace {

constexpr std::size_t max_text = 2000;

std::string now_text() {
  const auto now = std::chrono::system_clock::now();
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                     millis);
}

}  // namespace

Result<std::shared_ptr<Wiretap>> Wiretap::open(const std::filesystem::path& path) {
  PF_TRY(auto file, os::AppendFile::open(path));
  return std::shared_ptr<Wiretap>(new Wiretap(std::move(file)));
}

void Wiretap::line(std::string_view conn, char direction, std::string_view text) {
  const std::string shown = printable(text.substr(0, max_text));
  const std::string cut =
      text.size() > max_text ? fmt::format(" ... ({} octets)", text.size()) : std::string();
  const std::string out =
      fmt::format("{} [{}] {}: {}{}\n", now_text(), printable(conn), direction, shown, cut);
  const std::lock_guard lock(mutex_);
  if (broken_) return;
  broken_ = !file_.append(as_bytes(out)).ok();
}

}  // namespace pf::net
