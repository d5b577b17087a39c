// A value that cannot be printed: no operator<<, no fmt formatter, wiped when it goes.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace pf {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { wipe(other.value_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe(value_);
      value_ = std::move(other.value_);
      wipe(other.value_);
    }
    return *this;
  }
  ~Secret() { wipe(value_); }

  // The only way to the value; grep for it.
  [[nodiscard]] std::string_view reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

  // Overwrites and empties a string that held a secret.
  static void wipe(std::string& s) noexcept;

 private:
  std::string value_;
};

}  // namespace pf
