#include "config/archive_names.h"

#include "base/ascii.h"
#include "base/digest.h"

#include <map>

namespace pf::config {
namespace {

constexpr std::size_t most = 200;
constexpr std::size_t digest_digits = 8;

bool kept(char c) {
  const char low = ascii_lower(c);
  return is_digit(c) || (low >= 'a' && low <= 'z') ||
         std::string_view("_.@+-").find(c) != std::string_view::npos;
}

std::string with_digest(std::string_view name, std::string_view email) {
  std::string out(name.substr(0, most - digest_digits - 1));
  if (out.empty() || out.front() == '.') out.insert(0, "_");
  return out + "-" + hex(sha256(email)).substr(0, digest_digits);
}

// Dots at its ends mean something to one file system or another.
bool as_it_is(std::string_view name, std::string_view email) {
  return name == email && !name.empty() && name.front() != '.' && name.back() != '.';
}

}  // namespace

std::string reference_directory_name(std::string_view email) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const auto first = email.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  email = email.substr(first, email.find_last_not_of(blanks) - first + 1);
  std::string out;
  bool changing = false;
  for (const char c : email) {
    // A '/' is replaced before runs are: two of them are "__", which a run then leaves alone.
    if (c == '/' || kept(c)) {
      out += c == '/' ? '_' : c;
      changing = false;
    } else if (!changing) {
      out += '_';
      changing = true;
    }
  }
  return out.substr(0, most);
}

std::vector<std::string> archive_directory_names(const std::vector<std::string>& emails) {
  std::map<std::string, std::size_t> alike;
  for (const auto& email : emails) ++alike[ascii_lower(reference_directory_name(email))];
  std::vector<std::string> names;
  for (const auto& email : emails) {
    const auto name = reference_directory_name(email);
    const bool plain = as_it_is(name, email) && alike[ascii_lower(name)] == 1;
    names.push_back(plain ? name : with_digest(name, email));
  }
  return names;
}

}  // namespace pf::config
