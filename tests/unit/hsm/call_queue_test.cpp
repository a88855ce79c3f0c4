#include "hsm/client/call_queue.hpp"

#include <gtest/gtest.h>

#include "hsm/protocol/messages.hpp"

namespace kaito::hsm {
namespace {

constexpr SteadyPoint kSoon{Seconds(10)};

OrgKekRef kek_of(std::uint8_t byte, std::size_t blob = 90) {
  return std::make_shared<OrgKek>(OrgKek{.wrapped = {.platform_version = 1, .blob = Bytes(blob, byte)}});
}

struct Asked {
  Future<Result<Dek>> future;
  SingleUnwrap single;
};
Asked ask(const OrgKekRef& kek, SteadyPoint deadline = kSoon, std::size_t aad = 0) {
  auto [future, completer] = make_future<Dek>();
  return {std::move(future),
          {.kek = kek, .wrapped = {}, .aad = Bytes(aad), .deadline = deadline, .done = std::move(completer)}};
}

Call call_of(Op op, SteadyPoint deadline = kSoon, std::optional<Error>* error = nullptr) {
  return {.op = op, .payload = {}, .deadline = deadline, .done = [error](const Result<ByteReader>& reply) {
            if (error && !reply) *error = reply.error();
          }};
}

std::vector<UnwrapGroup> groups_of(const Call& call) {
  ByteReader reader(call.payload);
  auto groups = read_unwrap_request(reader);
  EXPECT_TRUE(groups);
  return groups ? *std::move(groups) : std::vector<UnwrapGroup>();
}

TEST(CallQueue, JoinsUnwrapsIntoOneFrameWithAGroupForEachOrgKek) {
  CallQueue queue(16, 100);
  queue.open();
  const OrgKekRef a = kek_of(1);
  const OrgKekRef b = kek_of(2);
  std::vector<Future<Result<Dek>>> futures;
  for (const auto& kek : {a, b, a, kek_of(1)}) {  // the last is the first one's equal
    auto asked = ask(kek);
    futures.push_back(std::move(asked.future));
    queue.push(std::move(asked.single));
  }
  const auto call = queue.take({});
  ASSERT_TRUE(call);
  EXPECT_EQ(call->weight, 4u);
  const auto groups = groups_of(*call);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].deks.size(), 3u);
  EXPECT_EQ(groups[1].deks.size(), 1u);
  EXPECT_FALSE(queue.take({}));
}

TEST(CallQueue, GivesEachCallerTheAnswerToItsOwnQuestion) {
  CallQueue queue(16, 100);
  queue.open();
  auto first = ask(kek_of(1));
  auto second = ask(kek_of(2));
  auto third = ask(kek_of(1));
  queue.push(std::move(first.single));
  queue.push(std::move(second.single));
  queue.push(std::move(third.single));
  auto call = queue.take({});
  // Two groups: KEK 1 with a right DEK and a refused one, KEK 2 refused as a whole.
  WipedBytes reply;
  WireWriter out(reply);
  write_ok(out);
  write_ok(out);
  out.raw(Bytes(kDekSize, 0x77));
  write_error(out, {.code = Code::integrity, .detail = "tag"});
  write_error(out, {.code = Code::not_found, .detail = "no platform KEK"});
  call->done(ByteReader(reply));
  const auto dek = first.future.await_resume();
  ASSERT_TRUE(dek);
  EXPECT_EQ(dek->expose_secret()[0], 0x77);
  EXPECT_EQ(third.future.await_resume().error().code, Code::integrity);
  EXPECT_EQ(second.future.await_resume().error().code, Code::not_found);
}

TEST(CallQueue, LetsNoFrameGrowOverItsLimits) {
  CallQueue queue(1024, 5000);
  queue.open();
  std::vector<Future<Result<Dek>>> futures;
  for (std::uint8_t i = 0; i < 250; ++i)
    for (int k = 0; k < 8; ++k) {
      auto asked = ask(kek_of(i, kMaxBlob), kSoon, kMaxAad);
      futures.push_back(std::move(asked.future));
      queue.push(std::move(asked.single));
    }
  std::size_t taken = 0;
  while (const auto call = queue.take({})) {
    EXPECT_LE(call->payload.size(), kMaxPayload);
    taken += call->weight;
  }
  EXPECT_EQ(taken, 2000u);
}

