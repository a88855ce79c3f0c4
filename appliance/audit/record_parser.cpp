// The other half of record.hpp: reading a record back, for the verifier and for people.
#include "appliance/audit/json_cursor.hpp"
#include "appliance/audit/record.hpp"

namespace kaito::audit {
namespace {

constexpr std::array kActorKinds{ActorKind::anonymous, ActorKind::staff, ActorKind::member, ActorKind::api_key,
                                 ActorKind::system};
constexpr std::array kOutcomes{Outcome::success, Outcome::denied, Outcome::rejected, Outcome::failed};

template <class Value, std::size_t N>
Result<Value> one_of(JsonCursor& cursor, const std::array<Value, N>& values, std::string_view what) {
  KAITO_TRY(const std::string text, cursor.string());
  for (const Value value : values)
    if (to_string(value) == text) return value;
  return cursor.wrong(fmt::format("unknown {}", what));
}

Result<UuidBytes> uuid(JsonCursor& cursor) {
  KAITO_TRY(const std::string text, cursor.string());
  const auto id = uuid_from_string(text);
  if (!id || *id == UuidBytes{}) return cursor.wrong("expected an identifier");
  return *id;
}

// The text after `key`; empty when the member is absent.
Result<std::string> optional_text(JsonCursor& cursor, std::string_view key) {
  if (!cursor.take(key)) return std::string();
  return cursor.text();
}

Status read_place(JsonCursor& cursor, Place& place) {
  KAITO_CHECK(cursor.expect(R"({"v":1,"seq":)"));
  KAITO_TRY(place.sequence, cursor.number());
  KAITO_CHECK(cursor.expect(R"(,"time":)"));
  KAITO_TRY(const std::string time, cursor.string());
  const auto parsed = from_rfc3339(time);
  if (!parsed || time.size() != 24) return cursor.wrong("expected a time with milliseconds");
  place.time = *parsed;
  KAITO_CHECK(cursor.expect(R"(,"prev":)"));
  KAITO_TRY(place.previous, cursor.hash());
  return {};
}

Status read_actor(JsonCursor& cursor, Record& record) {
  KAITO_CHECK(cursor.expect(R"(,"actor":{"kind":)"));
  KAITO_TRY(record.actor_kind, one_of(cursor, kActorKinds, "kind of actor"));
  if (cursor.take(R"(,"id":)")) {
    KAITO_TRY(record.actor_id, uuid(cursor));
  }
  KAITO_TRY(record.actor_name, optional_text(cursor, R"(,"name":)"));
  return cursor.expect("}");
}

Status read_targets(JsonCursor& cursor, std::vector<Record::Pair>& targets) {
  if (!cursor.take(R"(,"targets":[)")) return {};
  do {
    if (targets.size() == kMaxTargets) return cursor.wrong("too many targets");
    Record::Pair target;
    KAITO_CHECK(cursor.expect(R"({"kind":)"));
    KAITO_TRY(target.name, cursor.text());
    KAITO_CHECK(cursor.expect(R"(,"id":)"));
    KAITO_TRY(target.value, cursor.text());
    KAITO_CHECK(cursor.expect("}"));
    targets.push_back(std::move(target));
  } while (cursor.take(","));
  return cursor.expect("]");
}

Status read_details(JsonCursor& cursor, std::vector<Record::Pair>& details) {
  if (!cursor.take(R"(,"details":{)")) return {};
  do {
    if (details.size() == kMaxDetails) return cursor.wrong("too many details");
    Record::Pair detail;
    KAITO_TRY(detail.name, cursor.text());
    for (const auto& before : details)
      if (before.name == detail.name) return cursor.wrong("a detail appears twice");
    KAITO_CHECK(cursor.expect(":"));
    KAITO_TRY(detail.value, cursor.string());
    details.push_back(std::move(detail));
  } while (cursor.take(","));
  return cursor.expect("}");
}

Status read_org(JsonCursor& cursor, std::optional<OrgId>& org) {
  if (!cursor.take(R"(,"org":)")) return {};
  KAITO_TRY(const UuidBytes id, uuid(cursor));
  org = OrgId(id);
  return {};
}

Status read_request(JsonCursor& cursor, RequestId& request) {
  if (!cursor.take(R"(,"request":)")) return {};
  KAITO_TRY(const UuidBytes id, uuid(cursor));
  request = RequestId(id);
  return {};
}

}  // namespace

Result<Record> parse_record(std::string_view line) {
  JsonCursor cursor(line);
  if (line.size() > kMaxRecord) return cursor.wrong("the record is too long");
  Record record;
  KAITO_CHECK(read_place(cursor, record.place));
  KAITO_CHECK(read_actor(cursor, record));
  KAITO_CHECK(read_org(cursor, record.org));
  KAITO_CHECK(cursor.expect(R"(,"action":)"));
  KAITO_TRY(record.action, cursor.text());
  KAITO_CHECK(read_targets(cursor, record.targets));
  KAITO_TRY(record.peer, optional_text(cursor, R"(,"peer":)"));
  KAITO_CHECK(read_request(cursor, record.request));
  KAITO_CHECK(cursor.expect(R"(,"outcome":)"));
  KAITO_TRY(record.outcome, one_of(cursor, kOutcomes, "outcome"));
  KAITO_TRY(record.error, optional_text(cursor, R"(,"error":)"));
  KAITO_CHECK(read_details(cursor, record.details));
  KAITO_CHECK(cursor.expect("}"));
  KAITO_CHECK(cursor.finish());
  return record;
}

}  // namespace kaito::audit
