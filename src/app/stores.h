// From what the user named to a concrete store: the only place that knows them.
#pragma once

#include "app/job.h"
#include "imap/client/login.h"
#include "net/wiretap.h"
#include "store/store.h"

#include <cstdint>
#include <memory>

namespace pf::app {

imap::LoginOptions login_options(const Endpoint& endpoint, const Environment& environment,
                                 std::shared_ptr<net::Wiretap> wiretap);
// Which end of a run: only a target may be made.
enum class Side : std::uint8_t { source, target };
std::unique_ptr<store::Store> make_store(const Endpoint& endpoint, Side side, const Environment& environment,
                                         std::size_t connections, std::shared_ptr<net::Wiretap> wiretap);
// Nothing when no trace is wanted.
Result<std::shared_ptr<net::Wiretap>> open_wiretap(const Environment& environment);

}  // namespace pf::app
