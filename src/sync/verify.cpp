#include "sync/verify.h"

#include "async/group.h"
#include "sync/conclude.h"
#include "sync/content.h"
#include "sync/diff.h"
#include "sync/mapping.h"
#include "sync/match.h"
#include "sync/meet.h"
#include "sync/pacing.h"
#include "sync/patience.h"
#include "sync/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>
#include <span>

namespace pf::sync {

namespace {

// Bodies are compared in groups, so that digests of a large mailbox need not all be in memory.
constexpr std::size_t digest_group = 500;

// Measured, Dovecot 2.3: a date before 1970 is told rightly once, and from the cache as an unsigned number of
// 32 bits.
bool date_wrapped(const MessageMeta& a, const MessageMeta& b) {
  if (!a.date || !b.date || a.date == b.date) return false;
  constexpr std::int64_t wrap = std::int64_t{1} << 32;
  const std::int64_t apart = a.date->unix_seconds() - b.date->unix_seconds();
  return apart == wrap || apart == -wrap;
}

struct VerifyJob {
  MappedMailbox mapped;
  MailboxReport report;
  bool done = false;
};

class MailboxVerifier {
 public:
  MailboxVerifier(RunContext& run, VerifyJob& job, bool content)
      : run_(run), job_(job), content_(content), patience_(run) {}

  Task<void> verify() {
    if (!job_.mapped.exists) {
      differ("missing", {}, "the mailbox does not exist at the target");
      job_.report.missing = job_.mapped.source.status ? job_.mapped.source.status->count : 0;
      co_return Status{};
    }
    for (;;) {
      auto compared = co_await compare();
      if (compared || !will_pass(compared.error())) co_return compared;
      const bool again = co_await patience_.wait(compared.error(), job_.report.source);
      if (!again) co_return compared;
    }
  }

 private:
  using Pair = std::pair<std::size_t, std::size_t>;  // indexes into source_ and target_
  using Digests = std::map<MessageRef, ContentDigest>;
  using Unreadable = std::map<MessageRef, Error>;

  Task<void> open(store::Store& store, const store::MailboxInfo& mailbox,
                  std::unique_ptr<store::OpenMailbox>& box, std::vector<MessageMeta>& list) {
    PF_CO_TRY(auto scanned, co_await open_and_scan_all(patience_, store, mailbox, store::Access::read,
                                                       store::ScanFields::keys));
    box = std::move(scanned.mailbox);
    list = std::move(scanned.messages);
    co_return Status{};
  }

  Task<void> compare() {
    std::unique_ptr<store::OpenMailbox> source;
    std::unique_ptr<store::OpenMailbox> target;
    TaskGroup group;
    co_await group.spawn(open(run_.source, job_.mapped.source, source, source_));
    co_await group.spawn(open(run_.target, job_.mapped.target, target, target_));
    PF_CO_TRYV(co_await group.join());
    MatchOptions options;
    options.target_rewrites = run_.target.features().rewrites_messages;
    normalised_.clear();
    altered_.clear();
    unread_.clear();
    result_ = match(source_, target_, options);
    PF_CO_TRYV(co_await resolve_open(*source, *target, source_, target_, result_));
    leave_out_unchosen();
    if (content_) PF_CO_TRYV(co_await compare_contents(*source, *target));
    report();
    ignore(co_await source->close());
    ignore(co_await target->close());
    co_return Status{};
  }

  // What the choice of messages leaves out at the source is left out at the target with it, whatever date it
  // has there; what the source does not have is judged by itself.
  void leave_out_unchosen() {
    const auto wanted = [&](const MessageMeta& m) { return chosen(run_.policy.messages, m); };
    left_out_source_.clear();
    left_out_target_.clear();
    for (std::size_t i = 0; i < source_.size(); ++i) {
      if (!wanted(source_[i])) left_out_source_.insert(i);
    }
    std::set<std::size_t> partners;
    std::erase_if(result_.pairs, [&](const Pair& pair) {
      const bool out = left_out_source_.contains(pair.first);
      (out ? left_out_target_ : partners).insert(pair.second);
      return out;
    });
    for (std::size_t i = 0; i < target_.size(); ++i) {
      if (!partners.contains(i) && !wanted(target_[i])) left_out_target_.insert(i);
    }
    job_.report.source_messages = source_.size() - left_out_source_.size();
    job_.report.target_messages = target_.size() - left_out_target_.size();
  }

