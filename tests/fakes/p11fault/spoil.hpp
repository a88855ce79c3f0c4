// What a broken module may write: one bit that is wrong, or a size that is.
#pragma once

#include <p11-kit/pkcs11.h>

#include <tuple>
#include <type_traits>

namespace p11fault {

constexpr unsigned long kAbsurd = ~0UL - 1;  // ~0 itself is CK_UNAVAILABLE_INFORMATION

// C_FindObjects: session, objects, their capacity, their count.
using FindObjects = std::tuple<CK_ULONG, CK_ULONG*, CK_ULONG, CK_ULONG*>;

inline bool spoil_attributes(CK_ATTRIBUTE* list, CK_ULONG count, bool size) {
  bool any = false;
  for (CK_ULONG i = 0; i < count; ++i) {
    CK_ATTRIBUTE& attribute = list[i];
    if (!attribute.pValue || attribute.ulValueLen == 0 || attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION) continue;
    any = true;
    if (size)
      attribute.ulValueLen = kAbsurd;
    else
      *static_cast<CK_BYTE*>(attribute.pValue) ^= 1;
  }
  return any;
}

inline bool spoil_bytes(CK_BYTE* bytes, CK_ULONG* size, bool spoil_size) {
  if (!bytes || *size == 0) return false;
  if (spoil_size)
    *size = kAbsurd;
  else
    bytes[0] ^= 1;
  return true;
}

inline bool spoil_number(CK_ULONG* number) {
  *number ^= 1;
  return true;
}

// By the shapes that PKCS#11's functions have. False: the function writes nothing of that kind.
template <class... Arguments>
bool spoil(bool size, Arguments... arguments) {
  const auto all = std::make_tuple(arguments...);
  constexpr std::size_t kCount = sizeof...(Arguments);
  if constexpr (kCount < 2) {
    return false;
  } else {
    const auto last = std::get<kCount - 1>(all);
    const auto before = std::get<kCount - 2>(all);
    using LastType = std::remove_const_t<decltype(last)>;
    using BeforeType = std::remove_const_t<decltype(before)>;
    if constexpr (kCount == 4 && std::is_same_v<LastType, CK_ULONG> && std::is_same_v<BeforeType, CK_ATTRIBUTE*>) {
      // C_GetAttributeValue; C_SetAttributeValue has the same shape and is not used here.
      return spoil_attributes(before, last, size);
    } else if constexpr (std::is_same_v<LastType, CK_ULONG*> && std::is_same_v<BeforeType, CK_BYTE*>) {
      return spoil_bytes(before, last, size);
    } else if constexpr (std::is_same_v<LastType, CK_ULONG*> && std::is_same_v<BeforeType, CK_ULONG*>) {
      // Two handles (C_GenerateKeyPair), or a list and its length (C_GetSlotList).
      return before && spoil_number(size ? last : before);
    } else if constexpr (std::is_same_v<std::tuple<Arguments...>, FindObjects>) {
      if (!size) return *last > 0 && spoil_number(std::get<1>(all));
      *last = kAbsurd;
      return true;
    } else if constexpr (std::is_same_v<LastType, CK_ULONG*>) {
      return !size && spoil_number(last);
    } else if constexpr (std::is_same_v<LastType, CK_TOKEN_INFO*> || std::is_same_v<LastType, CK_MECHANISM_INFO*>) {
      if (!size) *reinterpret_cast<CK_BYTE*>(last) ^= 1;
      return !size;
    } else {
      return false;
    }
  }
}

}  // namespace p11fault
