#include "appliance/otp/importers/secret_json.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <exception>

#include "appliance/otp/wiped_bytes.hpp"

namespace kaito::otp {
namespace {

namespace json = boost::json;
using boost::system::error_code;

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxValues = 1'000'000;
// The parser unescapes strings in a buffer on the stack; this much of it is wiped afterwards.
constexpr std::size_t kStackToWipe = 16 * 1024;

// What Boost.JSON's own handler does, counting on the way: values, to bound memory (24 bytes for a single character of
// input), and members, to notice when the tree has fewer than the text.
class TreeHandler {
 public:
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  explicit TreeHandler(json::storage_ptr storage) : stack_(storage) { stack_.reset(std::move(storage)); }

  json::value release() { return stack_.release(); }
  [[nodiscard]] std::size_t members() const noexcept { return members_; }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t count, error_code& error) {
    members_ += count;
    stack_.push_object(count);
    return counted(error);
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t count, error_code& error) {
    stack_.push_array(count);
    return counted(error);
  }
  bool on_key_part(json::string_view part, std::size_t, error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, error_code&) {
    stack_.push_key(part);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, error_code& error) {
    stack_.push_string(part);
    return counted(error);
  }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, error_code& error) {
    stack_.push_int64(value);
    return counted(error);
  }
  bool on_uint64(std::uint64_t value, json::string_view, error_code& error) {
    stack_.push_uint64(value);
    return counted(error);
  }
  bool on_double(double value, json::string_view, error_code& error) {
    stack_.push_double(value);
    return counted(error);
  }
  bool on_bool(bool value, error_code& error) {
    stack_.push_bool(value);
    return counted(error);
  }
  bool on_null(error_code& error) {
    stack_.push_null();
    return counted(error);
  }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

 private:
  bool counted(error_code& error) {
    if (++values_ <= kMaxValues) return true;
    error = json::make_error_code(json::error::array_too_large);
    return false;
  }

  json::value_stack stack_;
  std::size_t values_ = 0;
  std::size_t members_ = 0;
};

std::size_t count_members(const json::value& value) {
  std::size_t count = 0;
  if (const auto* object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object) count += count_members(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const auto& element : *array) count += count_members(element);
  }
  return count;
}

Result<json::value> parse_tree(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::basic_parser<TreeHandler> parser(options, json::make_shared_resource<WipingMemoryResource>());
  error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = json::make_error_code(json::error::extra_data);
  if (error) return fail_invalid("content", fmt::format("is not JSON at byte {} ({})", read + 1, error.message()));
  json::value tree = parser.handler().release();
  if (count_members(tree) != parser.handler().members())
    return fail_invalid("content", "has a member that appears twice in one object");
  return tree;
}

}  // namespace

Result<json::value> parse_secret_json(std::string_view text) {
  try {
    auto tree = parse_tree(text);
    sodium_stackzero(kStackToWipe);
    return tree;
  } catch (const std::exception&) {  // Boost.JSON throws when memory runs out
    sodium_stackzero(kStackToWipe);
    return fail(Code::internal, "JSON could not be read into memory");
  }
}

const json::value* JsonFields::find(std::string_view name) const noexcept {
  const json::value* value = object_.if_contains(json::string_view(name.data(), name.size()));
  return value == nullptr || value->is_null() ? nullptr : value;
}

Result<std::string_view> JsonFields::text(std::string_view name) const {
  const json::value* value = find(name);
  if (value == nullptr) return std::string_view{};
  const json::string* text = value->if_string();
  if (text == nullptr) return fail_invalid(std::string(name), "is not a string");
  return std::string_view(text->data(), text->size());
}

Result<std::optional<std::uint64_t>> JsonFields::number(std::string_view name) const {
  const json::value* value = find(name);
  if (value == nullptr) return std::optional<std::uint64_t>{};
  if (const auto* whole = value->if_uint64()) return std::optional<std::uint64_t>{*whole};
  const auto* whole = value->if_int64();
  if (whole == nullptr || *whole < 0) return fail_invalid(std::string(name), "is not a whole number");
  return std::optional<std::uint64_t>{static_cast<std::uint64_t>(*whole)};
}

const json::object* JsonFields::object(std::string_view name) const noexcept {
  const json::value* value = find(name);
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* JsonFields::array(std::string_view name) const noexcept {
  const json::value* value = find(name);
  return value == nullptr ? nullptr : value->if_array();
}

bool JsonFields::is_true(std::string_view name) const noexcept {
  const json::value* value = find(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

bool JsonFields::says(std::string_view name) const noexcept {
  const json::value* value = find(name);
  if (value == nullptr) return false;
  if (const auto* text = value->if_string()) return !text->empty();
  if (const auto* elements = value->if_array()) return !elements->empty();
  if (const auto* flag = value->if_bool()) return *flag;
  return true;
}

bool JsonFields::contains(std::string_view name) const noexcept { return find(name) != nullptr; }

}  // namespace kaito::otp
