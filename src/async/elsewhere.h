// Waits for an answer that comes from another thread.
#pragma once

#include "async/task.h"

#include <functional>

namespace pf {

// Resumes who waits, on its own event loop.  Called once, from any thread; the loop does not end before.
using Answer = std::move_only_function<void(Status)>;

// Hands `start` the answer to give, at once, and gives what it was given.
Task<void> await_answer(std::move_only_function<void(Answer)> start);

}  // namespace pf
