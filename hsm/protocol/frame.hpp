// Frames of the worker protocol, docs/formats/hsm-protocol.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "appliance/base/bytes.hpp"
#include "hsm/protocol/wire.hpp"

namespace kaito::hsm {

inline constexpr std::uint8_t kProtocolVersion = 3;
inline constexpr std::size_t kFrameHeaderSize = 15;  // u32 length, u8 version, u64 id, u16 op
inline constexpr std::size_t kMaxPayload = std::size_t{1} << 20;
inline constexpr std::size_t kMaxFrame = kFrameHeaderSize + kMaxPayload;

// The number of an operation never changes its meaning.
enum class Op : std::uint16_t {
  hello = 1,  // worker → client, once, with id 0: preflight passed, or why not
  status = 2,
  canary = 3,
  create_platform_kek = 4,
  create_org_kek = 5,
  load_org_kek = 6,
  wrap_deks = 7,
  unwrap_deks = 8,
  create_audit_key = 9,
  audit_key = 10,
  sign = 11,
  drain = 12,  // the worker replies and exits
  rewrap_org_keks = 13,
  rewrap_deks = 14,
  destroy_platform_kek = 15,
  destroy_audit_key = 16,
  create_backup_key = 17,
  destroy_backup_key = 18,
  create_wrapping_key = 19,
  wrapping_key = 20,
  destroy_wrapping_key = 21,
  import_org_kek = 22,
  adopt_org_kek = 23,  // in a customer's token
};

struct Frame {
  std::uint64_t id = 0;
  std::uint16_t op = 0;  // an Op's number, perhaps one this build does not know
  ByteView payload;      // a view into the FrameBuffer, valid until its next call
};

// Writes a frame into `out`: the header at once, the payload through payload(), the length at the end of life.
class FrameWriter {
 public:
  FrameWriter(WipedBytes& out, std::uint64_t id, Op op);
  ~FrameWriter();
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;
  WireWriter& payload() noexcept { return payload_; }

 private:
  WipedBytes& out_;
  std::size_t start_;
  WireWriter payload_;
};

// Collects a stream's bytes and gives out its frames. Its memory never grows or moves, and is wiped as frames leave.
class FrameBuffer {
 public:
  FrameBuffer() : memory_(kMaxFrame) {}
  ~FrameBuffer() { wipe(memory_); }
  FrameBuffer(const FrameBuffer&) = delete;
  FrameBuffer& operator=(const FrameBuffer&) = delete;
  // Where the stream's next bytes go; empty only when a whole frame is waiting.
  std::span<std::uint8_t> space();
  void received(std::size_t count) noexcept;
  // The next frame, nothing when it is not complete yet, or an error after which the stream is of no use: wrong
  // version, or a length that is too short or over kMaxPayload.
  Result<std::optional<Frame>> next();

 private:
  void drop_given_out() noexcept;
  Bytes memory_;
  std::size_t begin_ = 0;  // first byte not given out
  std::size_t end_ = 0;    // first byte not received
  std::size_t given_ = 0;  // size of the frame given out last
};

}  // namespace kaito::hsm
