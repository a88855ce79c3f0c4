#include "hsm/protocol/frame.hpp"

#include <gtest/gtest.h>

namespace kaito::hsm {
namespace {

WipedBytes frame_of(std::uint64_t id, Op op, std::size_t payload) {
  WipedBytes out;
  {
    FrameWriter writer(out, id, op);
    writer.payload().raw(Bytes(payload, 0xab));
  }
  return out;
}

void feed(FrameBuffer& buffer, ByteView bytes) {
  const auto space = buffer.space();
  ASSERT_GE(space.size(), bytes.size());
  std::ranges::copy(bytes, space.begin());
  buffer.received(bytes.size());
}

TEST(Frame, IsReadAsItWasWritten) {
  FrameBuffer buffer;
  feed(buffer, frame_of(7, Op::sign, 3));
  const auto frame = buffer.next();
  ASSERT_TRUE(frame);
  ASSERT_TRUE(*frame);
  EXPECT_EQ((*frame)->id, 7u);
  EXPECT_EQ((*frame)->op, static_cast<std::uint16_t>(Op::sign));
  EXPECT_EQ((*frame)->payload.size(), 3u);
  EXPECT_FALSE(*buffer.next());
}

TEST(Frame, IsGivenOutOnlyWhenItIsWhole) {
  const WipedBytes bytes = frame_of(1, Op::canary, 20);
  FrameBuffer buffer;
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    feed(buffer, ByteView(bytes).subspan(i, 1));
    const auto frame = buffer.next();
    ASSERT_TRUE(frame) << "after byte " << i;
    ASSERT_FALSE(*frame) << "after byte " << i;
  }
  feed(buffer, ByteView(bytes).last(1));
  EXPECT_TRUE(*buffer.next());
}

TEST(Frame, SeveralFitIntoOneRead) {
  WipedBytes bytes;
  for (std::uint64_t id = 1; id <= 5; ++id) {
    const FrameWriter writer(bytes, id, Op::canary);
  }
  FrameBuffer buffer;
  feed(buffer, bytes);
  for (std::uint64_t id = 1; id <= 5; ++id) EXPECT_EQ((**buffer.next()).id, id);
  EXPECT_FALSE(*buffer.next());
}

TEST(Frame, OfTheLargestSizePasses) {
  FrameBuffer buffer;
  feed(buffer, frame_of(1, Op::unwrap_deks, kMaxPayload));
  EXPECT_EQ((**buffer.next()).payload.size(), kMaxPayload);
}

TEST(Frame, OverTheLargestSizeIsRefusedBeforeItIsRead) {
  WipedBytes bytes;
  WireWriter out(bytes);
  out.u32(kFrameHeaderSize - 4 + kMaxPayload + 1);
  out.u8(kProtocolVersion);
  FrameBuffer buffer;
  feed(buffer, bytes);
  EXPECT_FALSE(buffer.next());
}

TEST(Frame, ShorterThanItsHeaderIsRefused) {
  WipedBytes bytes;
  WireWriter out(bytes);
  out.u32(kFrameHeaderSize - 4 - 1);
  out.u8(kProtocolVersion);
  FrameBuffer buffer;
  feed(buffer, bytes);
  EXPECT_FALSE(buffer.next());
}

TEST(Frame, OfAnotherVersionIsRefused) {
  WipedBytes bytes = frame_of(1, Op::canary, 0);
  bytes[4] = kProtocolVersion + 1;
  FrameBuffer buffer;
  feed(buffer, bytes);
  const auto frame = buffer.next();
  ASSERT_FALSE(frame);
  EXPECT_NE(frame.error().detail.find("version"), std::string::npos);
}

TEST(Frame, LeavesNoBytesInTheBufferOnceItIsDone) {
  FrameBuffer buffer;
  feed(buffer, frame_of(1, Op::unwrap_deks, 100));
  const ByteView payload = (**buffer.next()).payload;
  EXPECT_EQ(payload[0], 0xab);
  EXPECT_FALSE(*buffer.next());
  // The view is out of date; its memory is still the buffer's.
  EXPECT_TRUE(std::ranges::all_of(payload, [](std::uint8_t byte) { return byte == 0; }));
}

TEST(Frame, LeavesNoBytesBehindWhenTheBufferIsMovedTogether) {
  FrameBuffer buffer;
  WipedBytes bytes = frame_of(1, Op::canary, 50);
  const WipedBytes half = frame_of(2, Op::canary, 50);
  bytes.insert(bytes.end(), half.begin(), half.begin() + 30);
  feed(buffer, bytes);
  ASSERT_TRUE(*buffer.next());
  ASSERT_FALSE(*buffer.next());
  const auto space = buffer.space();
  EXPECT_TRUE(std::ranges::all_of(space.first(100), [](std::uint8_t byte) { return byte == 0; }));
  feed(buffer, ByteView(half).subspan(30));
  EXPECT_EQ((**buffer.next()).id, 2u);
}

}  // namespace
}  // namespace kaito::hsm
