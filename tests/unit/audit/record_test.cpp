#include "appliance/audit/record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kaito::audit {
namespace {

using testing::HasSubstr;

UuidBytes id_of(std::uint8_t last) { return {1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 10, 11, 12, 13, 14, 15, last}; }

Event full_event() {
  return {.action = "seed.code.read",
          .actor = {.kind = ActorKind::member, .id = id_of(1), .name = "ada"},
          .org = OrgId(id_of(2)),
          .peer = "192.0.2.7",
          .request = RequestId(id_of(3)),
          .targets = {{"seed", OrgId(id_of(4)).str()}, {"group", OrgId(id_of(5)).str()}},
          .details = {{"count", "2"}, {"note", ""}},
          .outcome = Outcome::denied,
          .error = "forbidden"};
}

Place place_of(std::uint64_t sequence) {
  Place place{.sequence = sequence, .time = from_unix_ms(1795513998123)};
  place.previous.fill(0xab);
  return place;
}

std::string text_of(const Event& event, const Place& place = place_of(7)) {
  std::string text;
  EXPECT_TRUE(append_record(text, event, place));
  return text;
}

TEST(AuditRecord, HasOneSpelling) {
  EXPECT_EQ(text_of(full_event()),
            R"({"v":1,"seq":7,"time":"2026-11-24T09:53:18.123Z","prev":")" + to_hex(place_of(7).previous) +
                R"(","actor":{"kind":"member","id":"01020304-0506-7008-800a-0b0c0d0e0f01","name":"ada"},)"
                R"("org":"01020304-0506-7008-800a-0b0c0d0e0f02","action":"seed.code.read",)"
                R"("targets":[{"kind":"seed","id":"01020304-0506-7008-800a-0b0c0d0e0f04"},)"
                R"({"kind":"group","id":"01020304-0506-7008-800a-0b0c0d0e0f05"}],)"
                R"("peer":"192.0.2.7","request":"01020304-0506-7008-800a-0b0c0d0e0f03",)"
                R"("outcome":"denied","error":"forbidden","details":{"count":"2","note":""}})");
}

TEST(AuditRecord, LeavesAbsentMembersOut) {
  EXPECT_EQ(text_of({.action = "system.start", .actor = {.kind = ActorKind::system}}),
            R"({"v":1,"seq":7,"time":"2026-11-24T09:53:18.123Z","prev":")" + to_hex(place_of(7).previous) +
                R"(","actor":{"kind":"system"},"action":"system.start","outcome":"success"})");
}

TEST(AuditRecord, ReadsBackWhatWasWritten) {
  const auto record = parse_record(text_of(full_event()));
  ASSERT_TRUE(record) << record.error().detail;
  EXPECT_EQ(record->place.sequence, 7U);
  EXPECT_EQ(record->place.previous, place_of(7).previous);
  EXPECT_EQ(record->place.time, place_of(7).time);
  EXPECT_EQ(record->actor_kind, ActorKind::member);
  EXPECT_EQ(record->actor_id, id_of(1));
  EXPECT_EQ(record->actor_name, "ada");
  EXPECT_EQ(record->org, OrgId(id_of(2)));
  EXPECT_EQ(record->action, "seed.code.read");
  ASSERT_EQ(record->targets.size(), 2U);
  EXPECT_EQ(record->targets[1].name, "group");
  EXPECT_EQ(record->peer, "192.0.2.7");
  EXPECT_EQ(record->request, RequestId(id_of(3)));
  EXPECT_EQ(record->outcome, Outcome::denied);
  EXPECT_EQ(record->error, "forbidden");
  ASSERT_EQ(record->details.size(), 2U);
  EXPECT_EQ(record->details[0].value, "2");
}

TEST(AuditRecord, F65KeepsHostileTextOnOneLineAndReadsItBack) {
  Event event = full_event();
  event.actor.name = "a\r\n{\"v\":1}\x1b[31m\x7f\xc2\x9b\xe2\x80\xa8\"\\";
  event.targets[0].id = std::string("nul\0byte", 8);
  event.details[0].value = "bad \xff utf-8, good €";
  const std::string text = text_of(event);
  for (const char c : text) {
    EXPECT_GE(static_cast<unsigned char>(c), 0x20);
    EXPECT_NE(c, 0x7f);
  }
  const auto record = parse_record(text);
  ASSERT_TRUE(record) << record.error().detail;
  EXPECT_EQ(record->actor_name, event.actor.name);
  EXPECT_EQ(record->targets[0].value, event.targets[0].id);
  EXPECT_EQ(record->details[0].value, "bad \xef\xbf\xbd utf-8, good €");
}

