#include "sync/content.h"

#include "sync/twins.h"

#include <algorithm>
#include <optional>

namespace pf::sync {

namespace {

Task<ContentDigest> digest_body(store::MessageSource& body) {
  ContentDigester digester;
  for (;;) {
    PF_CO_TRY(const Bytes chunk, co_await body.next());
    if (chunk.empty()) break;
    digester.feed(chunk);
  }
  co_return digester.finish();
}

std::vector<MessageRef> refs_of(const std::vector<MessageMeta>& list,
                                const std::vector<std::size_t>& indexes) {
  std::vector<MessageRef> refs;
  refs.reserve(indexes.size());
  for (std::size_t i : indexes) refs.push_back(list[i].ref);
  std::ranges::sort(refs);
  return refs;
}

using Digests = std::map<MessageRef, ContentDigest>;

class DigestReader {
 public:
  DigestReader(store::OpenMailbox& mailbox, Digested& out) : mailbox_(mailbox), out_(out) {}

  Task<void> read(std::vector<MessageRef> refs) {
    refusal.reset();
    PF_CO_TRY(auto stream, co_await mailbox_.read(std::move(refs)));
    auto taken = co_await take_all(*stream);
    auto closed = co_await stream->close();
    if (!taken) co_return taken;
    if (!closed) co_return closed;
    if (!refusal || refusal->code != Errc::throttled) co_return Status{};
    refusal->scope = Scope::mailbox;
    co_return *refusal;
  }

  std::optional<Error> refusal;  // of the last read(), and the store did not say of what

 private:
  Task<void> take_all(store::MessageStream& stream) {
    for (;;) {
      auto item = co_await stream.next();
      if (!item && item.error().scope != Scope::message) co_return item.error();
      if (!item) {
        note(stream.failed_ref(), item.error());
        continue;
      }
      if (!*item) co_return Status{};
      auto digest = co_await digest_body(*(*item)->body);
      if (digest) {
        out_.digests.emplace((*item)->ref, *digest);
      } else if (digest.error().scope == Scope::message) {
        note((*item)->ref, digest.error());
      } else {
        co_return digest.error();
      }
    }
  }

  void note(const MessageRef& ref, const Error& why) {
    if (ref.empty()) {
      refusal = why;
    } else {
      out_.unreadable.emplace(ref, why);
    }
  }

  store::OpenMailbox& mailbox_;
  Digested& out_;
};

// Of one side.
struct Read {
  const std::vector<MessageMeta>& list;
  const Digests& digests;

  using Likeness = std::pair<Digest256, Traits>;
  [[nodiscard]] std::optional<Likeness> likeness(std::size_t i, Digest256 ContentDigest::* field,
                                                 Besides besides) const {
    const auto found = digests.find(list[i].ref);
    if (found == digests.end()) return std::nullopt;
    return Likeness(found->second.*field, traits(list[i], besides));
  }
};

void pair_by_content(const Read& source, const Read& target, MatchResult::Open& open,
                     std::vector<std::pair<std::size_t, std::size_t>>& pairs) {
  for (const auto field : {&ContentDigest::exact, &ContentDigest::normal}) {
    for (const auto besides : all_besides) {
      pair_equal(
          open.source, open.target, [&](std::size_t s) { return source.likeness(s, field, besides); },
          [&](std::size_t t) { return target.likeness(t, field, besides); }, pairs);
    }
  }
}

}  // namespace

Task<Digested> read_digests(store::OpenMailbox& mailbox, std::vector<MessageRef> refs) {
  Digested out;
  if (refs.empty()) co_return out;
  DigestReader reader(mailbox, out);
  PF_CO_TRYV(co_await reader.read(refs));
  if (!reader.refusal) co_return out;
  // It may have been about any of them: one by one.
  for (const auto& ref : refs) {
    if (out.digests.contains(ref) || out.unreadable.contains(ref)) continue;
    PF_CO_TRYV(co_await reader.read({ref}));
    if (reader.refusal) out.unreadable.emplace(ref, *reader.refusal);
  }
  co_return out;
}

Task<void> resolve_open(store::OpenMailbox& source, store::OpenMailbox& target,
                        const std::vector<MessageMeta>& source_list,
                        const std::vector<MessageMeta>& target_list, MatchResult& result) {
  std::vector<std::size_t> all_source;
  std::vector<std::size_t> all_target;
  for (const auto& open : result.open) {
    all_source.insert(all_source.end(), open.source.begin(), open.source.end());
    all_target.insert(all_target.end(), open.target.begin(), open.target.end());
  }
  PF_CO_TRY(const auto at_source, co_await read_digests(source, refs_of(source_list, all_source)));
  PF_CO_TRY(const auto at_target, co_await read_digests(target, refs_of(target_list, all_target)));
  for (auto& open : result.open) {
    pair_by_content({source_list, at_source.digests}, {target_list, at_target.digests}, open, result.pairs);
    const auto unread = std::ranges::find_if(
        open.target, [&](std::size_t t) { return at_target.unreadable.contains(target_list[t].ref); });
    if (unread == open.target.end()) continue;
    for (const std::size_t s : open.source)
      result.undecided.emplace_back(s, at_target.unreadable.at(target_list[*unread].ref));
  }
  result.open.clear();
  co_return Status{};
}

Task<void> confirm_pairs(store::OpenMailbox& source, store::OpenMailbox& target,
                         const std::vector<MessageMeta>& source_list,
                         const std::vector<MessageMeta>& target_list, MatchResult& result,
                         Vanished vanished) {
  std::vector<std::size_t> all_source;
  std::vector<std::size_t> all_target;
  for (const auto& [s, t] : result.pairs) {
    all_source.push_back(s);
    all_target.push_back(t);
  }
  PF_CO_TRY(const auto at_source, co_await read_digests(source, refs_of(source_list, all_source)));
  PF_CO_TRY(const auto at_target, co_await read_digests(target, refs_of(target_list, all_target)));
  std::erase_if(result.pairs, [&](const auto& pair) {
    const auto& ref = target_list[pair.second].ref;
    const auto s = at_source.digests.find(source_list[pair.first].ref);
    const auto t = at_target.digests.find(ref);
    if (s == at_source.digests.end()) return vanished == Vanished::drop;
    if (const auto why = at_target.unreadable.find(ref); why != at_target.unreadable.end())
      result.undecided.emplace_back(pair.first, why->second);
    return t == at_target.digests.end() || s->second.normal != t->second.normal;
  });
  co_return Status{};
}

}  // namespace pf::sync
