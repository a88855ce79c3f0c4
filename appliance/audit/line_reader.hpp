// Lines of a stream, in bounded memory.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "appliance/base/result.hpp"

namespace kaito::audit {

// Fills the span with the next bytes and says how many; 0 at the end.
using ReadBytes = std::move_only_function<Result<std::size_t>(std::span<char>)>;

class LineReader {
 public:
  LineReader(ReadBytes read, std::size_t limit) : read_(std::move(read)), limit_(limit) {}

  // The next line without its newline, valid until the next call; absent at the end. Code::payload_too_large when it is
  // longer than the limit, Code::integrity when the stream ends within it.
  Result<std::optional<std::string_view>> next();

 private:
  ReadBytes read_;
  std::size_t limit_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of what has not been returned yet
};

}  // namespace kaito::audit
