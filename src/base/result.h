// Result<T>: a value or an Error.  Dropping one is a compile error, awaited or not.
#pragma once

#include "base/error.h"

#include <expected>
#include <type_traits>
#include <utility>

namespace pf {

template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using Base = std::expected<T, Error>;
  using Base::Base;
  Result(Error e)
      : Base(std::unexpect, std::move(e)) {}  // NOLINT(google-explicit-constructor): `return Error{...}`
  [[nodiscard]] bool ok() const { return this->has_value(); }
};

using Status = Result<void>;

// For tests of a result whose failure changes nothing (closing what is already lost).
template <class T>
void ignore(const Result<T>& /*result*/) {}

}  // namespace pf

// PF_TRY(auto x, expr): x = value of expr, or return its error.  CO_ variants for coroutines.
// Two steps on purpose: the awaited value gets a name before it is taken apart.
#define PF_CONCAT_(a, b) a##b
#define PF_CONCAT(a, b) PF_CONCAT_(a, b)
#define PF_TRY_IMPL(ret, tmp, decl, ...) \
  auto tmp = (__VA_ARGS__);              \
  if (!tmp) ret std::move(tmp).error();  \
  decl = *std::move(tmp)
#define PF_TRYV_IMPL(ret, tmp, ...)       \
  do {                                    \
    auto tmp = (__VA_ARGS__);             \
    if (!tmp) ret std::move(tmp).error(); \
  } while (false)
#define PF_TRY(decl, ...) PF_TRY_IMPL(return, PF_CONCAT(pf_try_, __COUNTER__), decl, __VA_ARGS__)
#define PF_TRYV(...) PF_TRYV_IMPL(return, PF_CONCAT(pf_try_, __COUNTER__), __VA_ARGS__)
#define PF_CO_TRY(decl, ...) PF_TRY_IMPL(co_return, PF_CONCAT(pf_try_, __COUNTER__), decl, __VA_ARGS__)
#define PF_CO_TRYV(...) PF_TRYV_IMPL(co_return, PF_CONCAT(pf_try_, __COUNTER__), __VA_ARGS__)
