#include "appliance/store/sqlite/page_cursor.hpp"

#include <fmt/format.h>

#include "appliance/store/sqlite/limits.hpp"

namespace kaito::store::sqlite {
namespace {

constexpr std::size_t kLongestCursor = 8192;  // two folded labels and their frame, in base64
constexpr std::size_t kSumSize = 4;

// FNV-1a, 32 bits.
std::uint32_t check_sum(Listing listing, ByteView scope, ByteView key) {
  std::uint32_t sum = 2166136261U;
  const auto add = [&sum](std::uint8_t byte) { sum = (sum ^ byte) * 16777619U; };
  add(static_cast<std::uint8_t>(listing));
  for (const std::uint8_t byte : scope) add(byte);
  for (const std::uint8_t byte : key) add(byte);
  return sum;
}

std::unexpected<Error> bad_cursor() { return fail_invalid("cursor", "is not one that this listing gave"); }

}  // namespace

Status check_limit(const PageRequest& page) {
  if (page.limit >= 1 && page.limit <= limits::kPageRows) return {};
  return fail_invalid("limit", fmt::format("must be from 1 to {}", limits::kPageRows));
}

std::string make_cursor(Listing listing, ByteView scope, ByteView key) {
  Bytes out;
  out.reserve(1 + key.size() + kSumSize);
  append_u8(out, static_cast<std::uint8_t>(listing));
  append(out, key);
  append_u32(out, check_sum(listing, scope, key));
  return to_base64url(out);
}

Result<std::optional<Bytes>> read_cursor(Listing listing, ByteView scope, const PageRequest& page) {
  if (!page.cursor) return std::nullopt;
  if (page.cursor->size() > kLongestCursor) return bad_cursor();
  const auto bytes = from_base64url(*page.cursor);
  if (!bytes || bytes->size() < 1 + kSumSize || bytes->front() != static_cast<std::uint8_t>(listing))
    return bad_cursor();
  const ByteView key(bytes->data() + 1, bytes->size() - 1 - kSumSize);
  ByteReader tail(ByteView(*bytes).last(kSumSize));
  KAITO_TRY(const std::uint32_t sum, tail.u32());
  if (sum != check_sum(listing, scope, key)) return bad_cursor();
  return Bytes(key.begin(), key.end());
}

Result<UuidBytes> read_id_cursor(Listing listing, ByteView scope, const PageRequest& page) {
  KAITO_TRY(const auto key, read_cursor(listing, scope, page));
  UuidBytes after{};
  if (!key) return after;
  if (key->size() != after.size()) return bad_cursor();
  std::copy(key->begin(), key->end(), after.begin());
  return after;
}

}  // namespace kaito::store::sqlite
