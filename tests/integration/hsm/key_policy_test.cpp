// Keys that must be refused by name at every start, made in a real token.
#include "hsm/key_policy.hpp"

#include <gtest/gtest.h>

#include "hsm/client/client.hpp"
#include "hsm/token.hpp"
#include "tests/integration/hsm/faulty_module.hpp"

namespace kaito::hsm::test {
namespace {

struct Wrong {
  const char* name;
  CK_ATTRIBUTE_TYPE type;
  bool value;
};

class KeyPolicy : public ::testing::Test {
 protected:
  // Puts keys into the token as an operator with another tool could.
  template <class Make>
  void in_token(Make make) {
    const FaultyModule module(token_);
    auto token = hsm::Token::open(module.modules(), *TokenUri::parse(token_.config().token_uri),
                                  Pin::copy_of(SoftHsmToken::kPin));
    ASSERT_TRUE(token) << token.error().error.describe();
    make((*token)->session());
  }
  static void make_kek(Session& session, std::uint32_t version, const Wrong* wrong = nullptr) {
    const auto flag = [&](CK_ATTRIBUTE_TYPE type, bool value) {
      return wrong && wrong->type == type ? wrong->value : value;
    };
    Mechanism mechanism(CKM_AES_KEY_GEN);
    ASSERT_TRUE(session.generate_key(mechanism.get(), AttributeTemplate()
                                                          .number(CKA_VALUE_LEN, 32)
                                                          .text(CKA_LABEL, "kaito-platform-kek")
                                                          .bytes(CKA_ID, key_id(version))
                                                          .flag(CKA_TOKEN, true)
                                                          .flag(CKA_PRIVATE, flag(CKA_PRIVATE, true))
                                                          .flag(CKA_SENSITIVE, flag(CKA_SENSITIVE, true))
                                                          .flag(CKA_EXTRACTABLE, flag(CKA_EXTRACTABLE, false))
                                                          .flag(CKA_WRAP, flag(CKA_WRAP, true))
                                                          .flag(CKA_UNWRAP, flag(CKA_UNWRAP, true))
                                                          .flag(CKA_ENCRYPT, flag(CKA_ENCRYPT, false))
                                                          .flag(CKA_DECRYPT, flag(CKA_DECRYPT, false))
                                                          .flag(CKA_SIGN, flag(CKA_SIGN, false))
                                                          .flag(CKA_VERIFY, flag(CKA_VERIFY, false))));
  }
  void expect_refused(std::string_view key, std::string_view reason) {
    const auto client = Client::start(token_.config(), clock_, logger_);
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().code, Code::hsm_key_rejected);
    EXPECT_NE(client.error().detail.find(key), std::string::npos) << client.error().detail;
    EXPECT_NE(client.error().detail.find(reason), std::string::npos) << client.error().detail;
    // It would be the same the next time: no restart loop.
    EXPECT_EQ(log_.count("hsm.worker.started"), 1u);
  }

  SoftHsmToken token_;
  SystemClock clock_;
  CapturedLog log_;
  Logger logger_{log_, clock_};
};

class WrongKek : public KeyPolicy, public ::testing::WithParamInterface<Wrong> {};

TEST_P(WrongKek, F15IsRefusedByName) {
  in_token([&](Session& session) { make_kek(session, 7, &GetParam()); });
  expect_refused("kaito-platform-kek version 7", GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(Attributes, WrongKek,
                         ::testing::Values(Wrong{"CKA_PRIVATE", CKA_PRIVATE, false},
                                           Wrong{"CKA_SENSITIVE", CKA_SENSITIVE, false},
                                           Wrong{"CKA_EXTRACTABLE", CKA_EXTRACTABLE, true},
                                           Wrong{"CKA_DECRYPT", CKA_DECRYPT, true},
                                           Wrong{"CKA_ENCRYPT", CKA_ENCRYPT, true}, Wrong{"CKA_WRAP", CKA_WRAP, false},
                                           Wrong{"CKA_UNWRAP", CKA_UNWRAP, false}),
                         [](const auto& info) { return std::string(info.param.name + 4); });

TEST_F(KeyPolicy, F12RefusesTwoKeksOfOneVersion) {
  in_token([](Session& session) {
    make_kek(session, 1);
    make_kek(session, 2);
    make_kek(session, 2);
  });
  expect_refused("kaito-platform-kek version 2", "exists twice");
}

TEST_F(KeyPolicy, F15RefusesAKekWhoseIdIsNoVersion) {
  in_token([](Session& session) { make_kek(session, 0); });
  expect_refused("kaito-platform-kek", "CKA_ID");
}

TEST_F(KeyPolicy, TakesAKekThatIsAsItMustBe) {
  in_token([](Session& session) { make_kek(session, 5); });
  const auto client = Client::start(token_.config(), clock_, logger_);
  ASSERT_TRUE(client) << client.error().describe();
  EXPECT_EQ(wait_for((*client)->status())->platform_keks[0].version, 5u);
}

TEST_F(KeyPolicy, RefusesAnAuditKeyWithoutItsPublicHalf) {
  in_token([](Session& session) {
    Mechanism mechanism(CKM_EC_EDWARDS_KEY_PAIR_GEN);
    const ByteArray<5> ed25519{0x06, 0x03, 0x2b, 0x65, 0x70};
    const auto named = [] {
      return AttributeTemplate().text(CKA_LABEL, "kaito-audit-key").bytes(CKA_ID, key_id(4)).flag(CKA_TOKEN, true);
    };
    const auto pair = session.generate_key_pair(mechanism.get(), named().bytes(CKA_EC_PARAMS, ed25519),
                                                named()
                                                    .flag(CKA_PRIVATE, true)
                                                    .flag(CKA_SENSITIVE, true)
                                                    .flag(CKA_EXTRACTABLE, false)
                                                    .flag(CKA_SIGN, true)
                                                    .flag(CKA_DECRYPT, false)
                                                    .flag(CKA_UNWRAP, false)
                                                    .flag(CKA_DERIVE, false));
    ASSERT_TRUE(pair);
    ASSERT_TRUE(session.destroy(pair->public_key));
  });
  expect_refused("kaito-audit-key version 4", "public key");
}

}  // namespace
}  // namespace kaito::hsm::test