TEST(AuditRecord, CutsLongTextAtACharacterWithAMark) {
  Event event = full_event();
  event.actor.name = std::string(kMaxName - 4, 'x') + "€€€";
  event.details[0].value = std::string(kMaxDetail, 'y');
  const auto record = parse_record(text_of(event));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->actor_name, std::string(kMaxName - 4, 'x') + "…");
  EXPECT_EQ(record->details[0].value, event.details[0].value);
}

TEST(AuditRecord, StaysWithinItsBoundWhateverTheEventHolds) {
  Event event = full_event();
  const std::string worst(1000, '\x01');
  event.actor.name = event.peer = worst;
  event.targets.assign(kMaxTargets, {"a_kind_with_a_label_of_sixty_four_bytes_________________________", worst});
  event.details.clear();
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < kMaxDetails; ++i) keys.push_back("detail" + std::to_string(i));
  for (const auto& key : keys) event.details.push_back({key, worst});
  const std::string text = text_of(event);
  EXPECT_LE(text.size(), kMaxRecord);
  EXPECT_TRUE(parse_record(text));
}

TEST(AuditRecord, RefusesEventsThatBreakTheirContract) {
  const auto refused = [](auto change) {
    Event event = full_event();
    change(event);
    std::string text;
    const auto done = append_record(text, event, place_of(0));
    return !done && done.error().code == Code::internal;
  };
  EXPECT_TRUE(refused([](Event& e) { e.action = ""; }));
  EXPECT_TRUE(refused([](Event& e) { e.details.push_back({"count", "3"}); }));
  EXPECT_TRUE(refused([](Event& e) { e.details.push_back({"", "3"}); }));
  EXPECT_TRUE(refused([](Event& e) { e.targets.push_back({"seed", ""}); }));
  EXPECT_TRUE(refused([](Event& e) { e.targets.assign(kMaxTargets + 1, {"seed", "x"}); }));
}

TEST(AuditRecord, ParserRefusesEveryOtherSpelling) {
  const std::string good = text_of(full_event());
  const auto replaced = [&good](std::string_view from, std::string_view to) {
    std::string text = good;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  for (const std::string& bad :
       std::vector<std::string>{"",
                                "{}",
                                good + " ",
                                " " + good,
                                good.substr(0, good.size() - 1),
                                replaced(R"("v":1)", R"("v":2)"),
                                replaced(R"("seq":7)", R"("seq":07)"),
                                replaced(R"("seq":7)", R"("seq":-7)"),
                                replaced(R"("seq":7)", R"("seq":99999999999999999999)"),
                                replaced(R"(,"org")", R"(, "org")"),
                                replaced(R"("prev":"ab)", R"("prev":"AB)"),
                                replaced("09:53:18.123Z", "09:53:18Z"),
                                replaced("18.123Z", "18.-00Z"),
                                replaced(R"("kind":"member")", R"("kind":"root")"),
                                replaced(R"("denied")", R"("unknown")"),
                                replaced(R"("name":"ada")", R"("name":"")"),
                                replaced(R"("ada")", R"("\u0061da")"),
                                replaced(R"("ada")", R"("ad\/a")"),
                                replaced(R"("ada")", R"("ad\u001Fa")"),
                                replaced(R"("ada")", R"("ad\u000aa")"),
                                replaced(R"("ada")", "\"ad\x7f\""),
                                replaced(R"("ada")", "\"ad\xff\""),
                                replaced(R"("ada")", "\"ad\n\""),
                                replaced(R"("note")", R"("count")"),
                                replaced(R"(,"outcome")", R"(,"extra":1,"outcome")"),
                                replaced("0b0c0d0e0f02", "0B0C0D0E0F02"),
                                replaced(R"("peer":"192.0.2.7",)", R"("peer":"",)"),
                                replaced(R"("error":"forbidden")", R"("error":"forbidden","error":"forbidden")")}) {
    const auto record = parse_record(bad);
    ASSERT_FALSE(record) << bad;
    EXPECT_EQ(record.error().code, Code::integrity);
    EXPECT_THAT(record.error().detail, HasSubstr("at byte ")) << bad;
  }
}

}  // namespace
}  // namespace kaito::audit
