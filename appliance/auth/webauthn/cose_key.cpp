#include "appliance/auth/webauthn/cose_key.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>

#include "appliance/auth/webauthn/reason.hpp"
#include "appliance/auth/webauthn/relying_party.hpp"

namespace kaito::webauthn {
namespace {

// RFC 9052 §7.1, RFC 9053 §7.1 and §7.2, RFC 8230 §4.
constexpr std::int64_t kLabelKty = 1;
constexpr std::int64_t kLabelAlg = 3;
constexpr std::int64_t kLabelCrv = -1;
constexpr std::int64_t kLabelX = -2;
constexpr std::int64_t kLabelY = -3;
constexpr std::int64_t kLabelN = -1;
constexpr std::int64_t kLabelE = -2;
constexpr std::int64_t kKtyOkp = 1;
constexpr std::int64_t kKtyEc2 = 2;
constexpr std::int64_t kKtyRsa = 3;

constexpr std::size_t kRsaBytes = 256;
constexpr std::array<std::uint8_t, 3> kRsaExponent{0x01, 0x00, 0x01};

struct Kind {
  int algorithm;
  std::int64_t kty;
  std::int64_t crv;    // 0 for RSA
  std::size_t length;  // of a coordinate or of n
  std::size_t members;
  const char* type;   // OpenSSL's key type
  const char* group;  // OpenSSL's curve; null for the others
};

constexpr std::array kKinds{
    Kind{kEs256, kKtyEc2, 1, 32, 5, "EC", "prime256v1"},
    Kind{kEs384, kKtyEc2, 2, 48, 5, "EC", "secp384r1"},
    Kind{kEdDsa, kKtyOkp, 6, 32, 4, "ED25519", nullptr},
    Kind{kRs256, kKtyRsa, 0, kRsaBytes, 4, "RSA", nullptr},
};

const Kind* kind_of(int algorithm) noexcept {
  const auto* found = std::ranges::find(kKinds, algorithm, &Kind::algorithm);
  return found == kKinds.end() ? nullptr : found;
}

bool has_integer(const cbor::Value& map, std::int64_t label, std::int64_t wanted) {
  const cbor::Value* value = map.find(label);
  return value && value->integer() == wanted;
}

Result<Bytes> take_bytes(const cbor::Value& map, std::int64_t label, std::size_t length) {
  const cbor::Value* value = map.find(label);
  if (!value || !value->is(cbor::Type::bytes) || value->content.size() != length)
    return refuse(Reason::alg, fmt::format("key member {} is not {} bytes", label, length));
  return Bytes(value->content.begin(), value->content.end());
}

struct FreeParam {
  void operator()(OSSL_PARAM* params) const noexcept { OSSL_PARAM_free(params); }
  void operator()(OSSL_PARAM_BLD* builder) const noexcept { OSSL_PARAM_BLD_free(builder); }
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
  void operator()(BIGNUM* number) const noexcept { BN_free(number); }
};
template <class T>
using OwnedParam = std::unique_ptr<T, FreeParam>;

std::unexpected<Error> bad_key(std::string_view what) { return refuse(Reason::alg, what); }

Result<PublicKey> ec_key(const CoseKey& key, const Kind& kind) {
  const OwnedParam<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  const Bytes point = key.uncompressed_point();
  if (!builder || !OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, kind.group, 0) ||
      !OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()))
    return fail(Code::internal, "OpenSSL: out of memory");
  const OwnedParam<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder.get()));
  const OwnedParam<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, kind.type, nullptr));
  EVP_PKEY* made = nullptr;
  // Fails when the point is not on the curve.
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return bad_key("point is not on the curve");
  return PublicKey(made);
}

