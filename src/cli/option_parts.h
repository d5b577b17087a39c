// What the options of several commands have in common.
#pragma once

#include "cli/options.h"

#include <string_view>
#include <vector>

namespace pf::cli::part {

Option flag(std::string_view name, std::string_view help, char letter = '\0');
Option value(std::string_view name, std::string_view what, std::string_view help, Takes takes = Takes::text);
Option words(std::string_view name, std::string_view what, std::string_view help,
             std::vector<std::string_view> all);
Option repeated(Option option);
Option hidden(Option option);

OptionGroup mailbox_choice();
OptionGroup message_choice();
OptionGroup pair_passwords();
OptionGroup one_password();
OptionGroup removing();
OptionGroup pace();
OptionGroup output();
OptionGroup pair_output();  // with --report

Option timeout_option();
Option allow_damaged_option();
Option compress_option();
Option cleartext_option();
Option connections_option();
Option time_limit_option();
Option settle_option();

}  // namespace pf::cli::part
