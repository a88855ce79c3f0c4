#include "appliance/api/json/strict_json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <unordered_set>

namespace kaito::api {
namespace {

namespace json = boost::json;

enum class Defect : int { none = 0, duplicate_member, too_many_values };

// Boost.JSON's own handler keeps the last of two equal members without a word; this one stops at the second.
class StrictHandler {
 public:
  // Bounds that the parser enforces for its handler.
  constexpr static std::size_t max_object_size = kMaxJsonValues;
  constexpr static std::size_t max_array_size = kMaxJsonValues;
  constexpr static std::size_t max_key_size = 256;
  constexpr static std::size_t max_string_size = 16U << 20;

  explicit StrictHandler(json::storage_ptr storage) : stack_(storage) { stack_.reset(std::move(storage)); }

  json::value release() { return stack_.release(); }
  [[nodiscard]] Defect defect() const noexcept { return defect_; }
  [[nodiscard]] const std::string& member() const noexcept { return key_; }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    members_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t count, json::error_code& error) {
    members_.pop_back();
    stack_.push_object(count);
    return counted(error);
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t count, json::error_code& error) {
    stack_.push_array(count);
    return counted(error);
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    partial_key_.append(part);
    stack_.push_chars(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& error) {
    partial_key_.append(part);
    stack_.push_key(part);
    key_ = std::exchange(partial_key_, {});
    if (!members_.back().insert(key_).second) return stop(Defect::duplicate_member, error);
    return counted(error);
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code& error) {
    stack_.push_string(part);
    return counted(error);
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, json::error_code& error) {
    stack_.push_int64(number);
    return counted(error);
  }
  bool on_uint64(std::uint64_t number, json::string_view, json::error_code& error) {
    stack_.push_uint64(number);
    return counted(error);
  }
  bool on_double(double number, json::string_view, json::error_code& error) {
    stack_.push_double(number);
    return counted(error);
  }
  bool on_bool(bool truth, json::error_code& error) {
    stack_.push_bool(truth);
    return counted(error);
  }
  bool on_null(json::error_code& error) {
    stack_.push_null();
    return counted(error);
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  bool stop(Defect defect, json::error_code& error) {
    defect_ = defect;
    error = json::error::exception;
    return false;
  }
  bool counted(json::error_code& error) { return ++values_ <= kMaxJsonValues || stop(Defect::too_many_values, error); }

  json::value_stack stack_;
  std::vector<std::unordered_set<std::string>> members_;
  std::string partial_key_;
  std::string key_;
  std::size_t values_ = 0;
  Defect defect_ = Defect::none;
};

}  // namespace

Result<json::value> parse_strict_json(std::string_view text, json::storage_ptr storage) {
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::basic_parser<StrictHandler> parser(options, std::move(storage));
  json::error_code error;
  const std::size_t consumed = parser.write_some(false, text.data(), text.size(), error);
  switch (parser.handler().defect()) {
    case Defect::duplicate_member: return fail_invalid(parser.handler().member(), "is given twice");
    case Defect::too_many_values: return fail_invalid("body", "holds too many values");
    case Defect::none: break;
  }
  if (error == json::error::too_deep) return fail_invalid("body", "is nested too deeply");
  if (error || consumed < text.size() || !parser.done())
    return fail_invalid("body", fmt::format("is not valid JSON at byte {}", consumed));
  return parser.handler().release();
}

}  // namespace kaito::api
