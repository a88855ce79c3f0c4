#include "appliance/auth/webauthn/cose_key.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "appliance/auth/webauthn/cbor_writer.hpp"
#include "appliance/auth/webauthn/reason.hpp"
#include "appliance/auth/webauthn/relying_party.hpp"
#include "tests/fakes/soft_authenticator/soft_key.hpp"

namespace kaito::webauthn {
namespace {

using cbor::Writer;

std::string judge(const Bytes& encoded) {
  const auto map = cbor::decode(encoded, cbor::KeyOrder::canonical);
  if (!map) return map.error().detail;
  const auto key = parse_cose_key(*map);
  if (!key) return std::string(to_string(*reason_of(key.error())));
  const auto made = make_public_key(*key);
  return made ? "accepted" : std::string(to_string(*reason_of(made.error())));
}

Bytes ec_key(int algorithm, int curve, ByteView x, ByteView y) {
  Writer writer;
  writer.map(5).integer(1).integer(2).integer(3).integer(algorithm).integer(-1).integer(curve);
  return writer.integer(-2).bytes(x).integer(-3).bytes(y).take();
}

Bytes okp_key(int algorithm, int curve, ByteView x) {
  Writer writer;
  writer.map(4).integer(1).integer(1).integer(3).integer(algorithm).integer(-1).integer(curve).integer(-2).bytes(x);
  return writer.take();
}

Bytes rsa_key(unsigned bits, ByteView exponent) {
  EVP_PKEY* key = EVP_RSA_gen(bits);
  BIGNUM* n = nullptr;
  EVP_PKEY_get_bn_param(key, "n", &n);
  Bytes modulus(bits / 8);
  BN_bn2binpad(n, modulus.data(), static_cast<int>(modulus.size()));
  BN_free(n);
  EVP_PKEY_free(key);
  Writer writer;
  writer.map(4).integer(1).integer(3).integer(3).integer(kRs256).integer(-1).bytes(modulus).integer(-2).bytes(exponent);
  return writer.take();
}

const Bytes kExponent{1, 0, 1};

TEST(CoseKey, AcceptsRsaOf2048BitsOnly) {
  EXPECT_EQ(judge(rsa_key(2048, kExponent)), "accepted");
  for (const unsigned bits : {1024U, 2040U, 3072U, 4096U}) EXPECT_EQ(judge(rsa_key(bits, kExponent)), "alg") << bits;
}

TEST(CoseKey, RefusesOtherRsaExponents) {
  EXPECT_EQ(judge(rsa_key(2048, Bytes{3})), "alg");
  EXPECT_EQ(judge(rsa_key(2048, Bytes{0, 1, 0, 1})), "alg");
  EXPECT_EQ(judge(rsa_key(2048, Bytes{1, 0, 2})), "alg");
}

TEST(CoseKey, RefusesPointsOffTheCurve) {
  const test::SoftKey key = test::SoftKey::generate();
  Bytes y = key.y();
  EXPECT_EQ(judge(ec_key(kEs256, 1, key.x(), y)), "accepted");
  y[31] ^= 1;
  EXPECT_EQ(judge(ec_key(kEs256, 1, key.x(), y)), "alg");
  EXPECT_EQ(judge(ec_key(kEs256, 1, Bytes(32), Bytes(32))), "alg");
  EXPECT_EQ(judge(ec_key(kEs256, 1, Bytes(32, 0xff), Bytes(32, 0xff))), "alg");
}

TEST(CoseKey, RefusesAlgorithmsThatDoNotFitTheKey) {
  const test::SoftKey key = test::SoftKey::generate();
  EXPECT_EQ(judge(ec_key(kEs384, 2, key.x(), key.y())), "alg");
  EXPECT_EQ(judge(ec_key(kEs256, 2, key.x(), key.y())), "alg");
  EXPECT_EQ(judge(ec_key(kEdDsa, 6, key.x(), key.y())), "alg");
  EXPECT_EQ(judge(ec_key(kRs256, 1, key.x(), key.y())), "alg");
  EXPECT_EQ(judge(okp_key(kEs256, 1, key.x())), "alg");
}

TEST(CoseKey, RefusesAlgorithmsThatAreNotSupported) {
  const test::SoftKey key = test::SoftKey::generate();
  for (const int algorithm : {-47, -36, -9, -37, -65535, 0, 5})
    EXPECT_EQ(judge(ec_key(algorithm, 1, key.x(), key.y())), "alg") << algorithm;
}

TEST(CoseKey, RefusesMissingAndAdditionalMembers) {
  const test::SoftKey key = test::SoftKey::generate();
  Writer without_alg;
  without_alg.map(4).integer(1).integer(2).integer(-1).integer(1).integer(-2).bytes(key.x()).integer(-3).bytes(key.y());
  EXPECT_EQ(judge(without_alg.view()), "alg");
  Writer with_kid;
  with_kid.map(6).integer(1).integer(2).integer(2).bytes(Bytes{1}).integer(3).integer(kEs256).integer(-1).integer(1);
  with_kid.integer(-2).bytes(key.x()).integer(-3).bytes(key.y());
  EXPECT_EQ(judge(with_kid.view()), "alg");
  Writer compressed;
  compressed.map(5).integer(1).integer(2).integer(3).integer(kEs256).integer(-1).integer(1).integer(-2).bytes(key.x());
  compressed.integer(-3).boolean(true);
  EXPECT_EQ(judge(compressed.view()), "alg");
}

TEST(CoseKey, RefusesEd25519KeysUnderWhichOneSignatureFitsEveryMessage) {
  // Points of order 1, 2, 4 and 8 (RFC 8032 §5.1.2 encodings), and one that is not on the curve.
  for (const std::string_view hex : {"0100000000000000000000000000000000000000000000000000000000000000",
                                     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                     "0000000000000000000000000000000000000000000000000000000000000000",
                                     "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                                     "0200000000000000000000000000000000000000000000000000000000000000"})
    EXPECT_EQ(judge(okp_key(kEdDsa, 6, *from_hex(hex))), "alg") << hex;
  // RFC 8032 §7.1, test 1.
  EXPECT_EQ(judge(okp_key(kEdDsa, 6, *from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))),
            "accepted");
}

}  // namespace
}  // namespace kaito::webauthn
