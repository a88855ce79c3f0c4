// CTAPHID (CTAP 2.1 §11.2) for one software authenticator: reports in, reports out. Knows nothing of how they travel,
// so libfido2's I/O functions and a /dev/uhid program can both carry them.
#pragma once

#include <deque>
#include <optional>

#include "tests/fakes/soft_authenticator/soft_authenticator.hpp"

namespace kaito::test {

inline constexpr std::size_t kReportBytes = 64;
using Report = ByteArray<kReportBytes>;

class CtapHid {
 public:
  explicit CtapHid(SoftAuthenticator& key) noexcept : key_(key) {}

  // A report from the host, without the report id.
  void receive(const Report& report);
  // The next report for the host, when there is one.
  std::optional<Report> next_report();

 private:
  void start(std::uint32_t channel, const Report& report);
  void go_on(std::uint32_t channel, const Report& report);
  void dispatch();
  void answer_init();
  void answer(std::uint8_t command, ByteView payload);
  void answer_error(std::uint32_t channel, std::uint8_t code);

  SoftAuthenticator& key_;
  std::deque<Report> outgoing_;
  std::uint32_t next_channel_ = 1;
  // The message being received.
  std::uint32_t channel_ = 0;
  std::uint8_t command_ = 0;
  std::size_t expected_ = 0;
  std::uint8_t sequence_ = 0;
  Bytes message_;
};

}  // namespace kaito::test
