// Writing JSON text directly, for what is written often (replies, audit records, log lines). Parsing is Boost.JSON's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kaito {

// Appends `text` quoted and escaped (RFC 8259 §7). Control characters, DEL and U+2028/2029 are escaped, so that a log
// line cannot be broken or coloured by its data; a byte that is not UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

// An object written member by member: no tree, one buffer.
class JsonObjectWriter {
 public:
  explicit JsonObjectWriter(std::string& out) : out_(out) { out_.push_back('{'); }
  void text(std::string_view key, std::string_view value);
  void number(std::string_view key, std::int64_t value);
  void boolean(std::string_view key, bool value);
  // `json` is complete JSON text.
  void raw(std::string_view key, std::string_view json);
  void close() { out_.push_back('}'); }

 private:
  void key(std::string_view name);
  std::string& out_;
  bool first_ = true;
};

}  // namespace kaito
