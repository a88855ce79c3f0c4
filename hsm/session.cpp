#include "hsm/session.hpp"

namespace kaito::hsm {
namespace {

constexpr std::size_t kMaxFound = 1024;
constexpr std::size_t kMaxAttribute = 4096;
constexpr std::size_t kMaxWrappedKey = 1024;

// PKCS#11 takes pointers to what it does not change, and modules refuse a null one even where the length is 0.
CK_BYTE* mutable_data(ByteView bytes) noexcept {
  static constexpr CK_BYTE kNothing = 0;
  return const_cast<CK_BYTE*>(bytes.empty() ? &kNothing : bytes.data());
}

// A module that wrote more than it was given room for may have written over anything.
TokenOutcome fits(CK_ULONG size, std::size_t room, std::string_view function) {
  if (size <= room) return {};
  return fail(Failure({.code = Code::hsm_unavailable,
                       .detail = fmt::format("{} says that it wrote {} where {} had room", function, size, room)},
                      ReturnClass::restart));
}

}  // namespace

TokenOutcome Session::open(Cryptoki cryptoki, CK_SLOT_ID slot) {
  close();
  cryptoki_ = cryptoki;
  KAITO_CHECK(cryptoki_.call(function::open_session, slot, CK_FLAGS{CKF_SERIAL_SESSION | CKF_RW_SESSION}, nullptr,
                             nullptr, &handle_));
  open_ = true;
  ++epoch_;
  return {};
}

void Session::close() noexcept {
  // A session that is gone already is as good as closed.
  if (open_) static_cast<void>(cryptoki_.call(function::close_session, handle_));
  open_ = false;
}

TokenOutcome Session::login(CK_USER_TYPE user, ByteView pin) {
  return cryptoki_.call(function::login, handle_, user, mutable_data(pin), CK_ULONG{pin.size()});
}

TokenOutcome Session::init_pin(ByteView pin) {
  return cryptoki_.call(function::init_pin, handle_, mutable_data(pin), CK_ULONG{pin.size()});
}

TokenOutcome Session::logout() { return cryptoki_.call(function::logout, handle_); }

TokenOutcome Session::usable(ObjectHandle object) const {
  if (open_ && object.epoch == epoch_) return {};
  return fail(
      Failure({.code = Code::hsm_unavailable, .detail = "object handle of an earlier session"}, ReturnClass::reopen));
}

TokenResult<ObjectHandle> Session::create_object(AttributeTemplate attributes) {
  ObjectHandle object{.value = CK_INVALID_HANDLE, .epoch = epoch_};
  KAITO_CHECK(cryptoki_.call(function::create_object, handle_, attributes.data(), attributes.size(), &object.value));
  return object;
}

TokenOutcome Session::destroy(ObjectHandle object) {
  KAITO_CHECK(usable(object));
  return cryptoki_.call(function::destroy_object, handle_, object.value);
}

TokenResult<std::vector<ObjectHandle>> Session::find(AttributeTemplate attributes) {
  KAITO_TRY(auto first, search(attributes));
  KAITO_TRY(const auto second, search(attributes));
  if (std::ranges::is_permutation(first, second, {}, &ObjectHandle::value, &ObjectHandle::value)) return first;
  return fail(
      Failure({.code = Code::hsm_unavailable, .detail = "two searches of the token disagree"}, ReturnClass::reopen));
}

TokenResult<std::vector<ObjectHandle>> Session::search(AttributeTemplate& attributes) {
  KAITO_CHECK(cryptoki_.call(function::find_objects_init, handle_, attributes.data(), attributes.size()));
  std::vector<ObjectHandle> objects;
  auto searched = find_all(objects);
  auto ended = cryptoki_.call(function::find_objects_final, handle_);
  KAITO_CHECK(std::move(searched));
  KAITO_CHECK(std::move(ended));
  return objects;
}

TokenOutcome Session::find_all(std::vector<ObjectHandle>& objects) {
  // A token may give fewer than it was asked for; the end is when it gives none (§5.7).
  for (;;) {
    std::array<CK_OBJECT_HANDLE, 64> found{};
    CK_ULONG count = 0;
    KAITO_CHECK(cryptoki_.call(function::find_objects, handle_, found.data(), CK_ULONG{found.size()}, &count));
    if (count == 0) return {};
    KAITO_CHECK(fits(count, found.size(), function::find_objects.name));
    if (objects.size() + count > kMaxFound)
      return fail(Failure(Error{.code = Code::hsm_key_rejected, .detail = "too many objects match in the token"}));
    for (std::size_t i = 0; i < count; ++i) objects.push_back({.value = found[i], .epoch = epoch_});
  }
}

TokenOutcome Session::read_attribute(ObjectHandle object, CK_ATTRIBUTE& attribute) {
  KAITO_CHECK(usable(object));
  return cryptoki_.call(function::get_attribute_value, handle_, object.value, &attribute, CK_ULONG{1});
}

TokenResult<std::optional<std::size_t>> Session::read_up_to(ObjectHandle object, CK_ATTRIBUTE_TYPE type,
                                                            std::span<std::uint8_t> out) {
  CK_ATTRIBUTE attribute{.type = type, .pValue = out.data(), .ulValueLen = out.size()};
  auto got = read_attribute(object, attribute);
  if (got) {
    KAITO_CHECK(fits(attribute.ulValueLen, out.size(), function::get_attribute_value.name));
    return std::optional<std::size_t>(attribute.ulValueLen);
  }
  // CKR_ATTRIBUTE_TYPE_INVALID sets the length to CK_UNAVAILABLE_INFORMATION (§5.7); so do sensitive attributes.
  if (got.error().kind == ReturnClass::fatal && attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION)
    return std::optional<std::size_t>();
  return fail(std::move(got).error());
}

TokenResult<std::optional<std::size_t>> Session::read_twice(ObjectHandle object, CK_ATTRIBUTE_TYPE type,
                                                            std::span<std::uint8_t> out) {
  Bytes again(out.size());
  KAITO_TRY(const auto first, read_up_to(object, type, out));
  KAITO_TRY(const auto second, read_up_to(object, type, again));
  if (first == second && std::ranges::equal(out.first(first.value_or(0)), std::span(again).first(second.value_or(0))))
    return first;
  return fail(
      Failure({.code = Code::hsm_unavailable, .detail = "two readings of an attribute disagree"}, ReturnClass::reopen));
}

TokenResult<std::optional<Bytes>> Session::bytes(ObjectHandle object, CK_ATTRIBUTE_TYPE type) {
  Bytes value(kMaxAttribute);
  KAITO_TRY(const auto size, read_twice(object, type, value));
  if (!size) return std::nullopt;
  value.resize(*size);
  return value;
}

TokenOutcome Session::value(ObjectHandle object, std::span<std::uint8_t> out) {
  KAITO_TRY(const auto size, read_up_to(object, CKA_VALUE, out));
  if (size && *size == out.size()) return {};
  return fail(Failure(Error{.code = Code::hsm_unsupported, .detail = "a key's value cannot be read"}));
}

TokenResult<std::optional<bool>> Session::flag(ObjectHandle object, CK_ATTRIBUTE_TYPE type) {
  ByteArray<sizeof(CK_BBOOL)> value{};
  KAITO_TRY(const auto size, read_twice(object, type, value));
  if (!size || *size != value.size()) return std::nullopt;
  return value.front() != CK_FALSE;
}

// NSS gives a number into a buffer of its own size only.
TokenResult<std::optional<CK_ULONG>> Session::number(ObjectHandle object, CK_ATTRIBUTE_TYPE type) {
  ByteArray<sizeof(CK_ULONG)> value{};
  KAITO_TRY(const auto size, read_twice(object, type, value));
  if (!size || *size != value.size()) return std::nullopt;
  CK_ULONG number = 0;
  std::memcpy(&number, value.data(), sizeof number);
  return number;
}

TokenResult<ObjectHandle> Session::generate_key(CK_MECHANISM* mechanism, AttributeTemplate attributes) {
  ObjectHandle key{.value = CK_INVALID_HANDLE, .epoch = epoch_};
  KAITO_CHECK(
      cryptoki_.call(function::generate_key, handle_, mechanism, attributes.data(), attributes.size(), &key.value));
  return key;
}

TokenResult<Session::KeyPair> Session::generate_key_pair(CK_MECHANISM* mechanism, AttributeTemplate public_attributes,
                                                         AttributeTemplate private_attributes) {
  KeyPair pair{.public_key = {.epoch = epoch_}, .private_key = {.epoch = epoch_}};
  KAITO_CHECK(cryptoki_.call(function::generate_key_pair, handle_, mechanism, public_attributes.data(),
                             public_attributes.size(), private_attributes.data(), private_attributes.size(),
                             &pair.public_key.value, &pair.private_key.value));
  return pair;
}

TokenResult<Bytes> Session::wrap(CK_MECHANISM* mechanism, ObjectHandle wrapping_key, ObjectHandle key) {
  KAITO_CHECK(usable(wrapping_key));
  KAITO_CHECK(usable(key));
  Bytes wrapped(kMaxWrappedKey);
  CK_ULONG size = wrapped.size();
  KAITO_CHECK(
      cryptoki_.call(function::wrap_key, handle_, mechanism, wrapping_key.value, key.value, wrapped.data(), &size));
  KAITO_CHECK(fits(size, wrapped.size(), function::wrap_key.name));
  wrapped.resize(size);
  return wrapped;
}

TokenResult<ObjectHandle> Session::unwrap(CK_MECHANISM* mechanism, ObjectHandle unwrapping_key, ByteView wrapped,
                                          AttributeTemplate attributes) {
  KAITO_CHECK(usable(unwrapping_key));
  ObjectHandle key{.value = CK_INVALID_HANDLE, .epoch = epoch_};
  KAITO_CHECK(cryptoki_.call(function::unwrap_key, handle_, mechanism, unwrapping_key.value, mutable_data(wrapped),
                             CK_ULONG{wrapped.size()}, attributes.data(), attributes.size(), &key.value));
  return key;
}

TokenResult<std::size_t> Session::encrypt(CK_MECHANISM* mechanism, ObjectHandle key, ByteView plaintext,
                                          std::span<std::uint8_t> out) {
  KAITO_CHECK(usable(key));
  KAITO_CHECK(cryptoki_.call(function::encrypt_init, handle_, mechanism, key.value));
  CK_ULONG size = out.size();
  KAITO_CHECK(cryptoki_.call(function::encrypt, handle_, mutable_data(plaintext), CK_ULONG{plaintext.size()},
                             out.data(), &size));
  KAITO_CHECK(fits(size, out.size(), function::encrypt.name));
  return size;
}

TokenResult<std::size_t> Session::decrypt(CK_MECHANISM* mechanism, ObjectHandle key, ByteView ciphertext,
                                          std::span<std::uint8_t> out) {
  KAITO_CHECK(usable(key));
  KAITO_CHECK(cryptoki_.call(function::decrypt_init, handle_, mechanism, key.value));
  CK_ULONG size = out.size();
  KAITO_CHECK(cryptoki_.call(function::decrypt, handle_, mutable_data(ciphertext), CK_ULONG{ciphertext.size()},
                             out.data(), &size));
  KAITO_CHECK(fits(size, out.size(), function::decrypt.name));
  return size;
}

TokenResult<std::size_t> Session::sign(CK_MECHANISM* mechanism, ObjectHandle key, ByteView message,
                                       std::span<std::uint8_t> out) {
  KAITO_CHECK(usable(key));
  KAITO_CHECK(cryptoki_.call(function::sign_init, handle_, mechanism, key.value));
  CK_ULONG size = out.size();
  KAITO_CHECK(
      cryptoki_.call(function::sign, handle_, mutable_data(message), CK_ULONG{message.size()}, out.data(), &size));
  KAITO_CHECK(fits(size, out.size(), function::sign.name));
  return size;
}

TokenOutcome Session::verify(CK_MECHANISM* mechanism, ObjectHandle key, ByteView message, ByteView signature) {
  KAITO_CHECK(usable(key));
  KAITO_CHECK(cryptoki_.call(function::verify_init, handle_, mechanism, key.value));
  return cryptoki_.call(function::verify, handle_, mutable_data(message), CK_ULONG{message.size()},
                        mutable_data(signature), CK_ULONG{signature.size()});
}

OwnedObject& OwnedObject::operator=(OwnedObject&& other) noexcept {
  if (this != &other) {
    reset();
    session_ = std::exchange(other.session_, nullptr);
    handle_ = other.handle_;
  }
  return *this;
}

void OwnedObject::reset() noexcept {
  // Session objects end with their session: one that is refused now is gone.
  if (session_) static_cast<void>(session_->destroy(handle_));
  session_ = nullptr;
}

}  // namespace kaito::hsm
