#include "hsm/aes_key_wrap.hpp"

#include "appliance/base/invariant.hpp"

namespace kaito::hsm {
namespace {

constexpr std::size_t kHalf = 8;  // a semiblock: RFC 3394 works on halves of AES blocks
constexpr std::size_t kHalves = kDekSize / kHalf;
constexpr std::size_t kSteps = 6 * kHalves;

using Half = ByteArray<kHalf>;

// RFC 3394 §2.2.3.1; RFC 5649 §3, with the key's length.
constexpr Half kKwStart{0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6};
constexpr Half kKwpStart{0xa6, 0x59, 0x59, 0xa6, 0, 0, 0, kDekSize};

const Half& start_of(KeyWrap kind) { return kind == KeyWrap::kw ? kKwStart : kKwpStart; }

Failure odd_size(std::size_t got) {
  return Failure(Error{.code = Code::hsm_unsupported, .detail = fmt::format("one AES block gave {} bytes", got)});
}

// One AES block: register A, then the semiblock that is worked on; both are replaced.
class BlockOperation {
 public:
  using Function = TokenResult<std::size_t> (Session::*)(CK_MECHANISM*, ObjectHandle, ByteView,
                                                         std::span<std::uint8_t>);
  BlockOperation(Session& session, CK_MECHANISM_TYPE mode, ObjectHandle key, Function function)
      : session_(session), mode_(mode), key_(key), function_(function) {}

  TokenOutcome operator()(Half& a, std::span<std::uint8_t> half) const {
    ByteArray<2 * kHalf> in{};
    ByteArray<2 * kHalf> out{};
    std::ranges::copy(a, in.begin());
    std::ranges::copy(half, in.begin() + kHalf);
    BlockMechanism mechanism(mode_);
    auto size = (session_.*function_)(mechanism.get(), key_, in, out);
    std::ranges::copy(std::span(out).first<kHalf>(), a.begin());
    std::ranges::copy(std::span(out).subspan<kHalf>(), half.begin());
    wipe(in);
    wipe(out);
    if (!size) return fail(std::move(size).error());
    if (*size != in.size()) return fail(odd_size(*size));
    return {};
  }

 private:
  Session& session_;
  CK_MECHANISM_TYPE mode_;
  ObjectHandle key_;
  Function function_;
};

AttributeTemplate readable_key() {
  return AttributeTemplate()
      .number(CKA_CLASS, CKO_SECRET_KEY)
      .number(CKA_KEY_TYPE, CKK_AES)
      .flag(CKA_TOKEN, false)
      .flag(CKA_PRIVATE, true)
      .flag(CKA_SENSITIVE, false)
      .flag(CKA_EXTRACTABLE, true);
}

}  // namespace

TokenOutcome wrap_natively(Session& session, CK_MECHANISM_TYPE mechanism, ObjectHandle kek, ByteView key,
                           std::span<std::uint8_t, kKeyWrapSize> out) {
  KAITO_TRY(const ObjectHandle handle, session.create_object(readable_key().bytes(CKA_VALUE, key)));
  const OwnedObject object(session, handle);
  Mechanism wrapping(mechanism);
  KAITO_TRY(const Bytes wrapped, session.wrap(wrapping.get(), kek, object.handle()));
  if (wrapped.size() != out.size())
    return fail(Failure(Error{
        .code = Code::hsm_unsupported,
        .detail = fmt::format("{} gave {} bytes, not {}", mechanism_name(mechanism), wrapped.size(), out.size())}));
  std::ranges::copy(wrapped, out.begin());
  return {};
}

TokenOutcome unwrap_natively(Session& session, CK_MECHANISM_TYPE mechanism, ObjectHandle kek, ByteView wrapped,
                             std::span<std::uint8_t, kDekSize> key) {
  Mechanism unwrapping(mechanism);
  KAITO_TRY(const ObjectHandle handle, session.unwrap(unwrapping.get(), kek, wrapped, readable_key()));
  const OwnedObject object(session, handle);
  return session.value(object.handle(), key);
}

TokenOutcome wrap_by_blocks(Session& session, CK_MECHANISM_TYPE mode, KeyWrap kind, ObjectHandle kek, ByteView key,
                            std::span<std::uint8_t, kKeyWrapSize> out) {
  KAITO_INVARIANT(key.size() == kDekSize);
  Half a = start_of(kind);
  const auto halves = out.subspan<kHalf>();
  std::ranges::copy(key, halves.begin());
  const BlockOperation encrypt(session, mode, kek, &Session::encrypt);
  TokenOutcome outcome;
  for (std::size_t step = 0; step < kSteps && outcome; ++step) {
    const auto half = halves.subspan(step % kHalves * kHalf, kHalf);
    outcome = encrypt(a, half);
    a.back() ^= static_cast<std::uint8_t>(step + 1);  // t of RFC 3394 §2.2.1 fits a byte
  }
  std::ranges::copy(a, out.begin());
  if (!outcome) wipe(out);
  return outcome;
}

TokenOutcome unwrap_by_blocks(Session& session, CK_MECHANISM_TYPE mode, KeyWrap kind, ObjectHandle kek,
                              ByteView wrapped, std::span<std::uint8_t, kDekSize> key) {
  KAITO_INVARIANT(wrapped.size() == kKeyWrapSize);
  Half a{};
  ByteArray<kDekSize> halves{};
  std::ranges::copy(wrapped.first(kHalf), a.begin());
  std::ranges::copy(wrapped.subspan(kHalf), halves.begin());
  const BlockOperation decrypt(session, mode, kek, &Session::decrypt);
  TokenOutcome outcome;
  for (std::size_t step = kSteps; step-- > 0 && outcome;) {
    const auto half = std::span(halves).subspan(step % kHalves * kHalf, kHalf);
    a.back() ^= static_cast<std::uint8_t>(step + 1);
    outcome = decrypt(a, half);
  }
  if (outcome && a != start_of(kind))
    outcome = fail(Failure({.code = Code::integrity, .detail = "AES key wrap: the integrity check failed"},
                           ReturnClass::data_error));
  if (outcome) std::ranges::copy(halves, key.begin());
  wipe(halves);
  return outcome;
}

}  // namespace kaito::hsm
