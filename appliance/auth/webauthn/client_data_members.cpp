#include "appliance/auth/webauthn/client_data_members.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <set>

namespace kaito::webauthn {
namespace {

namespace json = boost::json;
constexpr std::size_t kMaxDepth = 16;

// Events of Boost.JSON's parser. Each returns false to stop it.
class Collector {
 public:
  static constexpr std::size_t max_object_size = 1024;
  static constexpr std::size_t max_array_size = 1024;
  static constexpr std::size_t max_key_size = 1024;
  static constexpr std::size_t max_string_size = 32 * 1024;

  using error = boost::system::error_code;

  bool on_document_begin(error&) { return true; }
  bool on_document_end(error&) { return true; }
  bool on_object_begin(error&) {
    open();
    names_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, error&) {
    names_.pop_back();
    --depth_;
    return true;
  }
  bool on_array_begin(error&) {
    is_object_ = is_object_ && depth_ > 0;
    open();
    return true;
  }
  bool on_array_end(std::size_t, error&) {
    --depth_;
    return true;
  }
  bool on_key_part(std::string_view part, std::size_t, error&) {
    text_.append(part);
    return true;
  }
  bool on_key(std::string_view part, std::size_t, error& failure) {
    text_.append(part);
    if (!names_.back().insert(text_).second) {
      failure = json::error::syntax;
      duplicate_ = text_;
      return false;
    }
    if (depth_ == 1) member_ = text_;
    text_.clear();
    return true;
  }
  bool on_string_part(std::string_view part, std::size_t, error&) {
    text_.append(part);
    return true;
  }
  bool on_string(std::string_view part, std::size_t, error&) {
    text_.append(part);
    scalar(MemberValue(std::exchange(text_, {})));
    return true;
  }
  bool on_number_part(std::string_view, error&) { return true; }
  bool on_int64(std::int64_t, std::string_view, error&) { return scalar(OtherJson{}); }
  bool on_uint64(std::uint64_t, std::string_view, error&) { return scalar(OtherJson{}); }
  bool on_double(double, std::string_view, error&) { return scalar(OtherJson{}); }
  bool on_bool(bool value, error&) { return scalar(value); }
  bool on_null(error&) { return scalar(OtherJson{}); }
  bool on_comment_part(std::string_view, error&) { return true; }
  bool on_comment(std::string_view, error&) { return true; }

  [[nodiscard]] bool is_object() const noexcept { return is_object_; }
  [[nodiscard]] const std::string& duplicate() const noexcept { return duplicate_; }
  Members take() { return std::move(members_); }

 private:
  void open() {
    if (depth_ == 1) members_.insert_or_assign(member_, OtherJson{});
    ++depth_;
  }
  bool scalar(MemberValue value) {
    if (depth_ == 0) is_object_ = false;
    if (depth_ == 1) members_.insert_or_assign(member_, std::move(value));
    return true;
  }

  Members members_;
  std::vector<std::set<std::string>> names_;  // of each object that is open
  std::string text_;                          // of the key or string being read
  std::string member_;                        // the last key of the outermost object
  std::string duplicate_;
  std::size_t depth_ = 0;
  bool is_object_ = true;
};

}  // namespace

Result<Members> parse_members(ByteView text) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::basic_parser<Collector> parser(options);
  boost::system::error_code failure;
  const std::string_view input = as_text(text);
  const std::size_t used = parser.write_some(false, input.data(), input.size(), failure);
  const Collector& collected = parser.handler();
  if (!collected.duplicate().empty()) return fail(Code::invalid_request, "JSON: a member is given twice");
  if (failure) return fail(Code::invalid_request, "JSON: " + failure.message());
  if (!parser.done() || used != input.size()) return fail(Code::invalid_request, "JSON: text after the value");
  if (!collected.is_object()) return fail(Code::invalid_request, "JSON: not an object");
  return parser.handler().take();
}

}  // namespace kaito::webauthn
