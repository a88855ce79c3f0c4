#include "hsm/protocol/frame.hpp"

#include <fmt/format.h>

#include <cstring>

#include "appliance/base/invariant.hpp"

namespace kaito::hsm {
namespace {

constexpr std::size_t kLengthSize = 4;
constexpr std::size_t kLengthOfEmptyPayload = kFrameHeaderSize - kLengthSize;

}  // namespace

FrameWriter::FrameWriter(WipedBytes& out, std::uint64_t id, Op op) : out_(out), start_(out.size()), payload_(out) {
  payload_.u32(0);  // the destructor knows it
  payload_.u8(kProtocolVersion);
  payload_.u64(id);
  payload_.u16(static_cast<std::size_t>(op));
}

FrameWriter::~FrameWriter() {
  const std::size_t length = out_.size() - start_ - kLengthSize;
  KAITO_INVARIANT(length <= kLengthOfEmptyPayload + kMaxPayload);
  for (std::size_t i = 0; i < kLengthSize; ++i)
    out_[start_ + i] = static_cast<std::uint8_t>(length >> (8 * (kLengthSize - 1 - i)));
}

void FrameBuffer::drop_given_out() noexcept {
  wipe(std::span(memory_).subspan(begin_, given_));
  begin_ += std::exchange(given_, 0);
  if (begin_ == end_) begin_ = end_ = 0;
}

std::span<std::uint8_t> FrameBuffer::space() {
  drop_given_out();
  if (begin_ > 0) {
    const std::size_t waiting = end_ - begin_;
    std::memmove(memory_.data(), memory_.data() + begin_, waiting);
    wipe(std::span(memory_).subspan(waiting, end_ - waiting));
    begin_ = 0;
    end_ = waiting;
  }
  return std::span(memory_).subspan(end_);
}

void FrameBuffer::received(std::size_t count) noexcept {
  KAITO_INVARIANT(count <= memory_.size() - end_);
  end_ += count;
}

Result<std::optional<Frame>> FrameBuffer::next() {
  drop_given_out();
  const ByteView waiting = std::span(memory_).subspan(begin_, end_ - begin_);
  if (waiting.size() < kLengthSize + 1) return std::nullopt;
  ByteReader reader(waiting);
  KAITO_TRY(const std::uint32_t length, reader.u32());
  if (length < kLengthOfEmptyPayload || length > kLengthOfEmptyPayload + kMaxPayload)
    return fail(Code::invalid_request, fmt::format("frame of {} bytes", length));
  KAITO_TRY(const std::uint8_t version, reader.u8());
  if (version != kProtocolVersion)
    return fail(Code::invalid_request, fmt::format("protocol version {}, not {}", version, kProtocolVersion));
  if (waiting.size() < kLengthSize + length) return std::nullopt;
  Frame frame;
  KAITO_TRY(frame.id, reader.u64());
  KAITO_TRY(frame.op, reader.u16());
  KAITO_TRY(frame.payload, reader.take(length - kLengthOfEmptyPayload));
  given_ = kLengthSize + length;
  return frame;
}

}  // namespace kaito::hsm
