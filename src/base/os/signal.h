// Requests to stop, from Ctrl-C and service managers.
#pragma once

#include <atomic>

namespace pf::os {

// SIGINT and SIGTERM are counted instead of ending the program, system calls they meet are interrupted, and
// SIGPIPE is ignored (a broken pipe is an error of write()).  Each request is counted in `also`, too, which
// must live as long as the program.
void install_signal_handlers(std::atomic<int>* also = nullptr);

int stop_requests();  // how often SIGINT or SIGTERM came; two mean that the user is in a hurry
int stop_signal();    // the first of them; 0: none.  128 + this is the exit status

// Tests only.
void forget_stop_requests();

}  // namespace pf::os
