#include "luks/header/strict_json.hpp"

#include <fmt/format.h>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <set>
#include <string>
#include <vector>

namespace kaito::luks {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 8;

// Remembers the members of each object that is open, and stops at one that comes twice.
class MemberNames {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  using error = boost::system::error_code;
  bool on_document_begin(error&) { return true; }
  bool on_document_end(error&) { return true; }
  bool on_object_begin(error&) {
    names_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, error&) {
    names_.pop_back();
    return true;
  }
  bool on_array_begin(error&) { return true; }
  bool on_array_end(std::size_t, error&) { return true; }
  bool on_key_part(std::string_view part, std::size_t, error&) {
    name_.append(part);
    return true;
  }
  bool on_key(std::string_view part, std::size_t, error& failure) {
    name_.append(part);
    if (!names_.back().insert(name_).second) {
      failure = json::error::syntax;
      repeated_ = true;
      return false;
    }
    name_.clear();
    return true;
  }
  bool on_string_part(std::string_view, std::size_t, error&) { return true; }
  bool on_string(std::string_view, std::size_t, error&) { return true; }
  bool on_number_part(std::string_view, error&) { return true; }
  bool on_int64(std::int64_t, std::string_view, error&) { return true; }
  bool on_uint64(std::uint64_t, std::string_view, error&) { return true; }
  bool on_double(double, std::string_view, error&) { return true; }
  bool on_bool(bool, error&) { return true; }
  bool on_null(error&) { return true; }
  bool on_comment_part(std::string_view, error&) { return true; }
  bool on_comment(std::string_view, error&) { return true; }

  [[nodiscard]] bool repeated() const noexcept { return repeated_; }

 private:
  std::vector<std::set<std::string>> names_;
  std::string name_;
  bool repeated_ = false;
};

}  // namespace

Result<json::object> parse_strict_json(std::string_view text, std::size_t limit) {
  if (text.size() > limit)
    return fail(Code::integrity, fmt::format("JSON of {} bytes, more than {}", text.size(), limit));
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::basic_parser<MemberNames> names(options);
  boost::system::error_code failure;
  names.write_some(false, text.data(), text.size(), failure);
  if (names.handler().repeated()) return fail(Code::integrity, "JSON: a member is given twice");
  if (failure) return fail(Code::integrity, "JSON: " + failure.message());
  json::value value = json::parse(text, failure, {}, options);
  if (failure) return fail(Code::integrity, "JSON: " + failure.message());
  if (!value.is_object()) return fail(Code::integrity, "JSON: not an object");
  return std::move(value.as_object());
}

}  // namespace kaito::luks
