#include "appliance/audit/line_reader.hpp"

namespace kaito::audit {

Result<std::optional<std::string_view>> LineReader::next() {
  constexpr std::size_t kChunk = std::size_t{64} << 10;
  std::size_t searched = begin_;
  for (;;) {
    const auto end = buffer_.find('\n', searched);
    if (end != std::string::npos && end - begin_ <= limit_) {
      const std::string_view line = std::string_view(buffer_).substr(begin_, end - begin_);
      begin_ = end + 1;
      return line;
    }
    if (buffer_.size() - begin_ > limit_) return fail(Code::payload_too_large, "line is too long");
    buffer_.erase(0, std::exchange(begin_, 0));
    searched = buffer_.size();
    buffer_.resize(searched + kChunk);
    KAITO_TRY(const std::size_t count, read_(std::span(buffer_).subspan(searched)));
    buffer_.resize(searched + count);
    if (count > 0) continue;
    if (!buffer_.empty()) return fail(Code::integrity, "the last line has no end");
    return std::nullopt;
  }
}

}  // namespace kaito::audit
