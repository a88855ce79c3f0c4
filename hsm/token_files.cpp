#include "hsm/token_files.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include "appliance/base/file.hpp"

namespace kaito::hsm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "kaito token copy 1\n";
constexpr std::size_t kMaxFiles = 4096;
constexpr std::size_t kMaxTotal = std::size_t{16} << 20;
constexpr std::size_t kMaxPath = 255;

ByteArray<32> hash_of(ByteView bytes) {
  ByteArray<32> hash{};
  crypto_generichash(hash.data(), hash.size(), bytes.data(), bytes.size(), nullptr, 0);
  return hash;
}

Status add_files(const fs::path& root, const fs::path& below, TokenFiles& files, std::size_t& total) {
  std::error_code error;
  for (fs::directory_iterator entry(root / below, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path path = below / entry->path().filename();
    if (entry->is_symlink() || path.extension() == ".lock") continue;
    if (entry->is_directory() && below.empty()) KAITO_CHECK(add_files(root, path, files, total));
    if (!entry->is_regular_file()) continue;
    KAITO_TRY(const std::string content, read_file(entry->path(), kMaxTotal));
    total += content.size();
    if (total > kMaxTotal || files.size() == kMaxFiles || path.string().size() > kMaxPath)
      return fail(Code::storage_failed, fmt::format("token directory {} is too large", root.string()));
    const ByteView bytes = as_bytes(content);
    files.emplace(path.string(), Bytes(bytes.begin(), bytes.end()));
  }
  if (error) return fail(Code::storage_failed, fmt::format("{}: {}", (root / below).string(), error.message()));
  return {};
}

// Not out of the directory, not absolute: what the copy says is written to disk.
bool is_plain(const std::string& path) {
  const fs::path parsed(path);
  return !path.empty() && parsed.is_relative() && parsed.lexically_normal() == parsed && !path.starts_with("..") &&
         path.find('\0') == std::string::npos;
}

}  // namespace

bool is_object_file(const std::string& path) { return path.ends_with(".object"); }

Result<TokenFiles> read_token_files(const fs::path& directory) {
  TokenFiles files;
  std::size_t total = 0;
  KAITO_CHECK(add_files(directory, {}, files, total));
  return files;
}

Bytes serialize_token_files(const TokenFiles& files) {
  Bytes text;
  append(text, as_bytes(kMagic));
  append_u32(text, static_cast<std::uint32_t>(files.size()));
  for (const auto& [path, content] : files) {
    append_u16(text, static_cast<std::uint16_t>(path.size()));
    append(text, as_bytes(path));
    append_u32(text, static_cast<std::uint32_t>(content.size()));
    append(text, content);
  }
  append(text, hash_of(text));
  return text;
}

Result<TokenFiles> parse_token_files(ByteView text) {
  ByteReader reader(text);
  KAITO_TRY(const ByteView magic, reader.take(kMagic.size()));
  if (as_text(magic) != kMagic) return fail(Code::integrity, "not a token copy");
  KAITO_TRY(const std::uint32_t count, reader.u32());
  if (count > kMaxFiles) return fail(Code::integrity, "token copy has too many files");
  TokenFiles files;
  for (std::uint32_t i = 0; i < count; ++i) {
    KAITO_TRY(const std::uint16_t path_size, reader.u16());
    KAITO_TRY(const ByteView path_bytes, reader.take(path_size));
    std::string path(as_text(path_bytes));
    if (path.size() > kMaxPath || !is_plain(path)) return fail(Code::integrity, "token copy has a wrong path");
    KAITO_TRY(const std::uint32_t size, reader.u32());
    KAITO_TRY(const ByteView content, reader.take(size));
    files.emplace(std::move(path), Bytes(content.begin(), content.end()));
  }
  const std::size_t hashed = text.size() - reader.remaining();
  KAITO_TRY(const ByteView hash, reader.take(32));
  KAITO_CHECK(reader.finish());
  if (!std::ranges::equal(hash, hash_of(text.first(hashed)))) return fail(Code::integrity, "token copy is damaged");
  return files;
}

}  // namespace kaito::hsm
