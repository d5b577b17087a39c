// Steps of a run, so that a test can end the program at each of them: PF_STEP(kind) stands where the world
// outside has just been changed, or is about to be.  Only with POSTFERRY_STEPS (test builds); else it is
// nothing at all.
//
// Environment, read at the first step:
//   POSTFERRY_STOP_AT_STEP=K    at step K (from 1) the program ends, at once and without a word, with status
//                               137
//   POSTFERRY_STOP_BY_SIGNAL=N  instead it sends itself this signal, and goes on if it can
#pragma once

#ifdef POSTFERRY_STEPS

#include <cstdint>

namespace pf {

enum class Step : std::uint8_t {
  journal,   // a write of the journal: before its commit, and after it
  command,   // octets were given to the kernel
  response,  // a tagged response came, and is not yet acted upon
  file,      // files of a store on disk were written, renamed, synced or removed
};

// From any thread.
void step(Step kind);
// Asked at each step instead of the environment; nullptr: the environment again.
using StepHook = void (*)(Step kind);
void set_step_hook(StepHook hook);

}  // namespace pf

#define PF_STEP(kind) ::pf::step(::pf::Step::kind)
#else
#define PF_STEP(kind) static_cast<void>(0)
#endif