  // Within equal keys the octets decide who belongs to whom, so all of a group are digested before they are
  // judged.
  Task<void> compare_contents(store::OpenMailbox& source, store::OpenMailbox& target) {
    std::ranges::sort(result_.pairs, {},
                      [&](const Pair& p) { return std::pair(*source_[p.first].key, p.first); });
    for (std::size_t at = 0, end = 0; at < result_.pairs.size(); at = end) {
      end = std::min(result_.pairs.size(), at + digest_group);
      while (end < result_.pairs.size() && same_key(end - 1, end)) ++end;
      std::vector<MessageRef> source_refs;
      std::vector<MessageRef> target_refs;
      for (std::size_t i = at; i < end; ++i) {
        source_refs.push_back(source_[result_.pairs[i].first].ref);
        target_refs.push_back(target_[result_.pairs[i].second].ref);
      }
      Digested at_source;
      Digested at_target;
      TaskGroup group;
      co_await group.spawn(digest_into(source, std::move(source_refs), at_source));
      co_await group.spawn(digest_into(target, std::move(target_refs), at_target));
      PF_CO_TRYV(co_await group.join());
      for (std::size_t first = at, last = at; first < end; first = last) {
        while (last < end && same_key(first, last)) ++last;
        pair_by_content(at_source.digests, at_target.digests,
                        std::span(result_.pairs).subspan(first, last - first));
      }
      for (std::size_t i = at; i < end; ++i) {
        judge_content(at_source.digests, at_target.digests, result_.pairs[i]);
        note_unread(at_source.unreadable, at_target.unreadable, result_.pairs[i]);
      }
    }
    co_return Status{};
  }

  [[nodiscard]] bool same_key(std::size_t a, std::size_t b) const {
    return source_[result_.pairs[a].first].key == source_[result_.pairs[b].first].key;
  }

  // Pairs of one key: whoever is with the wrong octets gets the partner with its own, if there is one.
  void pair_by_content(const Digests& source, const Digests& target, std::span<Pair> twins) const {
    if (twins.size() < 2) return;
    std::vector<Pair*> wrong;
    std::multimap<Digest256, std::size_t> free;
    for (auto& pair : twins) {
      const auto s = source.find(source_[pair.first].ref);
      const auto t = target.find(target_[pair.second].ref);
      if (s == source.end() || t == target.end() || s->second.exact == t->second.exact) continue;
      wrong.push_back(&pair);
      free.emplace(t->second.exact, pair.second);
    }
    std::vector<Pair*> left;
    for (Pair* pair : wrong) {
      const auto own = free.find(source.at(source_[pair->first].ref).exact);
      if (own == free.end()) {
        left.push_back(pair);
      } else {
        pair->second = own->second;
        free.erase(own);
      }
    }
    auto next = free.begin();
    for (Pair* pair : left) pair->second = (next++)->second;
  }

  static Task<void> digest_into(store::OpenMailbox& box, std::vector<MessageRef> refs, Digested& out) {
    std::ranges::sort(refs);
    PF_CO_TRY(out, co_await read_digests(box, std::move(refs)));
    co_return Status{};
  }

  void judge_content(const std::map<MessageRef, ContentDigest>& source,
                     const std::map<MessageRef, ContentDigest>& target,
                     std::pair<std::size_t, std::size_t> pair) {
    const auto s = source.find(source_[pair.first].ref);
    const auto t = target.find(target_[pair.second].ref);
    if (s == source.end() || t == target.end() || s->second.exact == t->second.exact) return;
    (s->second.normal == t->second.normal ? normalised_ : altered_).insert(pair.first);
  }

