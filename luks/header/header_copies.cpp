#include "luks/header/header_copies.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace kaito::luks {
namespace {

constexpr std::size_t kChecksumAt = 0x1c0;
constexpr std::size_t kHeaderChecksumBytes = 64;
constexpr ByteArray<6> kPrimaryMagic{'L', 'U', 'K', 'S', 0xba, 0xbe};
constexpr ByteArray<6> kSecondaryMagic{'S', 'K', 'U', 'L', 0xba, 0xbe};
constexpr std::array<std::size_t, 3> kSizes{16 * 1024, 32 * 1024, 64 * 1024};

std::unexpected<Error> refuse(std::string_view why) {
  return fail(Code::integrity, fmt::format("LUKS header refused: {}", why));
}

// A NUL-terminated field of fixed size.
std::string_view field(ByteView header, std::size_t at, std::size_t size) {
  const std::string_view whole = as_text(header.subspan(at, size));
  return whole.substr(0, whole.find('\0'));
}

bool has_magic(ByteView device, std::size_t at, const ByteArray<6>& magic) {
  return device.size() >= at + kBinaryBytes && std::ranges::equal(device.subspan(at, magic.size()), magic);
}

// SHA-256 over binary header and JSON area, with zeros in the checksum's place.
bool checksum_matches(ByteView copy) {
  constexpr ByteArray<kHeaderChecksumBytes> kZeros{};
  ByteArray<EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  const ByteView tail = copy.subspan(kChecksumAt + kHeaderChecksumBytes);
  const bool hashed = context && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1 &&
                      EVP_DigestUpdate(context, copy.data(), kChecksumAt) == 1 &&
                      EVP_DigestUpdate(context, kZeros.data(), kZeros.size()) == 1 &&
                      EVP_DigestUpdate(context, tail.data(), tail.size()) == 1 &&
                      EVP_DigestFinal_ex(context, digest.data(), &size) == 1;
  EVP_MD_CTX_free(context);
  return hashed && std::ranges::equal(copy.subspan(kChecksumAt, size), ByteView(digest).first(size));
}

// The copy at `at`; none when it is not whole.
Result<std::optional<HeaderCopy>> parse_copy(ByteView device, std::size_t at, const ByteArray<6>& magic) {
  if (!has_magic(device, at, magic)) return std::nullopt;
  ByteReader reader(device.subspan(at + magic.size()));
  KAITO_TRY(const std::uint16_t version, reader.u16());
  KAITO_TRY(const std::uint64_t size, reader.u64());
  KAITO_TRY(const std::uint64_t sequence, reader.u64());
  if (version != 2) return refuse(fmt::format("version {}, not 2", version));
  if (std::ranges::find(kSizes, size) == kSizes.end()) return refuse(fmt::format("a header of {} bytes", size));
  if (device.size() - at < size) return std::nullopt;
  const ByteView copy = device.subspan(at, size);
  if (field(copy, 0x48, 32) != "sha256") return refuse("its checksum is not SHA-256");
  if (!checksum_matches(copy)) return std::nullopt;
  KAITO_TRY(const std::uint64_t offset, ByteReader(copy.subspan(0x100)).u64());
  if (offset != at) return refuse("a copy lies elsewhere than it says");

  const std::string_view area = as_text(copy.subspan(kBinaryBytes));
  const std::string_view json = area.substr(0, area.find('\0'));
  if (area.find_first_not_of('\0', json.size()) != std::string_view::npos) return refuse("bytes after the JSON text");
  return HeaderCopy{.sequence = sequence,
                    .header_bytes = size,
                    .uuid = std::string(field(copy, 0xa8, 40)),
                    .json = std::string(json)};
}

}  // namespace

Result<HeaderCopies> parse_header_copies(ByteView device) {
  HeaderCopies copies;
  bool any_magic = has_magic(device, 0, kPrimaryMagic);
  KAITO_TRY(copies[0], parse_copy(device, 0, kPrimaryMagic));
  // libcryptsetup looks for the secondary copy at every offset that it can have, and so do we.
  for (const std::size_t at : kSizes) {
    any_magic = any_magic || has_magic(device, at, kSecondaryMagic);
    KAITO_TRY(auto copy, parse_copy(device, at, kSecondaryMagic));
    if (!copy) continue;
    if (copy->header_bytes != at || copies[1]) return refuse("more than one secondary copy, or one in a wrong place");
    copies[1] = std::move(copy);
  }
  if (!any_magic) return fail(Code::not_found, "no LUKS2 header");
  if (!copies[0] && !copies[1]) return refuse("both copies are damaged");
  if (copies[0] && copies[1] &&
      (copies[0]->header_bytes != copies[1]->header_bytes || copies[0]->uuid != copies[1]->uuid))
    return refuse("its two copies are of different headers");
  return copies;
}

Result<HeaderCopies> read_header_copies(int fd) {
  Bytes start(2 * kMaxHeaderBytes);
  std::size_t used = 0;
  while (used < start.size()) {
    const ssize_t got = ::pread(fd, start.data() + used, start.size() - used, static_cast<off_t>(used));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return fail(Code::storage_failed,
                  "reading the LUKS header: " + std::error_code(errno, std::generic_category()).message());
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  start.resize(used);
  return parse_header_copies(start);
}

}  // namespace kaito::luks
