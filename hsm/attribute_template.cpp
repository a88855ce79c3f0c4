#include "hsm/attribute_template.hpp"

#include <cstring>

namespace kaito::hsm {

AttributeTemplate&& AttributeTemplate::flag(CK_ATTRIBUTE_TYPE type, bool value) && {
  const CK_BBOOL byte = value ? CK_TRUE : CK_FALSE;
  return std::move(*this).bytes(type, {&byte, 1});
}

AttributeTemplate&& AttributeTemplate::number(CK_ATTRIBUTE_TYPE type, CK_ULONG value) && {
  ByteArray<sizeof value> raw{};
  std::memcpy(raw.data(), &value, sizeof value);
  return std::move(*this).bytes(type, raw);
}

AttributeTemplate&& AttributeTemplate::bytes(CK_ATTRIBUTE_TYPE type, ByteView value) && {
  WipedBytes& kept = values_.emplace_back(value.begin(), value.end());
  list_.push_back({.type = type, .pValue = kept.data(), .ulValueLen = kept.size()});
  return std::move(*this);
}

}  // namespace kaito::hsm
