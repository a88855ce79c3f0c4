#include "provisioning/transcript/transcript_line.hpp"

#include <sodium.h>

#include <algorithm>

#include "appliance/audit/json_cursor.hpp"
#include "appliance/base/json_text.hpp"

namespace kaito::provisioning {
namespace {

constexpr std::size_t kMaxFacts = 256;

std::string facts_text(const Facts& facts) {
  std::string text;
  JsonObjectWriter writer(text);
  for (const auto& [name, value] : facts) writer.text(name, value);
  writer.close();
  return text;
}

Result<Facts> parse_facts(audit::JsonCursor& cursor) {
  KAITO_CHECK(cursor.expect("{"));
  Facts facts;
  while (!cursor.take("}")) {
    if (facts.size() == kMaxFacts) return cursor.wrong("too many facts");
    if (!facts.empty()) KAITO_CHECK(cursor.expect(","));
    KAITO_TRY(auto name, cursor.text());
    KAITO_CHECK(cursor.expect(":"));
    KAITO_TRY(auto value, cursor.string());
    facts.emplace_back(std::move(name), std::move(value));
  }
  return facts;
}

}  // namespace

std::string_view fact(const Facts& facts, std::string_view name) noexcept {
  const auto found = std::ranges::find(facts, name, &std::pair<std::string, std::string>::first);
  return found == facts.end() ? std::string_view{} : std::string_view(found->second);
}

std::string to_text(const TranscriptLine& line) {
  std::string text;
  JsonObjectWriter writer(text);
  writer.number("seq", static_cast<std::int64_t>(line.seq));
  writer.text("previous", to_hex(line.previous));
  writer.text("time", to_rfc3339(line.time));
  writer.text("event", line.event.event);
  if (!line.event.step.empty()) writer.text("step", line.event.step);
  writer.raw("facts", facts_text(line.event.facts));
  writer.close();
  return text;
}

Result<TranscriptLine> parse_transcript_line(std::string_view text) {
  audit::JsonCursor cursor(text);
  TranscriptLine line;
  KAITO_CHECK(cursor.expect("{\"seq\":"));
  KAITO_TRY(line.seq, cursor.number());
  KAITO_CHECK(cursor.expect(",\"previous\":"));
  KAITO_TRY(line.previous, cursor.hash());
  KAITO_CHECK(cursor.expect(",\"time\":"));
  KAITO_TRY(const auto time, cursor.text());
  const auto parsed = from_rfc3339(time);
  if (!parsed || to_rfc3339(*parsed) != time) return cursor.wrong("not a time in the one spelling");
  line.time = *parsed;
  KAITO_CHECK(cursor.expect(",\"event\":"));
  KAITO_TRY(line.event.event, cursor.text());
  if (cursor.take(",\"step\":")) {
    KAITO_TRY(line.event.step, cursor.text());
  }
  KAITO_CHECK(cursor.expect(",\"facts\":"));
  KAITO_TRY(line.event.facts, parse_facts(cursor));
  KAITO_CHECK(cursor.expect("}"));
  KAITO_CHECK(cursor.finish());
  return line;
}

LineHash hash_line(std::string_view text) {
  LineHash hash{};
  crypto_hash_sha256(hash.data(), as_bytes(text).data(), text.size());
  return hash;
}

}  // namespace kaito::provisioning
