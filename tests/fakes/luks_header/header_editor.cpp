#include "tests/fakes/luks_header/header_editor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "appliance/base/unique_fd.hpp"
#include "luks/header/header_copies.hpp"

namespace kaito::test {
namespace {

constexpr std::size_t kBinaryBytes = 4096;
constexpr std::size_t kSequenceAt = 16;
constexpr std::size_t kChecksumAt = 0x1c0;

Result<UniqueFd> open_device(const std::filesystem::path& device) {
  UniqueFd file(::open(device.c_str(), O_RDWR | O_CLOEXEC));
  if (!file) return fail(Code::not_found, device.string());
  return file;
}

Result<luks::HeaderCopy> copy_in_force(int file) {
  KAITO_TRY(const luks::HeaderCopies copies, luks::read_header_copies(file));
  const bool second = !copies[0] || (copies[1] && copies[1]->sequence > copies[0]->sequence);
  return *copies[second ? 1 : 0];
}

Status write_copy(int file, std::size_t at, std::size_t size, std::uint64_t sequence, const std::string& json) {
  Bytes copy(size);
  if (::pread(file, copy.data(), kBinaryBytes, static_cast<off_t>(at)) != static_cast<ssize_t>(kBinaryBytes))
    return fail(Code::storage_failed, "reading the binary header");
  for (std::size_t i = 0; i < 8; ++i) copy[kSequenceAt + i] = static_cast<std::uint8_t>(sequence >> (56 - 8 * i));
  std::ranges::copy(as_bytes(json), copy.begin() + kBinaryBytes);
  std::fill_n(copy.begin() + kChecksumAt, 64, std::uint8_t{0});
  ByteArray<32> digest;
  if (EVP_Digest(copy.data(), copy.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
    return fail(Code::internal, "SHA-256");
  std::ranges::copy(digest, copy.begin() + kChecksumAt);
  if (::pwrite(file, copy.data(), copy.size(), static_cast<off_t>(at)) != static_cast<ssize_t>(copy.size()))
    return fail(Code::storage_failed, "writing the header");
  return {};
}

}  // namespace

Result<boost::json::object> read_metadata(const std::filesystem::path& device) {
  KAITO_TRY(const UniqueFd file, open_device(device));
  KAITO_TRY(const luks::HeaderCopy copy, copy_in_force(file.get()));
  return boost::json::parse(copy.json).as_object();
}

Status write_metadata(const std::filesystem::path& device, const std::string& json) {
  KAITO_TRY(const UniqueFd file, open_device(device));
  KAITO_TRY(const luks::HeaderCopy copy, copy_in_force(file.get()));
  if (json.size() > copy.header_bytes - kBinaryBytes) return fail(Code::payload_too_large, "the JSON does not fit");
  for (const std::size_t at : {std::size_t{0}, static_cast<std::size_t>(copy.header_bytes)})
    KAITO_CHECK(write_copy(file.get(), at, copy.header_bytes, copy.sequence + 1, json));
  return {};
}

Status damage_copy(const std::filesystem::path& device, int copy) {
  KAITO_TRY(const UniqueFd file, open_device(device));
  KAITO_TRY(const luks::HeaderCopy header, copy_in_force(file.get()));
  const auto at = static_cast<off_t>(copy == 0 ? 0 : header.header_bytes) + static_cast<off_t>(kBinaryBytes);
  const std::string half = "{ half of a wri";
  if (::pwrite(file.get(), half.data(), half.size(), at) != static_cast<ssize_t>(half.size()))
    return fail(Code::storage_failed, "damaging the header");
  return {};
}

}  // namespace kaito::test
