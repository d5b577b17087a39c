#include "cli/version.h"

#include <fmt/format.h>

namespace pf::cli {
namespace {

std::string compiler() {
#if defined(__clang__)
  return fmt::format("Clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#elif defined(__GNUC__)
  return fmt::format("GCC {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#else
  return "unknown compiler";
#endif
}

}  // namespace

std::string_view version() {
  return POSTFERRY_VERSION;
}

std::string version_line() {
  return fmt::format("postferry {} ({})", version(), compiler());
}

}  // namespace pf::cli
