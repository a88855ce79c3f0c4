// Identifiers: UUIDv7 (RFC 9562 §5.7), one type per kind of object, so that a SeedId is never passed where an OrgId is
// meant.
#pragma once

#include <array>
#include <compare>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "appliance/base/bytes.hpp"
#include "appliance/base/random.hpp"
#include "appliance/base/time.hpp"

namespace kaito {

// 16 bytes in network order; compares in order of creation to the millisecond.
using UuidBytes = ByteArray<16>;

UuidBytes make_uuid_v7(TimePoint now, Random& random);
std::string uuid_to_string(const UuidBytes& bytes);
// The same without an allocation.
using UuidText = std::array<char, 36>;
UuidText uuid_text(const UuidBytes& bytes) noexcept;
// Accepts only the canonical lower-case form with hyphens: one object has one name.
Result<UuidBytes> uuid_from_string(std::string_view text);

template <class Tag>
class Id {
 public:
  Id() = default;  // the nil UUID: no object
  explicit Id(const UuidBytes& bytes) noexcept : bytes_(bytes) {}

  static Id make(const Clock& clock, Random& random) { return Id(make_uuid_v7(clock.now(), random)); }
  static Result<Id> parse(std::string_view text) {
    KAITO_TRY(const UuidBytes bytes, uuid_from_string(text));
    return Id(bytes);
  }
  // For bytes read from the database or a frame: exactly 16.
  static Result<Id> from_bytes(ByteView bytes) {
    if (bytes.size() != 16) return fail(Code::integrity, "identifier is not 16 bytes");
    UuidBytes copy{};
    std::memcpy(copy.data(), bytes.data(), copy.size());
    return Id(copy);
  }

  [[nodiscard]] const UuidBytes& bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool is_nil() const noexcept { return bytes_ == UuidBytes{}; }
  [[nodiscard]] std::string str() const { return uuid_to_string(bytes_); }
  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  UuidBytes bytes_{};
};

using OrgId = Id<struct OrgTag>;
using MemberId = Id<struct MemberTag>;
using GroupId = Id<struct GroupTag>;
using SeedId = Id<struct SeedTag>;
using StaffId = Id<struct StaffTag>;
using ApprovalId = Id<struct ApprovalTag>;
using CredentialRowId = Id<struct CredentialRowTag>;
using ApiKeyId = Id<struct ApiKeyTag>;
using SessionId = Id<struct SessionTag>;
using RequestId = Id<struct RequestTag>;

// 1-based version of a KEK or of the audit signing key. 0 means none.
using KeyVersion = std::uint32_t;

}  // namespace kaito

template <class Tag>
struct std::hash<kaito::Id<Tag>> {
  std::size_t operator()(const kaito::Id<Tag>& id) const noexcept {
    // The low half of a UUIDv7 is random; that is hash enough.
    std::size_t value = 0;
    std::memcpy(&value, id.bytes().data() + 8, sizeof value);
    return value;
  }
};
