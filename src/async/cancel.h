// Ends from outside what waits for the network, where a closed stream does not do it: there may be no stream
// yet. Not thread-safe, like everything of one event loop.
#pragma once

#include <functional>
#include <list>
#include <utility>

namespace pf {

class CancelSignal {
  using Hooks = std::list<std::function<void()>>;

 public:
  // Takes its function back when it goes; the signal must outlive it.
  class Hook {
   public:
    Hook() = default;
    Hook(Hook&& o) noexcept : signal_(std::exchange(o.signal_, nullptr)), at_(o.at_) {}
    Hook& operator=(Hook&& o) noexcept {
      std::swap(signal_, o.signal_);
      std::swap(at_, o.at_);
      return *this;
    }
    ~Hook() {
      if (signal_ != nullptr) signal_->hooks_.erase(at_);
    }

   private:
    friend class CancelSignal;
    Hook(CancelSignal* signal, Hooks::iterator at) : signal_(signal), at_(at) {}
    CancelSignal* signal_ = nullptr;
    Hooks::iterator at_;
  };

  CancelSignal() = default;
  CancelSignal(const CancelSignal&) = delete;
  CancelSignal& operator=(const CancelSignal&) = delete;

  // For good.
  void cancel() {
    if (std::exchange(cancelled_, true)) return;
    for (const auto& run : hooks_) run();
  }
  [[nodiscard]] bool cancelled() const { return cancelled_; }

  // `run` wakes or closes something and resumes nobody on the spot.  Whoever comes after cancel() must ask
  // cancelled().
  [[nodiscard]] Hook on_cancel(std::function<void()> run) {
    return {this, hooks_.insert(hooks_.end(), std::move(run))};
  }

 private:
  Hooks hooks_;
  bool cancelled_ = false;
};

}  // namespace pf
