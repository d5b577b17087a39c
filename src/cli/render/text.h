// Output for people: progress while it runs, then a summary.
#pragma once

#include "cli/render/progress.h"
#include "cli/render/renderer.h"

namespace pf::cli {

struct TextStyle {
  RunKind kind = RunKind::sync;
  int verbose = 0;
  bool colour = false;  // of standard output
};

class TextRenderer : public Renderer {
 public:
  struct Streams {
    std::function<void(std::string_view)> out;
    ProgressView::Screen err;
  };
  TextRenderer(TextStyle style, Streams streams);

  void event(const sync::Event& event) override;
  void summary(const sync::Summary& summary, int exit_status) override;
  void finding(const app::Finding& finding) override;
  void runs(const std::vector<app::RemovalRun>& runs) override;
  void findings_done(const Error* stopped, int exit_status) override;
  void log(std::string_view text) override;
  void question(std::string_view text) override;

 private:
  void out(std::string_view text);
  void err(std::string_view text);

  TextStyle style_;
  Streams streams_;
  ProgressView progress_;
  bool failure_shown_ = false;  // as a finding, so that the error that follows from it is not told again
};

// Failures on standard error and nothing else: for cron.
class QuietRenderer : public Renderer {
 public:
  explicit QuietRenderer(std::function<void(std::string_view)> err) : err_(std::move(err)) {}

  void event(const sync::Event& /*event*/) override {}
  void summary(const sync::Summary& summary, int exit_status) override;
  void finding(const app::Finding& finding) override;
  void runs(const std::vector<app::RemovalRun>& /*runs*/) override {}
  void findings_done(const Error* stopped, int exit_status) override;
  void log(std::string_view /*text*/) override {}

 private:
  std::function<void(std::string_view)> err_;
  bool failure_shown_ = false;
};

// "postferry: what; what to do": the sentence of a usage mistake as it is, any other error described.
std::string error_line(const Error& error);

}  // namespace pf::cli
