#include "imap/command/session.h"

namespace pf::imap::command {
namespace {

Command bare(CommandKind kind, std::string_view words) {
  Segment segment;
  segment.text = std::string{words} + "\r\n";
  std::vector<Segment> segments;
  segments.push_back(std::move(segment));
  return {kind, std::move(segments), std::string{words}, false};
}

}  // namespace

Command capability() {
  return bare(CommandKind::capability, "CAPABILITY");
}
Command noop() {
  return bare(CommandKind::noop, "NOOP");
}
Command logout() {
  return bare(CommandKind::logout, "LOGOUT");
}
Command starttls() {
  return bare(CommandKind::starttls, "STARTTLS");
}
Command namespace_() {
  return bare(CommandKind::namespace_, "NAMESPACE");
}
Command idle() {
  return bare(CommandKind::idle, "IDLE");
}
Command unselect() {
  return bare(CommandKind::unselect, "UNSELECT");
}
Command close() {
  return bare(CommandKind::close, "CLOSE");
}
Command compress_deflate() {
  return bare(CommandKind::compress, "COMPRESS DEFLATE");
}

}  // namespace pf::imap::command
