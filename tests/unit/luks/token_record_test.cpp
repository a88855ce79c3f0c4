#include "luks/ways/token_record.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace kaito::luks {
namespace {

namespace json = boost::json;

std::vector<TokenRecord> one_of_each() {
  const Bytes salt(32, 0x5a);
  const Bytes sealed(65, 0x11);
  return {RecoveryRecord{},
          RecoveryRecord{.shares = RecoveryRecord::Shares{.set = "00c0ffee", .threshold = 2, .count = 3}},
          Tpm2Record{.blob = Bytes(200, 1), .pcrs = {7}, .policy_hash = Bytes(32, 2)},
          Tpm2Record{.blob = Bytes(200, 1),
                     .pcrs = {},
                     .policy_hash = Bytes(32, 2),
                     .signed_pcrs = {11},
                     .signed_by = "-----BEGIN PUBLIC KEY-----\n"},
          HsmRecord{.key = "pkcs11:token=x;object=y", .scheme = "aes-kw", .wrapped = Bytes(40, 3)},
          Fido2Record{.credential = Bytes(64, 4), .salt = salt, .relying_party = "io.systemd.cryptsetup"},
          Fido2QuorumRecord{.threshold = 2,
                            .pin = true,
                            .salt = salt,
                            .members = {{.name = "a", .credential = Bytes(16, 1), .sealed = sealed},
                                        {.name = "b", .credential = Bytes(16, 2), .sealed = sealed}}}};
}

TEST(TokenRecord, EveryKindIsReadBackAsItWasWritten) {
  for (const TokenRecord& record : one_of_each()) {
    const json::object written = to_json(record, 3);
    EXPECT_EQ(std::string_view(written.at("type").as_string()), token_type(record));
    EXPECT_EQ(json::serialize(written.at("keyslots")), R"(["3"])");
    const auto read = parse_token_record(written);
    ASSERT_TRUE(read) << read.error().describe();
    EXPECT_EQ(json::serialize(to_json(*read, 3)), json::serialize(written));
  }
}

TEST(TokenRecord, AnAddedMemberIsRefusedInEveryKind) {
  for (const TokenRecord& record : one_of_each()) {
    json::object token = to_json(record, 0);
    token["surprise"] = 1;
    EXPECT_FALSE(parse_token_record(token)) << token_type(record);
  }
}

TEST(TokenRecord, AMissingMemberIsRefusedInEveryKind) {
  for (const TokenRecord& record : one_of_each()) {
    const json::object whole = to_json(record, 0);
    for (const auto& member : whole) {
      // Optional by systemd's convention; the keyslots are the inspection's.
      if (member.key() == "keyslots" || member.key() == "kaito-shares" || member.key() == "tpm2-pin" ||
          member.key() == "tpm2_pubkey")
        continue;
      json::object token = whole;
      token.erase(member.key());
      EXPECT_FALSE(parse_token_record(token)) << token_type(record) << " without " << member.key();
    }
  }
}

TEST(TokenRecord, ValuesOutOfBoundsAreRefused) {
  const auto edited = [](std::size_t kind, std::string_view member, const json::value& value) {
    json::object token = to_json(one_of_each()[kind], 0);
    token[json::string_view(member.data(), member.size())] = value;
    return parse_token_record(token).has_value();
  };
  EXPECT_FALSE(edited(0, "type", "luks2-keyring"));
  EXPECT_FALSE(edited(1, "kaito-shares", json::object{{"set", "00c0ffee"}, {"threshold", 4}, {"count", 3}}));
  EXPECT_FALSE(edited(2, "tpm2-pcrs", json::array{7, 7}));
  EXPECT_FALSE(edited(2, "tpm2-pcrs", json::array{24}));
  EXPECT_FALSE(edited(2, "tpm2-pcrs", json::array{}));
  EXPECT_FALSE(edited(2, "tpm2-pcr-bank", "sha1"));
  EXPECT_FALSE(edited(2, "tpm2-policy-hash", "00"));
  EXPECT_FALSE(edited(4, "wrapped", "not base64!"));
  EXPECT_FALSE(edited(4, "key", json::string(513, 'k')));
  EXPECT_FALSE(edited(5, "fido2-salt", json::string(to_base64(Bytes(31)))));
  EXPECT_FALSE(edited(6, "threshold", 3));
  EXPECT_FALSE(edited(6, "threshold", 1));
  EXPECT_FALSE(edited(6, "members", json::array{1, 2}));
}

}  // namespace
}  // namespace kaito::luks
