#include "hsm/softhsm_object_file.hpp"

#include <fmt/format.h>

namespace kaito::hsm {
namespace {

constexpr std::size_t kLimit = 64 * 1024;

Status skip_value(ByteReader& reader, std::uint64_t kind) {
  switch (kind) {
    case 1: {
      KAITO_TRY(const std::uint8_t value, reader.u8());
      if (value != 0 && value != 0xff && value != 1)
        return fail(Code::integrity, "a boolean is neither true nor false");
      return {};
    }
    case 2: {
      KAITO_TRY([[maybe_unused]] const auto number, reader.u64());
      return {};
    }
    case 3:
    case 4: {
      KAITO_TRY(const std::uint64_t size, reader.u64());
      KAITO_TRY([[maybe_unused]] const auto value, reader.take(size));
      return {};
    }
    case 5: {
      KAITO_TRY(const std::uint64_t count, reader.u64());
      if (count > kLimit / 8) return fail(Code::integrity, "a set of mechanisms is too long");
      KAITO_TRY([[maybe_unused]] const auto value, reader.take(count * 8));
      return {};
    }
    default: return fail(Code::integrity, fmt::format("a value of kind {}", kind));
  }
}

}  // namespace

Result<std::set<std::uint64_t>> read_softhsm_object(ByteView file) {
  if (file.size() > kLimit) return fail(Code::integrity, "object file is too long");
  ByteReader reader(file);
  KAITO_TRY([[maybe_unused]] const auto generation, reader.u64());
  std::set<std::uint64_t> types;
  while (reader.remaining() > 0) {
    KAITO_TRY(const std::uint64_t type, reader.u64());
    KAITO_TRY(const std::uint64_t kind, reader.u64());
    KAITO_CHECK(skip_value(reader, kind));
    types.insert(type);
  }
  if (types.empty()) return fail(Code::integrity, "object file has no attributes");
  return types;
}

}  // namespace kaito::hsm
