#include "hsm/key_uri.hpp"

#include <fmt/format.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include "hsm/protocol/messages.hpp"

namespace kaito::hsm {
namespace {

constexpr std::size_t kMaxName = 255;  // bytes of `object` and of `id`

Error wrong_key_uri(std::string_view why) {
  return {.code = Code::invalid_request, .detail = fmt::format("the key's URI {}", why)};
}

ByteView value_of(const CK_ATTRIBUTE& attribute) {
  return {static_cast<const std::uint8_t*>(attribute.pValue), attribute.ulValueLen};
}

// An attribute that may be absent, but not empty or huge.
Result<ByteView> named(p11_kit_uri* uri, CK_ATTRIBUTE_TYPE type, std::string_view name) {
  const CK_ATTRIBUTE* attribute = p11_kit_uri_get_attribute(uri, type);
  if (attribute == nullptr) return ByteView{};
  if (attribute->ulValueLen < 1 || attribute->ulValueLen > kMaxName)
    return fail(wrong_key_uri(fmt::format("has a `{}` that is not of 1 to {} bytes", name, kMaxName)));
  return value_of(*attribute);
}

Result<std::optional<KeyKind>> kind_of(p11_kit_uri* uri) {
  const CK_ATTRIBUTE* type = p11_kit_uri_get_attribute(uri, CKA_CLASS);
  if (type == nullptr) return std::nullopt;
  CK_OBJECT_CLASS kind = 0;
  if (type->ulValueLen == sizeof kind) std::memcpy(&kind, type->pValue, sizeof kind);
  if (kind == CKO_SECRET_KEY) return KeyKind::secret;
  if (kind == CKO_PRIVATE_KEY) return KeyKind::pair;
  return fail(wrong_key_uri("has a `type` other than secret-key and private"));
}

}  // namespace

void KeyUri::Free::operator()(p11_kit_uri* uri) const noexcept { p11_kit_uri_free(uri); }

Result<KeyUri> KeyUri::parse(std::string_view text) {
  if (text.size() > kMaxKeyUri) return fail(wrong_key_uri("is too long"));
  if (text.find('?') != std::string_view::npos) return fail(wrong_key_uri("must end before the question mark"));
  KeyUri uri;
  uri.text_ = text;
  uri.uri_.reset(p11_kit_uri_new());
  const int parsed = p11_kit_uri_parse(uri.text_.c_str(), P11_KIT_URI_FOR_OBJECT_ON_TOKEN, uri.uri_.get());
  if (parsed != P11_KIT_URI_OK) return fail(wrong_key_uri(p11_kit_uri_message(parsed)));
  if (p11_kit_uri_any_unrecognized(uri.uri_.get()))
    return fail(wrong_key_uri("has an attribute that is not known here"));
  KAITO_TRY(uri.kind_, kind_of(uri.uri_.get()));
  KAITO_TRY(const ByteView label, named(uri.uri_.get(), CKA_LABEL, "object"));
  KAITO_TRY(const ByteView id, named(uri.uri_.get(), CKA_ID, "id"));
  if (label.empty() && id.empty()) return fail(wrong_key_uri("names no key: `object` or `id` is missing"));
  if (!label.empty()) uri.label_ = as_text(label);
  if (!id.empty()) uri.id_ = Bytes(id.begin(), id.end());
  return uri;
}

bool KeyUri::matches(const CK_TOKEN_INFO& token) const { return p11_kit_uri_match_token_info(uri_.get(), &token) == 1; }

AttributeTemplate KeyUri::attributes(KeyKind kind) const {
  return name().number(CKA_CLASS, kind == KeyKind::pair ? CKO_PRIVATE_KEY : CKO_SECRET_KEY);
}

AttributeTemplate KeyUri::name() const {
  AttributeTemplate attributes = AttributeTemplate().flag(CKA_TOKEN, true);
  if (label_) std::move(attributes).text(CKA_LABEL, *label_);
  if (id_) std::move(attributes).bytes(CKA_ID, *id_);
  return attributes;
}

}  // namespace kaito::hsm
