#include "tests/fakes/soft_authenticator/ctap_hid.hpp"

namespace kaito::test {
namespace {

constexpr std::uint32_t kBroadcast = 0xffffffff;
constexpr std::uint8_t kInitPacket = 0x80;
constexpr std::uint8_t kPing = 0x01;
constexpr std::uint8_t kInit = 0x06;
constexpr std::uint8_t kCbor = 0x10;
constexpr std::uint8_t kCancel = 0x11;
constexpr std::uint8_t kError = 0x3f;
constexpr std::size_t kFirstPayload = kReportBytes - 7;
constexpr std::size_t kNextPayload = kReportBytes - 5;
constexpr std::size_t kMaxHidMessage = kFirstPayload + 128 * kNextPayload;  // 7609

constexpr std::uint8_t kErrorInvalidCommand = 0x01;
constexpr std::uint8_t kErrorInvalidLength = 0x03;
constexpr std::uint8_t kErrorInvalidSequence = 0x04;
constexpr std::uint8_t kErrorInvalidChannel = 0x0b;

std::uint32_t channel_of(const Report& report) {
  return static_cast<std::uint32_t>(report[0]) << 24 | static_cast<std::uint32_t>(report[1]) << 16 |
         static_cast<std::uint32_t>(report[2]) << 8 | report[3];
}

Report to_report(const Bytes& bytes) {
  Report report{};
  std::ranges::copy(bytes, report.begin());
  return report;
}

}  // namespace

void CtapHid::receive(const Report& report) {
  const std::uint32_t channel = channel_of(report);
  if (report[4] & kInitPacket)
    start(channel, report);
  else
    go_on(channel, report);
  if (expected_ > 0 && message_.size() == expected_) dispatch();
}

void CtapHid::start(std::uint32_t channel, const Report& report) {
  channel_ = channel;
  command_ = report[4] & 0x7f;
  const std::size_t length = static_cast<std::size_t>(report[5]) << 8 | report[6];
  expected_ = 0;
  sequence_ = 0;
  if (command_ == kCancel) return;  // nothing is ever pending
  if (length == 0 || length > kMaxHidMessage) return answer_error(channel, kErrorInvalidLength);
  if (channel == kBroadcast ? command_ != kInit : channel >= next_channel_)
    return answer_error(channel, kErrorInvalidChannel);
  expected_ = length;
  message_.assign(report.begin() + 7,
                  report.begin() + 7 + static_cast<std::ptrdiff_t>(std::min(length, kFirstPayload)));
}

void CtapHid::go_on(std::uint32_t channel, const Report& report) {
  if (expected_ == 0 || channel != channel_) return;  // a stray continuation is ignored (§11.2.4)
  if (report[4] != sequence_++) {
    expected_ = 0;
    return answer_error(channel, kErrorInvalidSequence);
  }
  const std::size_t count = std::min(expected_ - message_.size(), kNextPayload);
  message_.insert(message_.end(), report.begin() + 5, report.begin() + 5 + static_cast<std::ptrdiff_t>(count));
}

void CtapHid::dispatch() {
  expected_ = 0;
  switch (command_) {
    case kInit: return answer_init();
    case kPing: return answer(kPing, message_);
    case kCbor: return answer(kCbor, key_.ctap2(message_));
    default: return answer_error(channel_, kErrorInvalidCommand);
  }
}

void CtapHid::answer_init() {
  if (message_.size() != 8) return answer_error(channel_, kErrorInvalidLength);
  Bytes reply = message_;  // the nonce
  append_u32(reply, channel_ == kBroadcast ? next_channel_++ : channel_);
  const bool speaks_cbor = !key_.behaviour.u2f_only;
  append(reply, Bytes{2, 1, 0, 0, static_cast<std::uint8_t>(speaks_cbor ? 0x0c : 0x00)});  // CBOR and no U2F, or U2F
  answer(kInit, reply);
}

void CtapHid::answer(std::uint8_t command, ByteView payload) {
  Bytes first;
  append_u32(first, channel_);
  append_u8(first, command | kInitPacket);
  append_u16(first, static_cast<std::uint16_t>(payload.size()));
  const std::size_t head = std::min(payload.size(), kFirstPayload);
  append(first, payload.first(head));
  outgoing_.push_back(to_report(first));
  payload = payload.subspan(head);
  for (std::uint8_t sequence = 0; !payload.empty(); ++sequence) {
    Bytes next;
    append_u32(next, channel_);
    append_u8(next, sequence);
    const std::size_t part = std::min(payload.size(), kNextPayload);
    append(next, payload.first(part));
    outgoing_.push_back(to_report(next));
    payload = payload.subspan(part);
  }
}

void CtapHid::answer_error(std::uint32_t channel, std::uint8_t code) {
  channel_ = channel;
  answer(kError, Bytes{code});
}

std::optional<Report> CtapHid::next_report() {
  if (outgoing_.empty()) return std::nullopt;
  const Report report = outgoing_.front();
  outgoing_.pop_front();
  return report;
}

}  // namespace kaito::test
