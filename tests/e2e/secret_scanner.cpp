#include "tests/e2e/secret_scanner.hpp"

#include <cstring>
#include <stdexcept>

#include "appliance/base/file.hpp"
#include "tests/scenario/must.hpp"

namespace kaito::test {
namespace {

constexpr std::size_t kMinSecret = 8;
constexpr std::size_t kMaxFile = 256U << 20;

std::string to_base32(ByteView bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const auto byte : bytes) {
    bits = (bits << 8U | byte) & 0xfffU;
    for (count += 8; count >= 5; count -= 5) text.push_back(kAlphabet[bits >> (count - 5) & 31U]);
  }
  if (count > 0) text.push_back(kAlphabet[bits << (5 - count) & 31U]);
  return text;
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  return text;
}
std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return text;
}

// The characters of the base64 text that depend on the secret alone when `shift` other bytes stand before it.
std::string base64_core(ByteView secret, std::size_t shift, std::string (*encode)(ByteView)) {
  Bytes shifted(shift, 0);
  append(shifted, secret);
  std::string text = encode(shifted);
  while (text.ends_with('=')) text.pop_back();
  constexpr std::size_t kMixed[] = {0, 2, 3};  // characters that also hold bits of the bytes before
  text.erase(0, kMixed[shift]);
  if (shifted.size() % 3 != 0) text.pop_back();  // also holds bits of what follows
  return text;
}

}  // namespace

std::vector<SecretScanner::Form> SecretScanner::forms_of(ByteView secret) {
  std::vector<Form> forms{{"raw", std::string(as_text(secret))},
                          {"hex", to_hex(secret)},
                          {"HEX", upper(to_hex(secret))},
                          {"BASE32", to_base32(secret)},
                          {"base32", lower(to_base32(secret))}};
  for (std::size_t shift = 0; shift < 3; ++shift) {
    forms.push_back({fmt::format("base64 after {} bytes", shift), base64_core(secret, shift, &to_base64)});
    forms.push_back({fmt::format("base64url after {} bytes", shift), base64_core(secret, shift, &to_base64url)});
  }
  return forms;
}

void SecretScanner::add(std::string name, ByteView secret) {
  if (secret.size() < kMinSecret) throw std::invalid_argument(name + " is too short to be looked for");
  for (auto& form : forms_of(secret)) needles_.push_back({name + " as " + form.name, std::move(form.text)});
}

std::vector<std::string> SecretScanner::find_in(std::string_view content) const {
  std::vector<std::string> hits;
  for (const auto& needle : needles_)
    if (::memmem(content.data(), content.size(), needle.text.data(), needle.text.size()) != nullptr)
      hits.push_back(needle.name);
  return hits;
}

std::vector<std::string> SecretScanner::find_below(const std::filesystem::path& root,
                                                   const std::vector<std::string>& excluded) const {
  std::vector<std::string> hits;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string name = std::filesystem::relative(entry.path(), root).string();
    if (!entry.is_regular_file() || std::ranges::find(excluded, name) != excluded.end()) continue;
    for (const auto& hit : find_in(must(read_file(entry.path(), kMaxFile)))) hits.push_back(name + ": " + hit);
  }
  return hits;
}

}  // namespace kaito::test
