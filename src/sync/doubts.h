// Recorded copies that seem to be gone: are they?  Asked before they are sent again, or taken for removed.
#pragma once

#include "sync/context.h"
#include "sync/diff.h"
#include "sync/job.h"

#include <vector>

namespace pf::sync {

// A listing may be short (Yahoo tells 1,000 of 10,000): each that is asked for by its reference and is there
// counts as matched.
Task<void> confirm_gone(const std::vector<state::PairRow>& pairs, store::OpenMailbox& target, Diff& diff);

// True when two pairs lead to one message or recorded copies are gone, and a message no pair explains is that
// of a pair whose reference leads to another one: the target told wrong references (APPENDUID) for what it
// stored, and no pair can be believed.
Task<bool> references_are_wrong(RunContext& run, const MailboxJob& job, store::OpenMailbox& target,
                                const Diff& diff);

}  // namespace pf::sync
