#include "hsm/examination.hpp"

#include "hsm/aes_gcm.hpp"
#include "hsm/audit_signing.hpp"
#include "hsm/canary.hpp"
#include "hsm/known_answers.hpp"

namespace kaito::hsm {
namespace {

constexpr std::size_t kSessionsTried = 16;
constexpr CK_ULONG kProbeModulus = 2048;

struct Candidate {
  std::string_view what;
  CK_MECHANISM_TYPE mechanism;
  CK_FLAGS usage;
  TokenOutcome (*test)(Session&, CK_MECHANISM_TYPE);
};

TokenOutcome try_gcm(Session& session, CK_MECHANISM_TYPE) { return test_gcm(session); }
TokenOutcome try_key_wrap(Session& session, CK_MECHANISM_TYPE mechanism) {
  return test_key_wrap(session, mechanism, KeyWrap::kw);
}
TokenOutcome try_key_wrap_pad(Session& session, CK_MECHANISM_TYPE mechanism) {
  return test_key_wrap(session, mechanism, KeyWrap::kwp);
}
TokenOutcome try_ed25519(Session& session, CK_MECHANISM_TYPE) { return test_ed25519(session); }

TokenOutcome try_hmac(Session& session, CK_MECHANISM_TYPE mechanism) {
  Mechanism generation(CKM_GENERIC_SECRET_KEY_GEN);
  KAITO_TRY(const ObjectHandle handle, session.generate_key(generation.get(), AttributeTemplate()
                                                                                  .number(CKA_VALUE_LEN, 32)
                                                                                  .flag(CKA_TOKEN, false)
                                                                                  .flag(CKA_PRIVATE, true)
                                                                                  .flag(CKA_SIGN, true)));
  const OwnedObject key(session, handle);
  Mechanism signing(mechanism);
  ByteArray<32> mac{};
  KAITO_CHECK(session.sign(signing.get(), key.handle(), {}, mac));
  return {};
}

// A pair of session objects wraps a key and unwraps it again.
template <OaepHash kHash>
TokenOutcome try_oaep(Session& session, CK_MECHANISM_TYPE) {
  Mechanism pairs(CKM_RSA_PKCS_KEY_PAIR_GEN);
  KAITO_TRY(const auto pair, session.generate_key_pair(pairs.get(),
                                                       AttributeTemplate()
                                                           .number(CKA_MODULUS_BITS, kProbeModulus)
                                                           .bytes(CKA_PUBLIC_EXPONENT, kPublicExponent)
                                                           .flag(CKA_TOKEN, false)
                                                           .flag(CKA_WRAP, true),
                                                       AttributeTemplate()
                                                           .flag(CKA_TOKEN, false)
                                                           .flag(CKA_PRIVATE, true)
                                                           .flag(CKA_SENSITIVE, true)
                                                           .flag(CKA_UNWRAP, true)));
  const OwnedObject public_key(session, pair.public_key);
  const OwnedObject private_key(session, pair.private_key);
  Mechanism keys(CKM_AES_KEY_GEN);
  KAITO_TRY(const ObjectHandle handle, session.generate_key(keys.get(), AttributeTemplate()
                                                                            .number(CKA_VALUE_LEN, kDekSize)
                                                                            .flag(CKA_TOKEN, false)
                                                                            .flag(CKA_PRIVATE, true)
                                                                            .flag(CKA_EXTRACTABLE, true)));
  const OwnedObject key(session, handle);
  OaepMechanism oaep(kHash);
  KAITO_TRY(const Bytes wrapped, session.wrap(oaep.get(), public_key.handle(), key.handle()));
  KAITO_TRY(const ObjectHandle unwrapped, session.unwrap(oaep.get(), private_key.handle(), wrapped,
                                                         AttributeTemplate()
                                                             .number(CKA_CLASS, CKO_SECRET_KEY)
                                                             .number(CKA_KEY_TYPE, CKK_AES)
                                                             .flag(CKA_TOKEN, false)
                                                             .flag(CKA_PRIVATE, true)));
  const OwnedObject again(session, unwrapped);
  return {};
}

constexpr std::array kCandidates{
    Candidate{"AES-GCM", CKM_AES_GCM, kCiphers, try_gcm},
    Candidate{"AES-KW of org KEKs", CKM_AES_KEY_WRAP, kWraps, try_key_wrap},
    Candidate{"AES-KW of DEKs", CKM_AES_KEY_WRAP, kWraps, test_wrapping_of_readable_keys},
    Candidate{"AES-KWP of org KEKs", kAesKeyWrapKwp, kWraps, try_key_wrap_pad},
    Candidate{"AES-KWP, older number", CKM_AES_KEY_WRAP_PAD, kWraps, try_key_wrap_pad},
    Candidate{"AES blocks", CKM_AES_ECB, kCiphers, test_key_wrap_by_blocks},
    Candidate{"AES blocks by CBC", CKM_AES_CBC, kCiphers, test_key_wrap_by_blocks},
    Candidate{"RSA-OAEP of org KEKs", CKM_RSA_PKCS_OAEP, kWraps, try_oaep<OaepHash::sha1>},
    Candidate{"RSA-OAEP with SHA-256", CKM_RSA_PKCS_OAEP, kWraps, try_oaep<OaepHash::sha256>},
    Candidate{"Ed25519", CKM_EDDSA, CKF_SIGN | CKF_VERIFY, try_ed25519},
    Candidate{"HMAC-SHA256", CKM_SHA256_HMAC, CKF_SIGN, try_hmac},
};

// An error only where the token does not answer any more.
TokenResult<TokenReport::Probe> probe(Token& token, const Candidate& candidate) {
  TokenReport::Probe probe{.what = fmt::format("{} ({})", candidate.what, mechanism_name(candidate.mechanism))};
  if (!token.supports(candidate.mechanism, candidate.usage)) return probe;
  const auto tested = candidate.test(token.session(), candidate.mechanism);
  if (tested) {
    probe.finding = Finding::works;
    return probe;
  }
  const auto& failure = tested.error();
  if (failure.kind != ReturnClass::fatal && failure.kind != ReturnClass::data_error) return fail(failure);
  probe.finding = failure.error.code == Code::hsm_key_rejected ? Finding::wrong : Finding::refused;
  probe.detail = failure.error.detail;
  return probe;
}

// Whether the token takes an IV as it is given (F13).
TokenResult<std::string> iv_behaviour(Session& session) {
  Mechanism generation(CKM_AES_KEY_GEN);
  KAITO_TRY(const ObjectHandle handle, session.generate_key(generation.get(), AttributeTemplate()
                                                                                  .number(CKA_VALUE_LEN, kDekSize)
                                                                                  .flag(CKA_TOKEN, false)
                                                                                  .flag(CKA_PRIVATE, true)
                                                                                  .flag(CKA_ENCRYPT, true)));
  const OwnedObject key(session, handle);
  const ByteArray<kGcmIvSize> given{1, 2, 3};
  auto iv = given;
  ByteArray<kDekSize + kGcmTagSize> sealed{};
  KAITO_CHECK(gcm_seal(session, key.handle(), iv, {}, ByteArray<kDekSize>{}, kGcmTagSize, sealed));
  return std::string(iv == given ? "the caller's" : "its own");
}

std::uint64_t count_sessions(const Token& token) {
  std::deque<Session> sessions;
  while (sessions.size() < kSessionsTried) {
    sessions.emplace_back(token.slot().cryptoki);
    if (sessions.back().open(token.slot().cryptoki, token.slot().id)) continue;
    sessions.pop_back();
    break;
  }
  return sessions.size() + 1;  // and the token's own
}

// Repeats `operation` for `duration`, at least once; how often in a second.
template <class Operation>
TokenResult<double> speed_of(const Clock& clock, Milliseconds duration, Operation operation) {
  const SteadyPoint start = clock.steady_now();
  std::uint64_t count = 0;
  SteadyPoint now = start;
  do {
    KAITO_CHECK(operation());
    ++count;
    now = clock.steady_now();
  } while (now < start + duration);
  return static_cast<double>(count) / std::max(std::chrono::duration<double>(now - start).count(), 1e-9);
}

TokenOutcome measure(Token& token, const WrapMethods& methods, const Clock& clock, Random& random,
                     Milliseconds duration, TokenReport& report) {
  Session& session = token.session();
  KAITO_TRY(const Canary canary, Canary::create(session, methods, random));
  KAITO_TRY(report.unwraps_per_second, speed_of(clock, duration, [&] { return canary.sing(session); }));
  KAITO_TRY(report.wraps_per_second, speed_of(clock, duration, [&] { return canary.wrap_again(session, random); }));
  // A frame of 256 DEKs, the largest that the daemon sends, in a quarter of the deadline; 5 s is the default.
  constexpr double kFrame = 256;
  const double frame_ms = kFrame * 1000 / std::min(report.unwraps_per_second, report.wraps_per_second);
  report.deadline_ms = std::max<std::uint64_t>(5000, static_cast<std::uint64_t>(4 * frame_ms));
  return {};
}

void describe(const Token& token, TokenReport& report) {
  const CK_TOKEN_INFO& info = token.info();
  report.label = token_text(info.label);
  report.serial = token_text(info.serialNumber);
  report.model = token_text(info.model);
  report.manufacturer = token_text(info.manufacturerID);
  report.firmware = fmt::format("{}.{}", info.firmwareVersion.major, info.firmwareVersion.minor);
  report.max_sessions = session_limit(info);
  CK_INFO module{};
  if (token.slot().cryptoki.call(function::get_info, &module))
    report.library = fmt::format("{} {}.{}", token_text(module.libraryDescription), module.libraryVersion.major,
                                 module.libraryVersion.minor);
}

}  // namespace

TokenResult<TokenReport> examine(Token& token, const Clock& clock, Random& random, Milliseconds duration) {
  TokenReport report;
  describe(token, report);
  for (const Candidate& candidate : kCandidates) {
    KAITO_TRY(auto found, probe(token, candidate));
    report.probes.push_back(std::move(found));
  }
  if (report.probes.front().finding == Finding::works) {
    KAITO_TRY(report.gcm_iv, iv_behaviour(token.session()));
  }
  report.opened_sessions = count_sessions(token);
  for (const auto& found : report.probes)
    if (found.finding == Finding::wrong) report.unfit = found.detail;
  if (!report.unfit.empty()) return report;

  const auto audit = choose_audit_signing(token, token.session());
  if (audit) report.audit = audit_signing_name(*audit);
  auto methods = WrapMethods::choose(token, token.session());
  if (methods) {
    report.org_keks = methods->org_kek_name();
  } else if (methods.error().error.code == Code::hsm_unsupported) {
    // What does not serve as the appliance's may serve as a customer's.
    auto deks_only = WrapMethods::choose_for_deks_only(token, token.session());
    if (!deks_only && deks_only.error().error.code == Code::hsm_unsupported)
      report.unfit = methods.error().error.detail;
    methods = std::move(deks_only);
  }
  if (!report.unfit.empty()) return report;
  if (!methods) return fail(methods.error());
  report.deks = methods->dek_name();
  // A pair to measure with might have to stay in the token.
  if (methods->dek != WrapScheme::rsa_oaep) KAITO_CHECK(measure(token, *methods, clock, random, duration, report));
  return report;
}

}  // namespace kaito::hsm
