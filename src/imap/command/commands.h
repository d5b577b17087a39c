// All commands.
#pragma once

#include "imap/command/append.h"
#include "imap/command/enable.h"
#include "imap/command/fetch.h"
#include "imap/command/id.h"
#include "imap/command/list.h"
#include "imap/command/login.h"
#include "imap/command/mailbox.h"
#include "imap/command/message.h"
#include "imap/command/search.h"
#include "imap/command/select.h"
#include "imap/command/session.h"
#include "imap/command/status.h"
#include "imap/command/store.h"
