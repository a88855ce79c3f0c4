#include "hsm/protocol/messages.hpp"

#include <gtest/gtest.h>

#include "hsm/protocol/frame.hpp"

namespace kaito::hsm {
namespace {

OrgKek sized_kek(std::size_t blob, std::size_t aad) {
  return {.wrapped = {.platform_version = 1, .blob = Bytes(blob, 1)}, .aad = Bytes(aad, 2)};
}

// Every proper prefix of a message is an error, never a crash or a success.
template <class Read>
void expect_no_prefix(const WipedBytes& bytes, Read read) {
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader reader(ByteView(bytes).first(size));
    EXPECT_FALSE(read(reader)) << size << " of " << bytes.size() << " bytes";
  }
  ByteReader reader(bytes);
  EXPECT_TRUE(read(reader));
  EXPECT_TRUE(reader.finish());
}

TEST(Messages, WrapRequestSurvivesTheTripAndNoPrefixDoes) {
  SystemRandom random;
  std::vector<DekToWrap> deks;
  deks.push_back({.dek = Dek::random(kDekSize, random), .aad = Bytes(5, 9)});
  deks.push_back({.dek = Dek::random(kDekSize, random), .aad = {}});
  WipedBytes bytes;
  WireWriter out(bytes);
  write_wrap_request(out, sized_kek(90, 40), deks);
  expect_no_prefix(bytes, read_wrap_request);
  ByteReader reader(bytes);
  const auto request = read_wrap_request(reader);
  ASSERT_EQ(request->deks.size(), 2u);
  EXPECT_TRUE(std::ranges::equal(request->deks[0].dek, std::as_const(deks[0].dek).expose_secret()));
  EXPECT_EQ(request->deks[0].aad.size(), 5u);
  EXPECT_EQ(request->kek.blob.size(), 90u);
}

TEST(Messages, UnwrapRequestSurvivesTheTripAndNoPrefixDoes) {
  WipedBytes bytes;
  WireWriter out(bytes);
  write_group_count(out, 2);
  write_group(out, sized_kek(90, 40), 1);
  write_dek_to_unwrap(out, {}, Bytes(3, 1));
  write_group(out, sized_kek(90, 0), 0);
  expect_no_prefix(bytes, read_unwrap_request);
}

TEST(Messages, AKeyToImportSurvivesTheTripAndNoPrefixDoes) {
  WipedBytes bytes;
  WireWriter out(bytes);
  write_import_request(
      out, 7, Bytes(40, 1),
      {.wrapping_version = 3, .mechanism = ImportMechanism::rsa_aes_key_wrap, .wrapped = Bytes(kMaxWrappedImport, 2)});
  expect_no_prefix(bytes, read_import_request);
  ByteReader reader(bytes);
  const auto request = read_import_request(reader);
  EXPECT_EQ(request->platform_version, 7u);
  EXPECT_EQ(request->wrapping_version, 3u);
  EXPECT_EQ(request->mechanism, ImportMechanism::rsa_aes_key_wrap);
  EXPECT_EQ(request->wrapped.size(), kMaxWrappedImport);
  constexpr std::size_t kMechanism = 4 + 2 + 40 + 4;
  for (const std::uint8_t number : std::initializer_list<std::uint8_t>{0, 3, 255}) {
    bytes[kMechanism] = number;
    ByteReader spoilt(bytes);
    EXPECT_FALSE(read_import_request(spoilt)) << "mechanism " << unsigned{number};
  }
}

TEST(Messages, AWrappingKeySurvivesTheTripAndNoPrefixDoes) {
  WipedBytes bytes;
  WireWriter out(bytes);
  write_wrapping_key(out, {.version = 2,
                           .modulus = Bytes(512, 3),
                           .public_exponent = {1, 0, 1},
                           .hash = OaepHash::sha256,
                           .takes_aes_key_wrap = true});
  expect_no_prefix(bytes, read_wrapping_key);
  ByteReader reader(bytes);
  const auto key = read_wrapping_key(reader);
  EXPECT_EQ(key->version, 2u);
  EXPECT_EQ(key->modulus.size(), 512u);
  EXPECT_EQ(key->hash, OaepHash::sha256);
  EXPECT_TRUE(key->takes_aes_key_wrap);
}

TEST(Messages, UnwrapRequestOverTheBatchLimitIsRefused) {
  WipedBytes bytes;
  WireWriter out(bytes);
  write_group_count(out, 2);
  for (int group = 0; group < 2; ++group) {
    write_group(out, sized_kek(1, 0), kMaxBatch / 2 + 1);
    for (std::size_t i = 0; i < kMaxBatch / 2 + 1; ++i) write_dek_to_unwrap(out, {}, {});
  }
  ByteReader reader(bytes);
  EXPECT_FALSE(read_unwrap_request(reader));
}

TEST(Messages, OrgKekWithATooLongBlobOrAadIsRefused) {
  for (const auto& kek : {sized_kek(kMaxBlob + 1, 0), sized_kek(1, kMaxAad + 1)}) {
    WipedBytes bytes;
    WireWriter out(bytes);
    write_org_kek(out, kek);
    ByteReader reader(bytes);
    EXPECT_FALSE(read_org_kek(reader));
  }
}

TEST(Messages, SignRequestWithATooLongMessageIsRefused) {
  WipedBytes bytes;
  WireWriter out(bytes);
  write_sign_request(out, 1, Bytes(kMaxMessage + 1));
  ByteReader reader(bytes);
  EXPECT_FALSE(read_sign_request(reader));
}

TEST(Messages, RewrapRequestsSurviveTheTripAndNoPrefixDoes) {
  WipedBytes keks;
  WireWriter to_keks(keks);
  write_org_kek_rewrap_request(to_keks, 3, 4, std::vector<OrgKekToRewrap>{{Bytes(90, 1), Bytes(5, 2)}, {Bytes(1), {}}});
  expect_no_prefix(keks, read_org_kek_rewrap_request);
  ByteReader keks_reader(keks);
  const auto kek_request = read_org_kek_rewrap_request(keks_reader);
  EXPECT_EQ(kek_request->from, 3u);
  EXPECT_EQ(kek_request->to, 4u);
  EXPECT_EQ(kek_request->keks[0].aad.size(), 5u);

  WipedBytes deks;
  WireWriter to_deks(deks);
  write_rewrap_request(to_deks, sized_kek(90, 40), sized_kek(91, 0),
                       std::vector<DekToRewrap>{{.wrapped = {}, .aad_before = Bytes(3, 1), .aad_after = Bytes(4, 2)}});
  expect_no_prefix(deks, read_rewrap_request);
  ByteReader deks_reader(deks);
  const auto dek_request = read_rewrap_request(deks_reader);
  EXPECT_EQ(dek_request->to.blob.size(), 91u);
  EXPECT_EQ(dek_request->deks[0].aad_after.size(), 4u);
  EXPECT_FALSE(dek_request->deks[0].proof);
}

DekToRewrap largest_dek_to_rewrap() {
  return {.wrapped = {.blob = Bytes(kMaxWrappedDek, 1)},
          .aad_before = Bytes(kMaxAad, 2),
          .aad_after = Bytes(kMaxAad, 3),
          .proof = SealedMessage{
              .iv = {4}, .aad = Bytes(kMaxSealedAad, 5), .ciphertext = Bytes(kMaxSealedMessage, 6), .tag = {7}}};
}

TEST(Messages, TheProofOfADekSurvivesTheTripAndNoPrefixDoes) {
  WipedBytes bytes;
  WireWriter out(bytes);
  write_rewrap_request(out, sized_kek(9, 4), sized_kek(9, 0), std::vector<DekToRewrap>(2, largest_dek_to_rewrap()));
  expect_no_prefix(bytes, read_rewrap_request);
  ByteReader reader(bytes);
  const auto request = read_rewrap_request(reader);
  ASSERT_EQ(request->deks.size(), 2u);
  ASSERT_TRUE(request->deks[1].proof);
  EXPECT_EQ(request->deks[1].proof->iv.front(), 4);
  EXPECT_EQ(request->deks[1].proof->iv.size(), kGcmIvSize);
  EXPECT_EQ(request->deks[1].proof->aad.size(), kMaxSealedAad);
  EXPECT_EQ(request->deks[1].proof->ciphertext.size(), kMaxSealedMessage);
  EXPECT_EQ(request->deks[1].proof->tag.front(), 7);
}

TEST(Messages, AProofOutOfBoundsIsRefused) {
  for (const auto spoil : std::initializer_list<void (*)(SealedMessage&)>{
           [](SealedMessage& m) { m.aad.push_back(0); }, [](SealedMessage& m) { m.ciphertext.push_back(0); },
           [](SealedMessage& m) { m.ciphertext.clear(); }}) {
    auto item = largest_dek_to_rewrap();
    spoil(*item.proof);
    WipedBytes bytes;
    WireWriter out(bytes);
    write_rewrap_request(out, sized_kek(1, 0), sized_kek(1, 0), std::vector<DekToRewrap>(1, item));
    ByteReader reader(bytes);
    EXPECT_FALSE(read_rewrap_request(reader));
  }
}

TEST(Messages, AFrameHoldsAFullBatchOfTheLargestDeksToRewrap) {
  WipedBytes bytes;
  WireWriter out(bytes);
  write_rewrap_request(out, sized_kek(kMaxBlob, kMaxAad), sized_kek(kMaxBlob, kMaxAad),
                       std::vector<DekToRewrap>(kMaxRewrapBatch, largest_dek_to_rewrap()));
  EXPECT_LE(bytes.size(), kMaxPayload);
  ByteReader reader(bytes);
  EXPECT_TRUE(read_rewrap_request(reader));
}

TEST(Messages, RewrapRequestsOverTheirLimitAreRefused) {
  WipedBytes bytes;
  WireWriter out(bytes);
  write_org_kek_rewrap_request(out, 1, 2, std::vector<OrgKekToRewrap>(kMaxRewrapBatch + 1));
  ByteReader keks(bytes);
  EXPECT_FALSE(read_org_kek_rewrap_request(keks));
  bytes.clear();
  write_rewrap_request(out, sized_kek(1, 0), sized_kek(1, 0), std::vector<DekToRewrap>(kMaxRewrapBatch + 1));
  ByteReader deks(bytes);
  EXPECT_FALSE(read_rewrap_request(deks));
}

TEST(Messages, StatusSurvivesTheTripAndNoPrefixDoes) {
  TokenStatus status{.label = "label", .serial = "0123", .mechanisms = {"CKM_AES_GCM"}, .max_sessions = 2};
  status.platform_keks = {{.version = 1}, {.version = 7}};
  status.backup_keys = {{.version = 5}};
  status.wrapping_keys = {{.version = 4}, {.version = 6}};
  status.audit_keys = {{.version = 3, .public_key = {1, 2, 3}}};
  status.org_keks = {{.key = "abcd", .encryptions = 5, .decryptions = 6}};
  status.signatures = 11;
  WipedBytes bytes;
  WireWriter out(bytes);
  write_token_status(out, status);
  expect_no_prefix(bytes, read_token_status);
  ByteReader reader(bytes);
  const auto read = read_token_status(reader);
  EXPECT_EQ(read->wrapping_keys.back().version, 6u);
  EXPECT_EQ(read->label, "label");
  EXPECT_EQ(read->platform_keks[1].version, 7u);
  ASSERT_EQ(read->backup_keys.size(), 1u);
  EXPECT_EQ(read->backup_keys[0].version, 5u);
  EXPECT_EQ(read->audit_keys[0].public_key[2], 3);
  EXPECT_EQ(read->org_keks[0].decryptions, 6u);
  EXPECT_EQ(read->signatures, 11u);
}

TEST(Messages, ErrorArrivesWithItsCodeAndDetail) {
  WipedBytes bytes;
  WireWriter out(bytes);
  write_error(out, {.code = Code::hsm_pin_rejected, .detail = "C_Login: CKR_PIN_INCORRECT (0xa0)"});
  ByteReader reader(bytes);
  const auto outcome = read_outcome(reader);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::hsm_pin_rejected);
  EXPECT_EQ(outcome.error().detail, "C_Login: CKR_PIN_INCORRECT (0xa0)");
}

TEST(Messages, ErrorWithAVeryLongDetailIsCutNotRefused) {
  WipedBytes bytes;
  WireWriter out(bytes);
  write_error(out, {.code = Code::internal, .detail = std::string(100'000, 'x')});
  ByteReader reader(bytes);
  EXPECT_EQ(read_outcome(reader).error().code, Code::internal);
}

TEST(Messages, UnknownOutcomeOrCodeIsAnError) {
  for (const Bytes& bytes : {Bytes{2}, Bytes{1, 0xff, 0, 0}, Bytes{}}) {
    ByteReader reader(bytes);
    EXPECT_FALSE(read_outcome(reader));
  }
}

}  // namespace
}  // namespace kaito::hsm
