// SHA-256 (FIPS 180-4) without an allocation: OpenSSL 3's one-shot SHA256() fetches the algorithm by name and makes a
// context at every call, which costs more than hashing a record.
#pragma once

#include <initializer_list>

#include "appliance/base/bytes.hpp"

namespace kaito::crypto {

// Of the parts, one after the other. Thread-safe.
ByteArray<32> sha256(std::initializer_list<ByteView> parts) noexcept;

}  // namespace kaito::crypto
