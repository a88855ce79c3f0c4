// A stream of frames in pieces of any size: the same frames come out as from one piece, and their payloads are read by
// every reader of either side.
#include "appliance/base/invariant.hpp"
#include "hsm/protocol/frame.hpp"
#include "hsm/protocol/messages.hpp"

namespace {

using namespace kaito;
using namespace kaito::hsm;

template <class Read>
void read_with(ByteView payload, Read read) {
  ByteReader reader(payload);
  static_cast<void>(read(reader));
}

void read_payload(ByteView payload) {
  read_with(payload, read_org_kek);
  read_with(payload, read_wrap_request);
  read_with(payload, read_unwrap_request);
  read_with(payload, read_sign_request);
  read_with(payload, read_token_status);
  read_with(payload, read_outcome);
}

// Every frame's id, operation and payload, and whether the stream ended in an error.
Bytes frames_of(ByteView stream, std::size_t piece) {
  FrameBuffer buffer;
  Bytes seen;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    const ByteView part = stream.subspan(at, std::min(piece, stream.size() - at));
    std::ranges::copy(part, buffer.space().begin());
    buffer.received(part.size());
    for (;;) {
      const auto frame = buffer.next();
      if (!frame) {
        append_u8(seen, 0xff);
        return seen;
      }
      if (!*frame) break;
      append_u64(seen, (*frame)->id);
      append_u16(seen, (*frame)->op);
      append(seen, (*frame)->payload);
      read_payload((*frame)->payload);
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > kMaxPayload) return 0;
  const ByteView stream(data + 1, size - 1);
  const std::size_t piece = std::size_t{1} + data[0];
  KAITO_INVARIANT(frames_of(stream, piece) == frames_of(stream, stream.size()));
  read_payload(stream);
  return 0;
}