  // What is listed and cannot be read has not been compared: a damaged file of an archive, say.
  void note_unread(const Unreadable& source, const Unreadable& target, Pair pair) {
    const auto note = [&](const store::Store& store, const std::string& mailbox, const Unreadable& unreadable,
                          const MessageRef& ref) {
      const auto found = unreadable.find(ref);
      if (found == unreadable.end()) return;
      const Error& error = found->second;
      unread_[pair.first].push_back(
          {mailbox, store.ref_text(ref), std::string(name(error.code)), error.describe(), error.server_text});
    };
    note(run_.source, job_.report.source, source, source_[pair.first].ref);
    note(run_.target, job_.report.target, target, target_[pair.second].ref);
  }

  void report() {
    for (auto& [index, failures] : unread_) {
      ++job_.report.failed;
      for (auto& failure : failures) run_.fail(std::move(failure));
    }
    std::ranges::sort(result_.pairs);
    std::set<std::size_t> paired_source;
    std::set<std::size_t> paired_target;
    for (const auto& [s, t] : result_.pairs) {
      paired_source.insert(s);
      paired_target.insert(t);
      compare_pair(s, source_[s], target_[t]);
    }
    for (std::size_t i = 0; i < source_.size(); ++i) {
      if (paired_source.contains(i) || left_out_source_.contains(i)) continue;
      ++job_.report.missing;
      differ("missing", run_.source.ref_text(source_[i].ref),
             fmt::format("{} bytes, not at the target", source_[i].size));
    }
    for (std::size_t i = 0; i < target_.size(); ++i) {
      if (paired_target.contains(i) || left_out_target_.contains(i)) continue;
      ++job_.report.extra;
      differ("extra", run_.target.ref_text(target_[i].ref),
             fmt::format("{} bytes, not at the source", target_[i].size));
    }
  }

  void compare_pair(std::size_t index, const MessageMeta& source, const MessageMeta& target) {
    if (unread_.contains(index)) return;
    std::string what;
    if (altered_.contains(index)) what += "content; ";
    const bool wrapped = date_wrapped(source, target);
    // A message without a date is delivered with that of the day.
    if (source.date && source.date != target.date && !wrapped) {
      what += fmt::format("date {} and {}; ", source.date->to_string(),
                          target.date ? target.date->to_string() : "none");
    }
    if (source.flags != target.flags) {
      what += fmt::format("flags ({}) and ({}); ", printable(source.flags.to_string()),
                          printable(target.flags.to_string()));
    }
    if (!what.empty()) {
      what.resize(what.size() - 2);
      ++job_.report.different;
      differ("different", run_.source.ref_text(source.ref), what);
      return;
    }
    const bool resized = source.size != target.size && !run_.target.features().rewrites_messages;
    if (!normalised_.contains(index) && !resized && !wrapped) {
      ++job_.report.matched;
      return;
    }
    ++job_.report.normalised;
    const std::string how =
        wrapped ? "the server tells a date before 1970 as one 2^32 seconds later"
                : "the server changed line ends, NUL octets or octets above 127 in the header "
                  "when it stored the message";
    run_.observer(Event(Difference{job_.report.source, run_.source.ref_text(source.ref), "normalised", how}));
  }

  void differ(std::string kind, std::string ref, std::string detail) {
    run_.summary.verify_differs = true;
    run_.observer(Event(Difference{job_.report.source, std::move(ref), std::move(kind), std::move(detail)}));
  }

  RunContext& run_;
  VerifyJob& job_;
  bool content_;
  Patience patience_;
  std::vector<MessageMeta> source_, target_;
  MatchResult result_;
  std::set<std::size_t> left_out_source_, left_out_target_;  // by the choice of messages
  std::set<std::size_t> normalised_, altered_;               // indexes of source messages
  std::map<std::size_t, std::vector<Failure>> unread_;       // the same
};

class VerifyRun {
 public:
  VerifyRun(RunContext& run, bool content) : run_(run), content_(content) {}

