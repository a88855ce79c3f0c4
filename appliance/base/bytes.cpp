#include "appliance/base/bytes.hpp"

#include <sodium.h>

namespace kaito {
namespace {

std::string encode_base64(ByteView bytes, int variant) {
  std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
  text.pop_back();  // the terminating NUL that libsodium counts
  return text;
}

Result<Bytes> decode_base64(std::string_view text, int variant) {
  Bytes bytes(text.size() / 4 * 3 + 3);
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size, &end, variant) != 0 ||
      end != text.data() + text.size())
    return fail(Code::invalid_request, "not base64");
  bytes.resize(size);
  // libsodium takes some bytes above 0x7f for digits: one value must have one spelling.
  if (encode_base64(bytes, variant) != text) return fail(Code::invalid_request, "not base64");
  return bytes;
}

template <class Integer>
void append_integer(Bytes& out, Integer value) {
  for (int shift = static_cast<int>(sizeof(Integer)) * 8 - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(value >> shift));
}

template <class Integer>
Result<Integer> read_integer(ByteReader& reader) {
  KAITO_TRY(const ByteView bytes, reader.take(sizeof(Integer)));
  std::uint64_t value = 0;
  for (const auto byte : bytes) value = value << 8 | byte;
  return static_cast<Integer>(value);
}

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.pop_back();
  return text;
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.empty()) return Bytes{};  // libsodium takes no null pointer
  Bytes bytes(text.size() / 2);
  std::size_t size = 0;
  const char* end = nullptr;
  if (text.size() % 2 != 0 ||
      sodium_hex2bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size, &end) != 0 ||
      end != text.data() + text.size())
    return fail(Code::invalid_request, "not hex");
  bytes.resize(size);
  return bytes;
}

std::string to_base64url(ByteView bytes) { return encode_base64(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING); }
Result<Bytes> from_base64url(std::string_view text) {
  return decode_base64(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
std::string to_base64(ByteView bytes) { return encode_base64(bytes, sodium_base64_VARIANT_ORIGINAL); }
Result<Bytes> from_base64(std::string_view text) { return decode_base64(text, sodium_base64_VARIANT_ORIGINAL); }

void append_u8(Bytes& out, std::uint8_t value) { out.push_back(value); }
void append_u16(Bytes& out, std::uint16_t value) { append_integer(out, value); }
void append_u32(Bytes& out, std::uint32_t value) { append_integer(out, value); }
void append_u64(Bytes& out, std::uint64_t value) { append_integer(out, value); }
void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

Result<std::uint8_t> ByteReader::u8() { return read_integer<std::uint8_t>(*this); }
Result<std::uint16_t> ByteReader::u16() { return read_integer<std::uint16_t>(*this); }
Result<std::uint32_t> ByteReader::u32() { return read_integer<std::uint32_t>(*this); }
Result<std::uint64_t> ByteReader::u64() { return read_integer<std::uint64_t>(*this); }

Result<ByteView> ByteReader::take(std::size_t count) {
  if (count > rest_.size()) return fail(Code::integrity, "input ends too early");
  const ByteView head = rest_.first(count);
  rest_ = rest_.subspan(count);
  return head;
}

Status ByteReader::finish() const {
  if (!rest_.empty()) return fail(Code::integrity, "bytes left after the end of the format");
  return {};
}

}  // namespace kaito
