#include "tests/unit/webauthn/vectors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "appliance/auth/webauthn/verify_assertion.hpp"
#include "appliance/auth/webauthn/verify_registration.hpp"

namespace kaito::webauthn {
namespace {

struct Judgement {
  bool accepted = false;
  std::string reason;
  std::string text;
};

template <class T>
Judgement judgement_of(const Result<T>& result) {
  if (result) return {.accepted = true};
  const auto reason = reason_of(result.error());
  return {.reason = reason ? std::string(to_string(*reason)) : "", .text = result.error().describe()};
}

Judgement judge(const VectorCase& vector) {
  if (vector.undecodable) return {.text = *vector.undecodable + " is not base64url"};
  if (vector.is_registration)
    return judgement_of(
        verify_registration(vector.rp, vector.policy, vector.challenge, vector.registration, SystemClock().now()));
  return judgement_of(
      verify_assertion(vector.rp, vector.policy, vector.challenge, vector.assertion, vector.credential));
}

TEST(WebauthnVectors, EachCeremonyIsJudgedAsTheProfileSays) {
  const std::string path = vector_file();
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no vectors at " << path << "; set KAITO_WEBAUTHN_VECTORS";
  const auto vectors = read_vectors(path);
  ASSERT_TRUE(vectors) << vectors.error().describe();
  ASSERT_FALSE(vectors->empty());

  int judged_right = 0;
  int either = 0;
  int with_reason = 0;
  int same_reason = 0;
  for (const VectorCase& vector : *vectors) {
    const Judgement judgement = judge(vector);
    ASSERT_THAT(vector.expected, testing::AnyOf("accept", "reject", "either")) << vector.id;
    const bool right = vector.expected == "either" || judgement.accepted == (vector.expected == "accept");
    EXPECT_TRUE(right) << vector.id << ": expected " << vector.expected << " (" << vector.reason << "), got "
                       << (judgement.accepted ? "accept" : judgement.text);
    judged_right += right;
    either += vector.expected == "either";
    if (vector.expected != "reject" || vector.reason.empty() || judgement.accepted) continue;
    ++with_reason;
    if (judgement.reason == vector.reason)
      ++same_reason;
    else
      fmt::print("  {}: the file says {}, we say {}\n", vector.id, vector.reason, judgement.text);
  }
  fmt::print(
      "{} of {} cases judged as the profile says ({} may go either way); {} of {} refusals for the same reason\n",
      judged_right, vectors->size(), either, same_reason, with_reason);
}

}  // namespace
}  // namespace kaito::webauthn
