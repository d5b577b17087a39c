// Dates: whatever parses can be written, and means the same instant when read again.
#include "fuzz/check.h"
#include "mail/internal_date.h"

using namespace pf;

namespace {

void check_written(const InternalDate& date) {
  const auto text = date.to_string();
  PF_CHECK(text.size() == 26);
  const auto again = InternalDate::parse(text);
  PF_CHECK(again.has_value());
  PF_CHECK(again->to_string() == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const auto& date : {InternalDate::parse(input), parse_iso_date(input)}) {
    if (!date) continue;
    check_written(*date);
    // At the edges of what four digits of year can name, the zone may move the date out of them.
    const bool inside = date->unix_seconds() > -62135510400 && date->unix_seconds() < 253402214400;
    if (inside) PF_CHECK(InternalDate::parse(date->to_string()) == date);
  }
  return 0;
}