Result<PublicKey> rsa_key(const CoseKey& key, const Kind& kind) {
  const OwnedParam<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  const OwnedParam<BIGNUM> n(BN_bin2bn(key.first.data(), static_cast<int>(key.first.size()), nullptr));
  const OwnedParam<BIGNUM> e(BN_bin2bn(key.second.data(), static_cast<int>(key.second.size()), nullptr));
  if (!builder || !n || !e || !OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) ||
      !OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()))
    return fail(Code::internal, "OpenSSL: out of memory");
  const OwnedParam<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder.get()));
  const OwnedParam<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, kind.type, nullptr));
  EVP_PKEY* made = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return bad_key("not an RSA key");
  return PublicKey(made);
}

Result<PublicKey> ed25519_key(const CoseKey& key) {
  // OpenSSL takes any 32 bytes and checks nothing. libsodium's check: canonical, on the curve, in the main subgroup; a
  // point of small order would let one signature pass for every message.
  if (crypto_core_ed25519_is_valid_point(key.first.data()) != 1)
    return bad_key("not a point of Ed25519's main subgroup");
  PublicKey made(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.first.data(), key.first.size()));
  if (!made) return bad_key("not an Ed25519 key");
  return made;
}

}  // namespace

void FreePublicKey::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }

Bytes CoseKey::uncompressed_point() const {
  Bytes point{0x04};
  append(point, first);
  append(point, second);
  return point;
}

Result<CoseKey> parse_cose_key(const cbor::Value& map) {
  const cbor::Value* algorithm = map.find(kLabelAlg);
  if (!algorithm || !algorithm->integer()) return bad_key("key has no algorithm");
  const auto number = *algorithm->integer();
  const Kind* kind = std::in_range<int>(number) ? kind_of(static_cast<int>(number)) : nullptr;
  if (!kind) return bad_key(fmt::format("algorithm {} is not supported", number));
  if (!has_integer(map, kLabelKty, kind->kty)) return bad_key("key type does not fit the algorithm");
  // L3 §6.5.1: the key must not contain any other, optional parameter.
  if (map.size() != kind->members) return bad_key("key has members that its algorithm does not need");

  CoseKey key{.algorithm = kind->algorithm};
  if (kind->kty == kKtyRsa) {
    KAITO_TRY(key.first, take_bytes(map, kLabelN, kRsaBytes));
    KAITO_TRY(key.second, take_bytes(map, kLabelE, kRsaExponent.size()));
    if ((key.first.front() & 0x80) == 0) return bad_key("RSA modulus is shorter than 2048 bits");
    if (!std::ranges::equal(key.second, kRsaExponent)) return bad_key("RSA exponent is not 65537");
    return key;
  }
  if (!has_integer(map, kLabelCrv, kind->crv)) return bad_key("curve does not fit the algorithm");
  KAITO_TRY(key.first, take_bytes(map, kLabelX, kind->length));
  if (kind->kty == kKtyEc2) {
    KAITO_TRY(key.second, take_bytes(map, kLabelY, kind->length));
  }
  return key;
}

Result<PublicKey> make_public_key(const CoseKey& key) {
  const Kind* kind = kind_of(key.algorithm);
  if (!kind) return bad_key("algorithm is not supported");
  if (kind->kty == kKtyOkp) return ed25519_key(key);
  auto made = kind->kty == kKtyEc2 ? ec_key(key, *kind) : rsa_key(key, *kind);
  if (!made) return made;
  const OwnedParam<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_pkey(nullptr, made->get(), nullptr));
  if (!context || EVP_PKEY_public_check(context.get()) != 1) return bad_key("public key fails OpenSSL's check");
  return made;
}

bool fits_algorithm(const evp_pkey_st& key, int algorithm) noexcept {
  const Kind* kind = kind_of(algorithm);
  if (!kind || EVP_PKEY_is_a(&key, kind->type) != 1) return false;
  if (kind->kty == kKtyRsa) return EVP_PKEY_get_bits(&key) == 8 * static_cast<int>(kRsaBytes);
  if (!kind->group) return true;
  std::array<char, 32> group{};
  std::size_t length = 0;
  return EVP_PKEY_get_group_name(&key, group.data(), group.size(), &length) == 1 &&
         std::string_view(group.data(), length) == kind->group;
}

}  // namespace kaito::webauthn
