// A disk without room, for tests: asked before each call that may need some.  Only with POSTFERRY_STEPS (test
// builds); else nobody asks.
//
// Environment, read at the first call:
//   POSTFERRY_DISK_FULL_AT=K    call K (from 1) and all after it find no room
#pragma once

#ifdef POSTFERRY_STEPS

namespace pf::os {

// From any thread.
bool disk_is_full();
// Asked instead of the environment; nullptr: the environment again.
using DiskHook = bool (*)();
void set_disk_hook(DiskHook hook);

}  // namespace pf::os

#define PF_DISK_FULL() ::pf::os::disk_is_full()
#else
#define PF_DISK_FULL() false
#endif
