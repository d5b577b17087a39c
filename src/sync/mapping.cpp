#include "sync/mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace pf::sync {

namespace {

std::string fold_ascii(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// What makes two wire names the same mailbox at this target.
std::string identity(const std::string& wire, const NameRules& rules) {
  return rules.case_sensitive ? wire : fold_ascii(wire);
}

bool is_prefix(const MailboxPath& head, const MailboxPath& path) {
  return head.parts.size() <= path.parts.size() &&
         std::equal(head.parts.begin(), head.parts.end(), path.parts.begin());
}

struct Rename {
  MailboxPath from, to;
  bool used = false;
};

class Mapper {
 public:
  Mapper(const std::vector<store::MailboxInfo>& target, const NameRules& rules, const MailboxChoice& choice)
      : rules_(rules), map_special_use_(choice.map_special_use) {
    for (const auto& m : target) {
      by_path_.emplace(m.path, &m);
      by_id_.emplace(identity(m.id, rules), &m);
      if (m.selectable && m.special_use != SpecialUse::none) by_use_.emplace(m.special_use, &m);
    }
    for (const auto& [from, to] : choice.map) {
      renames_.push_back({MailboxPath::from_display(from), MailboxPath::from_display(to)});
    }
  }

  Result<Mapping> run(std::vector<store::MailboxInfo> sources) {
    std::ranges::sort(sources, [](const auto& a, const auto& b) {
      return std::pair(!a.path.is_inbox(), std::cref(a.path).get()) <
             std::pair(!b.path.is_inbox(), std::cref(b.path).get());
    });
    Mapping out;
    for (auto& source : sources) {
      bool is_explicit = false;
      const MailboxPath wanted = target_path(source, is_explicit);
      MappedMailbox mapped = place(std::move(source), wanted, is_explicit, out.warnings);
      if (is_explicit && collides_) {
        return Error(Errc::usage, Scope::run, Retry::never,
                     fmt::format("two --map options put different mailboxes into \"{}\"", wanted.display()));
      }
      out.mailboxes.push_back(std::move(mapped));
    }
    for (const Rename& rename : renames_) {
      const auto twice = [&](const Rename& other) { return other.used && other.from == rename.from; };
      if (!rename.used && std::ranges::any_of(renames_, twice)) {
        return Error(Errc::usage, Scope::run, Retry::never,
                     fmt::format("two --map options are about \"{}\"", rename.from.display()));
      }
      if (!rename.used) {
        return Error(Errc::usage, Scope::run, Retry::never,
                     fmt::format("--map: the source has no chosen mailbox \"{}\"", rename.from.display()));
      }
    }
    return out;
  }

 private:
  MailboxPath target_path(const store::MailboxInfo& source, bool& is_explicit) {
    Rename* best = nullptr;
    for (Rename& rename : renames_) {
      if (is_prefix(rename.from, source.path) &&
          (best == nullptr || rename.from.parts.size() > best->from.parts.size())) {
        best = &rename;
      }
    }
    if (best != nullptr) {
      best->used = true;
      is_explicit = true;
      MailboxPath path = best->to;
      path.parts.insert(path.parts.end(),
                        source.path.parts.begin() + static_cast<std::ptrdiff_t>(best->from.parts.size()),
                        source.path.parts.end());
      return path;
    }
    if (map_special_use_ && source.special_use != SpecialUse::none) {
      if (auto found = by_use_.find(source.special_use); found != by_use_.end()) return found->second->path;
    }
    return source.path;
  }

  MappedMailbox place(store::MailboxInfo source, const MailboxPath& wanted, bool is_explicit,
                      std::vector<std::string>& warnings) {
    MappedMailbox mapped;
    const std::string shown = source.path.display();
    const MailboxPath source_path = source.path;
    mapped.source = std::move(source);
    std::string id;
    if (auto found = by_path_.find(wanted); found != by_path_.end()) {
      id = found->second->id;
    } else {
      WireName name = wire_from_path(wanted, rules_);
      mapped.altered = name.altered;
      id = std::move(name.wire);
    }
    collides_ = false;
    if (auto taken = taken_.find(identity(id, rules_)); taken != taken_.end()) {
      const bool merging =
          taken->second.wanted == wanted;  // the same place on purpose: a rename or a special use
      if (merging) {
        collides_ = is_explicit && taken->second.is_explicit;
        mapped.shares_target = true;
        warnings.push_back(fmt::format("\"{}\" and \"{}\" both go to \"{}\"",
                                       printable(taken->second.source.display()), printable(shown),
                                       printable(wanted.display())));
      } else {
        id = unique(id);
        mapped.altered = true;
      }
    }
    taken_.try_emplace(identity(id, rules_), Taken{source_path, wanted, is_explicit});
    finish(mapped, id, wanted, warnings);
    return mapped;
  }

  void finish(MappedMailbox& mapped, const std::string& id, const MailboxPath& wanted,
              std::vector<std::string>& warnings) const {
    if (auto there = by_id_.find(identity(id, rules_)); there != by_id_.end()) {
      mapped.target = *there->second;
      mapped.exists = there->second->selectable;
    } else {
      mapped.target.id = id;
      mapped.target.path = mapped.altered ? path_from_wire(id, rules_) : wanted;
      mapped.target.special_use = mapped.source.special_use;
    }
    if (mapped.altered) {
      warnings.push_back(fmt::format("the target cannot hold the name \"{}\"; it is called \"{}\" there",
                                     printable(wanted.display()), printable(mapped.target.path.display())));
    }
  }

  std::string unique(const std::string& id) const {
    for (int n = 2;; ++n) {
      std::string candidate = fmt::format("{}_{}", id, n);
      if (!taken_.contains(identity(candidate, rules_))) return candidate;
    }
  }

  struct Taken {
    MailboxPath source, wanted;
    bool is_explicit = false;
  };

  const NameRules& rules_;
  bool map_special_use_;
  bool collides_ = false;
  std::vector<Rename> renames_;
  std::map<MailboxPath, const store::MailboxInfo*> by_path_;
  std::map<std::string, const store::MailboxInfo*> by_id_;
  std::map<SpecialUse, const store::MailboxInfo*> by_use_;
  std::map<std::string, Taken> taken_;
};

}  // namespace

bool chosen(const MailboxChoice& choice, const MailboxPath& path) {
  const std::string shown = path.display();
  auto any = [&](const std::vector<std::string>& globs) {
    return std::ranges::any_of(globs, [&](const std::string& g) { return glob_match(g, shown); });
  };
  return (choice.include.empty() || any(choice.include)) && !any(choice.exclude);
}

std::vector<std::string> without_match(const MailboxChoice& choice,
                                       std::initializer_list<const std::vector<store::MailboxInfo>*> lists) {
  std::vector<std::string> out;
  for (const auto& glob : choice.include) {
    const bool found = std::ranges::any_of(lists, [&](const auto* list) {
      return std::ranges::any_of(
          *list, [&](const auto& m) { return m.selectable && glob_match(glob, m.path.display()); });
    });
    if (!found) out.push_back(fmt::format("--mailbox \"{}\": there is no such mailbox", printable(glob)));
  }
  return out;
}

Result<Mapping> map_mailboxes(const std::vector<store::MailboxInfo>& source,
                              const std::vector<store::MailboxInfo>& target, const NameRules& target_rules,
                              const MailboxChoice& choice) {
  std::vector<store::MailboxInfo> wanted;
  for (const auto& mailbox : source) {
    if (mailbox.selectable && chosen(choice, mailbox.path)) wanted.push_back(mailbox);
  }
  return Mapper(target, target_rules, choice).run(std::move(wanted));
}

}  // namespace pf::sync
