// Where the archive of each account of a bulk run is: a directory below the output directory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pf::config {

// As imapsync_bulk_migrator names it: blanks around it go, every run of octets but A-Z a-z 0-9 _ . @ + -
// becomes one '_', at most 200.
std::string reference_directory_name(std::string_view email);

// One name each, in order: the reference's where the email is such a name already.  Where it had to be
// changed, or where another differs by letter case only, a digest of the email follows
// ("joe@ex_ample-1a2b3c4d"), so that two accounts never share a directory on any file system.  No name begins
// with a dot.  The name of one account does not depend on the order of the others.
std::vector<std::string> archive_directory_names(const std::vector<std::string>& emails);

}  // namespace pf::config
