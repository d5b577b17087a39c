// One JSON object a line; docs/json-output.md is the contract.
#pragma once

#include "cli/render/renderer.h"

#include <string>
#include <utility>

namespace pf::cli {

inline constexpr int json_format = 1;  // raised when a key changes its meaning or goes

class JsonRenderer : public Renderer {
 public:
  struct Streams {
    std::function<void(std::string_view)> out;  // one whole line a call
    std::function<void(std::string_view)> err;
  };
  JsonRenderer(RunKind kind, int verbose, Streams streams)
      : kind_(kind), verbose_(verbose), streams_(std::move(streams)) {}

  void event(const sync::Event& event) override;
  void summary(const sync::Summary& summary, int exit_status) override;
  void finding(const app::Finding& finding) override;
  void runs(const std::vector<app::RemovalRun>& runs) override;
  void findings_done(const Error* stopped, int exit_status) override;
  void log(std::string_view text) override;

 private:
  RunKind kind_;
  int verbose_;
  Streams streams_;
};

// The summary with one object for each mailbox, indented: what --report writes.
std::string report_json(const sync::Summary& summary, RunKind kind, int exit_status);

}  // namespace pf::cli
