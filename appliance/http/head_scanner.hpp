// Finds the end of a head in the bytes as they arrive, and refuses what Beast's parser would quietly repair.
#pragma once

#include <cstdint>
#include <string_view>

#include "appliance/http/refusal.hpp"

namespace kaito::http {

// Limits of a head, in bytes.
inline constexpr std::size_t kMaxHead = 8 * 1024;    // request line, fields and the empty line: 431
inline constexpr std::size_t kMaxTarget = 2 * 1024;  // 414

// Looks at each complete line once (RFC 9112 §2.2, §5): it ends with CRLF, holds printable ASCII, spaces and tabs only,
// is no continuation of the line before (obs-fold), and has a field name directly before its colon.
class HeadScanner {
 public:
  enum class State : std::uint8_t { more, complete, refused };

  // `bytes` are all that have arrived of this head and what may follow it; each call sees the same bytes and more.
  State scan(std::string_view bytes) noexcept;

  // After complete: the size of the head, with its empty line.
  [[nodiscard]] std::size_t size() const noexcept { return line_start_; }
  // After refused.
  [[nodiscard]] const Refusal& refusal() const noexcept { return refusal_; }

 private:
  State refuse(std::uint16_t status, std::string_view reason) noexcept;
  std::size_t line_start_ = 0;
  std::size_t searched_ = 0;  // no LF before this
  bool first_line_ = true;
  Refusal refusal_;
};

}  // namespace kaito::http
