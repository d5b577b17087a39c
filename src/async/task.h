// Task<T>: a coroutine that yields a Result<T>.  With asio::awaitable behind it, it is the only asio name
// that layers above net may speak; everything runs on one event loop, so nothing here locks.
#pragma once

#include "async/timer.h"
#include "base/result.h"

#include <asio/awaitable.hpp>

namespace pf {

template <class T = void>
using Task = asio::awaitable<Result<T>>;

}  // namespace pf
