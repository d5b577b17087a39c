#include "sync/report.h"

#include <utility>

namespace pf::sync {

Failure failure_of(std::string mailbox, const Error& error) {
  Failure failure;
  failure.mailbox = std::move(mailbox);
  failure.reason = name(error.code);
  failure.message = error.describe();
  failure.server_text = error.server_text;
  return failure;
}

Failure failure_of(std::string mailbox, std::string ref, const Error& error) {
  Failure failure = failure_of(std::move(mailbox), error);
  failure.ref = std::move(ref);
  return failure;
}

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok:
      return "ok";
    case Outcome::partial:
      return "partial";
    case Outcome::failed:
      return "failed";
    case Outcome::refused:
      return "refused";
    case Outcome::interrupted:
      return "interrupted";
  }
  return "failed";
}

}  // namespace pf::sync
