#include "store/archive/manifest_chain.h"

namespace pf::store {

namespace {

constexpr std::string_view before_sum = R"(,"sum":")";
constexpr std::string_view after_sum = "\"}";
constexpr std::size_t sum_digits = 16;
constexpr std::size_t seal_octets = before_sum.size() + sum_digits + after_sum.size();

std::string sum_of(Sha256& digest, std::string_view last, std::string_view line) {
  digest.update(last);
  digest.update(line);
  return hex(digest.finish()).substr(0, sum_digits);
}

}  // namespace

std::string ManifestChain::sealed(std::string_view lines) const {
  std::string out;
  std::string last = last_;
  Sha256 digest;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    const auto line = lines.substr(0, end - 1);  // without its '}'
    last = sum_of(digest, last, line);
    out += line;
    out += before_sum;
    out += last;
    out += after_sum;
    out += '\n';
    lines.remove_prefix(end + 1);
  }
  return out;
}

bool ManifestChain::take(std::string_view line) {
  std::string said;
  std::string_view rest;
  if (line.size() > seal_octets) {
    rest = line.substr(0, line.size() - seal_octets);
    said = line.substr(rest.size() + before_sum.size(), sum_digits);
  }
  const bool sealed = line.substr(rest.size()).starts_with(before_sum) && line.ends_with(after_sum);
  const bool sound = sealed && sum_of(digest_, last_, rest) == said;
  last_ = said;
  return sound;
}

}  // namespace pf::store
