// Any bytes as a request head. What passes the guard must mean one thing only, however it arrived.
#include "appliance/base/invariant.hpp"
#include "appliance/http/ascii.hpp"
#include "appliance/http/head_guard.hpp"
#include "appliance/http/head_parser.hpp"
#include "appliance/http/head_scanner.hpp"
#include "appliance/http/query.hpp"

namespace {

using namespace kaito;
using namespace kaito::http;

HeadScanner scan_in_two_parts(std::string_view bytes, std::size_t cut, HeadScanner::State& state) {
  HeadScanner scanner;
  state = scanner.scan(bytes.substr(0, cut));
  if (state == HeadScanner::State::more) state = scanner.scan(bytes);
  return scanner;
}

void check_meaning(const RequestHead& head, std::string_view bytes) {
  int hosts = 0;
  for (const HeaderField& field : head.fields()) {
    KAITO_INVARIANT(field.name.data() >= bytes.data() &&
                    field.value.data() + field.value.size() <= bytes.data() + bytes.size());
    for (const char c : field.value) KAITO_INVARIANT((c >= 0x20 && c < 0x7f) || c == '\t');
    if (equals_ignoring_case(field.name, "host")) ++hosts;
    KAITO_INVARIANT(!equals_ignoring_case(field.name, "transfer-encoding"));
  }
  KAITO_INVARIANT(hosts == 1);
  KAITO_INVARIANT(head.path.starts_with('/') && head.path.find("//") == std::string_view::npos);
  KAITO_INVARIANT(head.path.find("/../") == std::string_view::npos && !head.path.ends_with("/.."));
  KAITO_INVARIANT(head.content_length == 0 || (head.method != Method::get && head.method != Method::head));
  static_cast<void>(Query::parse(head.query));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = as_text({data, size});
  HeadScanner whole;
  const HeadScanner::State state = whole.scan(bytes);
  auto in_parts = HeadScanner::State::more;
  const HeadScanner parts = scan_in_two_parts(bytes, size / 2, in_parts);
  KAITO_INVARIANT(state == in_parts && whole.size() == parts.size());
  if (state != HeadScanner::State::complete) return 0;
  KAITO_INVARIANT(whole.size() <= kMaxHead && bytes.substr(0, whole.size()).ends_with("\r\n\r\n"));
  RequestHead head;
  if (parse_head(bytes.substr(0, whole.size()), head) || check_head(head, {})) return 0;
  check_meaning(head, bytes.substr(0, whole.size()));
  return 0;
}
