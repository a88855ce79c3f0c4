// A CK_ATTRIBUTE list that owns its values.
#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "appliance/base/bytes.hpp"
#include "hsm/pkcs11.hpp"
#include "hsm/protocol/wiped_bytes.hpp"

namespace kaito::hsm {

// Of every RSA pair that is made here.
inline constexpr ByteArray<3> kPublicExponent{0x01, 0x00, 0x01};  // 65537

class AttributeTemplate {
 public:
  AttributeTemplate() = default;
  AttributeTemplate(AttributeTemplate&&) = default;
  AttributeTemplate& operator=(AttributeTemplate&&) = default;
  AttributeTemplate(const AttributeTemplate&) = delete;  // the list points into the values
  AttributeTemplate& operator=(const AttributeTemplate&) = delete;

  AttributeTemplate&& flag(CK_ATTRIBUTE_TYPE type, bool value) &&;
  AttributeTemplate&& number(CK_ATTRIBUTE_TYPE type, CK_ULONG value) &&;
  AttributeTemplate&& bytes(CK_ATTRIBUTE_TYPE type, ByteView value) &&;
  AttributeTemplate&& text(CK_ATTRIBUTE_TYPE type, std::string_view value) && {
    return std::move(*this).bytes(type, as_bytes(value));
  }

  // For C_* functions, which take a pointer to what they do not change.
  [[nodiscard]] CK_ATTRIBUTE* data() noexcept { return list_.data(); }
  [[nodiscard]] CK_ULONG size() const noexcept { return list_.size(); }

 private:
  std::deque<WipedBytes> values_;  // a deque: what the list points to never moves. Keys are among them
  std::vector<CK_ATTRIBUTE> list_;
};

}  // namespace kaito::hsm