TEST(CallQueue, TakesUnwrapsAndOtherCallsByTurns) {
  CallQueue queue(1, 100);
  queue.open();
  std::vector<Future<Result<Dek>>> futures;
  for (int i = 0; i < 3; ++i) {
    auto asked = ask(kek_of(1));
    futures.push_back(std::move(asked.future));
    queue.push(std::move(asked.single));
    queue.push(call_of(Op::sign));
  }
  std::vector<Op> order;
  while (const auto call = queue.take({})) order.push_back(call->op);
  ASSERT_EQ(order.size(), 6u);
  for (std::size_t i = 0; i + 1 < order.size(); ++i) EXPECT_NE(order[i], order[i + 1]);
}

TEST(CallQueue, WakesItsConsumerOnlyForWhatItWants) {
  CallQueue queue(16, 100);
  queue.open();
  auto first = ask(kek_of(1));
  EXPECT_TRUE(queue.push(std::move(first.single)));
  auto second = ask(kek_of(1));
  EXPECT_FALSE(queue.push(std::move(second.single))) << "it has been woken already";
  EXPECT_TRUE(queue.push(call_of(Op::sign))) << "nobody waits among the calls yet";
  while (queue.take({})) {
  }
  EXPECT_FALSE(queue.take({.singles = false, .others = true}));
  auto third = ask(kek_of(1));
  EXPECT_FALSE(queue.push(std::move(third.single))) << "it has as many under way as it wants";
  EXPECT_TRUE(queue.push(call_of(Op::sign)));
  queue.open();
  EXPECT_TRUE(queue.take({}));
  while (queue.take({})) {
  }
  auto fourth = ask(kek_of(1));
  EXPECT_TRUE(queue.push(std::move(fourth.single)));
}

TEST(CallQueue, F11RefusesAtItsBoundUntilCallsAreFinished) {
  CallQueue queue(16, 2);
  queue.open();
  queue.push(call_of(Op::sign));
  queue.push(call_of(Op::sign));
  std::optional<Error> error;
  queue.push(call_of(Op::sign, kSoon, &error));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Code::hsm_unavailable);
  queue.finished(*queue.take({}));
  error.reset();
  queue.push(call_of(Op::sign, kSoon, &error));
  EXPECT_FALSE(error);
}

TEST(CallQueue, RefusesWithTheReasonItWasGiven) {
  CallQueue queue(16, 2);
  std::optional<Error> error;
  queue.push(call_of(Op::sign, kSoon, &error));
  EXPECT_EQ(error->code, Code::hsm_unavailable);
  queue.refuse({.code = Code::hsm_pin_rejected, .detail = "once"});
  queue.push(call_of(Op::sign, kSoon, &error));
  EXPECT_EQ(error->code, Code::hsm_pin_rejected);
}

TEST(CallQueue, F7AnswersWhatIsPastItsDeadline) {
  CallQueue queue(16, 10);
  queue.open();
  std::optional<Error> early;
  std::optional<Error> late;
  queue.push(call_of(Op::sign, SteadyPoint(Seconds(1)), &early));
  queue.push(call_of(Op::sign, SteadyPoint(Seconds(3)), &late));
  EXPECT_EQ(queue.next_deadline(), SteadyPoint(Seconds(1)));
  queue.expire(SteadyPoint(Seconds(2)), {.code = Code::hsm_unavailable, .detail = "late"});
  EXPECT_TRUE(early);
  EXPECT_FALSE(late);
  EXPECT_EQ(queue.outstanding(), 1u);
}

TEST(CallQueue, WakesItsConsumerOnlyWhenItWasEmpty) {
  CallQueue queue(16, 10);
  queue.open();
  EXPECT_TRUE(queue.push(call_of(Op::sign)));
  EXPECT_FALSE(queue.push(call_of(Op::sign)));
}

}  // namespace
}  // namespace kaito::hsm
