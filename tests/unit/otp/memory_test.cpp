// F81: what an import or a code leaves in the process's memory.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>

#include "appliance/otp/one_time_code.hpp"
#include "import_vectors.hpp"

namespace kaito::otp {
namespace {

// Kept in a disguise, so that the scan does not find the pattern itself.
class Pattern {
 public:
  explicit Pattern(std::string_view text) : bytes_(text.begin(), text.end()) {
    for (auto& c : bytes_) c = static_cast<char>(~c);
  }
  [[nodiscard]] std::size_t count_in(std::span<const char> memory) const {
    std::size_t count = 0;
    for (std::size_t at = 0; at + bytes_.size() <= memory.size(); ++at) {
      std::size_t matched = 0;
      while (matched < bytes_.size() && memory[at + matched] == static_cast<char>(~bytes_[matched])) ++matched;
      count += matched == bytes_.size();
    }
    return count;
  }

 private:
  std::vector<char> bytes_;
};

// The scan itself uses no heap: it would write over what it looks for.
alignas(4096) std::array<char, 65536> window;
alignas(4096) std::array<char, 65536> maps_text;

std::string_view read_maps() {
  const int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  std::size_t size = 0;
  for (ssize_t count = 1; count > 0 && size < maps_text.size(); size += static_cast<std::size_t>(count))
    count = std::max<ssize_t>(0, read(file, maps_text.data() + size, maps_text.size() - size));
  close(file);
  return {maps_text.data(), size};
}

bool is_the_scan_itself(std::uint64_t from, std::uint64_t to) {
  const auto own = reinterpret_cast<std::uint64_t>(window.data());
  return own < to && from < own + window.size();
}

std::size_t count_between(const Pattern& pattern, int memory, std::uint64_t from, std::uint64_t to) {
  constexpr std::uint64_t kStep = 4096;
  constexpr std::uint64_t kOverlap = 64;  // a pattern may lie across two steps
  std::size_t count = 0;
  for (std::uint64_t at = from; at < to; at += kStep) {
    if (is_the_scan_itself(at, at + kStep + kOverlap)) continue;
    const std::size_t wanted = std::min(kStep + kOverlap, to - at);
    const ssize_t size = pread(memory, window.data(), wanted, static_cast<off_t>(at));
    if (size > 0) count += pattern.count_in({window.data(), static_cast<std::size_t>(size)});
  }
  window.fill('\0');
  return count;
}

// Occurrences in all writable memory of this process: heap, stacks, locked slabs, data segments. Guard pages cannot be
// read and are passed over.
std::size_t count_in_memory(const Pattern& pattern) {
  const int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  EXPECT_GE(memory, 0);
  std::size_t count = 0;
  for (std::string_view maps = read_maps(); !maps.empty();) {
    const std::size_t end = std::min(maps.find('\n'), maps.size());
    const char* line = maps.data();
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    const auto dash = std::from_chars(line, line + end, from, 16).ptr;
    const auto space = std::from_chars(dash + 1, line + end, to, 16).ptr;
    if (std::string_view(space, 3) == " rw") count += count_between(pattern, memory, from, to);
    maps.remove_prefix(std::min(end + 1, maps.size()));
  }
  close(memory);
  return count;
}

// Straight into the string: kaito::read_file's buffer on the stack would be found too.
std::string read_without_a_trace(const char* name) {
  const auto path = std::filesystem::path(KAITO_IMPORT_VECTORS) / name;
  std::string content(std::filesystem::file_size(path), '\0');
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(read(file, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  close(file);
  return content;
}

struct Source {
  const char* file;
  const char* password;
};
class Leftovers : public testing::TestWithParam<Source> {};

// The ends of the first account's secret in all of these files, in base32 and raw: the heap writes over the beginning
// of a block that it takes back.
const Pattern kText("FZBAI7C2HLRJGPQ");
const Pattern kRaw("\x84\x08\xf8\xb4\x75\xc5\x26\x7c");

TEST_P(Leftovers, F81HoldNoSecretAfterAnImport) {
#ifdef KAITO_SANITIZED
  GTEST_SKIP() << "a sanitizer keeps copies of its own";
#endif
  std::string content = read_without_a_trace(GetParam().file);
  {
    const auto import = parse_with_password(content, GetParam().password);
    ASSERT_TRUE(import.has_value());
    ASSERT_EQ(to_base32(import->entries[0].secret.expose_secret()).size(), 26U);
    ASSERT_TRUE(totp_code(import->entries[0].secret, import->entries[0].parameters, from_unix_ms(0)).has_value());
    EXPECT_GE(count_in_memory(kRaw), 1U) << "the scan does not find what is there";
  }
  wipe(content);
  EXPECT_EQ(count_in_memory(kText), 0U);
  EXPECT_EQ(count_in_memory(kRaw), 0U);
}

INSTANTIATE_TEST_SUITE_P(Formats, Leftovers,
                         testing::Values(Source{"otpauth_list.txt", ""}, Source{"otpauth_list.json", ""},
                                         Source{"aegis_plain.json", ""}, Source{"aegis_encrypted.json", "test"},
                                         Source{"twofas_plain_v4.2fas", ""}, Source{"twofas_encrypted_v2.2fas", "test"},
                                         Source{"bitwarden.json", ""},
                                         Source{"bitwarden_encrypted_pbkdf2.json", "correct horse"},
                                         Source{"2fauth.json", ""}));

}  // namespace
}  // namespace kaito::otp