  Task<void> go() {
    PF_CO_TRY(found_, co_await meet(run_));
    auto mapping =
        map_mailboxes(found_.source, found_.target, run_.target.name_rules(), run_.policy.mailboxes);
    if (!mapping) {
      run_.summary.nothing_done = true;
      co_return mapping.error();
    }
    for (auto& warning : without_match(run_.policy.mailboxes, {&found_.source, &found_.target}))
      run_.warn(std::move(warning));
    for (auto& mapped : mapping->mailboxes) {
      VerifyJob& job = jobs_.emplace_back();
      job.report.source = mapped.source.path.display();
      job.report.target = mapped.target.path.display();
      job.mapped = std::move(mapped);
    }
    run_.meter.start_mailboxes(jobs_.size());
    const std::size_t lanes =
        std::min({run_.source.features().parallel, run_.target.features().parallel, jobs_.size()});
    co_await run_.source.expect(lanes);
    co_await run_.target.expect(lanes);
    TaskGroup group;
    for (std::size_t i = 0; i < lanes; ++i) co_await group.spawn(lane());
    auto done = co_await group.join();
    PF_CO_TRYV(co_await note_extra_mailboxes());
    co_return done;
  }

  void add_up() {
    Summary& sum = run_.summary;
    for (const auto& job : jobs_) {
      const auto& r = job.report;
      sum.source_messages += r.source_messages;
      sum.matched += r.matched;
      sum.missing += r.missing;
      sum.extra += r.extra;
      sum.different += r.different;
      sum.normalised += r.normalised;
      sum.failed += r.failed;
      sum.per_mailbox.push_back(r);
    }
    sum.mailboxes = jobs_.size();
  }

 private:
  Task<void> lane() {
    while (next_ < jobs_.size() && !run_.stopping()) {
      VerifyJob& job = jobs_[next_++];
      MailboxVerifier verifier(run_, job, content_);
      auto verified = co_await verifier.verify();
      if (!verified) {
        ++job.report.failed;
        run_.fail(failure_of(job.report.source, verified.error()));
        if (verified.error().scope != Scope::mailbox) co_return verified;
      }
      run_.meter.mailbox_done();
      run_.observer(Event(MailboxDone{job.report}));
    }
    co_return Status{};
  }

  // Empty mailboxes of the target that the source lacks are worth a note; with messages they are a
  // difference.
  Task<void> note_extra_mailboxes() {
    if (!run_.policy.mailboxes.include.empty() || !run_.policy.mailboxes.exclude.empty()) co_return Status{};
    std::set<std::string> known;
    for (const auto& job : jobs_) known.insert(job.mapped.target.id);
    std::vector<store::MailboxInfo> extra, untold;
    for (const auto& mailbox : found_.target) {
      if (!mailbox.selectable || known.contains(mailbox.id)) continue;
      (mailbox.status ? extra : untold).push_back(mailbox);
    }
    if (!untold.empty()) {
      const auto ask = [&] { return run_.target.status(untold); };
      PF_CO_TRY(const auto told, co_await patiently(run_, run_.target.label(), ask));
      for (std::size_t i = 0; i < told.size(); ++i) {
        if (!told[i]) continue;  // gone meanwhile
        extra.push_back(untold[i]);
        extra.back().status = *told[i];
      }
    }
    for (const auto& mailbox : extra) {
      const std::uint64_t count = mailbox.status->count;
      if (count == 0) continue;
      run_.summary.extra += count;
      run_.summary.verify_differs = true;
      run_.observer(
          Event(Difference{mailbox.path.display(),
                           {},
                           "extra",
                           fmt::format("{} messages in a mailbox the source does not have", count)}));
    }
    co_return Status{};
  }

  RunContext& run_;
  bool content_;
  Listings found_;
  std::deque<VerifyJob> jobs_;
  std::size_t next_ = 0;
};

}  // namespace

asio::awaitable<void> run_verify(RunContext& run, bool content) {
  watch_pace(run);
  run.observer(Event(RunStarted{run.source.label(), run.target.label(), false}));
  VerifyRun verify(run, content);
  const auto done = co_await verify.go();
  verify.add_up();
  if (!done) run.summary.fatal = done.error();
  conclude(run);
}

}  // namespace pf::sync
