#include "appliance/audit/record.hpp"

#include <charconv>

#include "appliance/audit/json_cursor.hpp"
#include "appliance/base/json_text.hpp"

namespace kaito::audit {
namespace {

constexpr std::string_view kCutMark = "…";

// `text`, cut at a character boundary to `limit` bytes with the mark when it is longer.
void append_bounded(std::string& out, std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return append_json_string(out, text);
  std::size_t cut = limit - kCutMark.size();
  for (int back = 0; back < 3 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80; ++back) --cut;
  append_json_string(out, std::string(text.substr(0, cut)).append(kCutMark));
}

void append_uuid(std::string& out, const UuidBytes& id) {
  const UuidText text = uuid_text(id);
  out += '"';
  out.append(text.data(), text.size());
  out += '"';
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

// Absent members are left out, so that every event has one spelling.
void append_optional(std::string& out, std::string_view key, std::string_view text, std::size_t limit) {
  if (text.empty()) return;
  out += key;
  append_bounded(out, text, limit);
}

bool is_label(std::string_view text) { return !text.empty() && text.size() <= kMaxLabel; }

Status check(const Event& event) {
  if (!is_label(event.action)) return fail(Code::internal, "audit event without an action");
  if (event.error.size() > kMaxLabel) return fail(Code::internal, "audit event with an overlong error");
  if (event.targets.size() > kMaxTargets || event.details.size() > kMaxDetails)
    return fail(Code::internal, "audit event with too many targets or details");
  for (const Target& target : event.targets)
    if (!is_label(target.kind) || target.id.empty()) return fail(Code::internal, "audit event with a bad target");
  for (std::size_t i = 0; i < event.details.size(); ++i) {
    if (!is_label(event.details[i].key)) return fail(Code::internal, "audit event with a bad detail");
    for (std::size_t before = 0; before < i; ++before)
      if (event.details[before].key == event.details[i].key)
        return fail(Code::internal, fmt::format("audit event with two details \"{}\"", event.details[i].key));
  }
  return {};
}

void append_actor(std::string& out, const Actor& actor) {
  out += R"(,"actor":{"kind":")";
  (out += to_string(actor.kind)) += '"';
  if (actor.id != UuidBytes{}) {
    out += R"(,"id":)";
    append_uuid(out, actor.id);
  }
  append_optional(out, R"(,"name":)", actor.name, kMaxName);
  out += '}';
}

void append_targets(std::string& out, const std::vector<Target>& targets) {
  if (targets.empty()) return;
  std::string_view before = R"(,"targets":[{"kind":)";
  for (const Target& target : targets) {
    out += before;
    append_json_string(out, target.kind);
    out += R"(,"id":)";
    append_bounded(out, target.id, kMaxTargetId);
    out += '}';
    before = R"(,{"kind":)";
  }
  out += ']';
}

void append_details(std::string& out, const std::vector<Detail>& details) {
  if (details.empty()) return;
  std::string_view before = R"(,"details":{)";
  for (const Detail& detail : details) {
    out += before;
    append_json_string(out, detail.key);
    out += ':';
    append_bounded(out, detail.value, kMaxDetail);
    before = ",";
  }
  out += '}';
}

}  // namespace

Status append_record(std::string& out, const Event& event, const Place& place) {
  KAITO_CHECK(check(event));
  out.reserve(out.size() + 640);  // a typical record
  out += R"({"v":1,"seq":)";
  append_number(out, place.sequence);
  ((out += R"(,"time":")") += to_rfc3339(place.time)) += '"';
  ((out += R"(,"prev":")") += to_hex(place.previous)) += '"';
  append_actor(out, event.actor);
  if (event.org) {
    out += R"(,"org":)";
    append_uuid(out, event.org->bytes());
  }
  out += R"(,"action":)";
  append_json_string(out, event.action);
  append_targets(out, event.targets);
  append_optional(out, R"(,"peer":)", event.peer, kMaxPeer);
  if (!event.request.is_nil()) {
    out += R"(,"request":)";
    append_uuid(out, event.request.bytes());
  }
  out += R"(,"outcome":")";
  (out += to_string(event.outcome)) += '"';
  append_optional(out, R"(,"error":)", event.error, kMaxLabel);
  append_details(out, event.details);
  out += '}';
  return {};
}

}  // namespace kaito::audit
