// Which key in a customer's token: an RFC 7512 URI, as the org's owner writes it. Where the token is and how its PIN is
// found are the operator's to say (token_uri.hpp), so an owner's URI can name neither module nor file.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "appliance/base/result.hpp"
#include "hsm/attribute_template.hpp"

struct p11_kit_uri;

namespace kaito::hsm {

// An AES key, or an RSA pair, which goes by its private half.
enum class KeyKind : std::uint8_t { secret, pair };

class KeyUri {
 public:
  // Needs `object` or `id`, may have both, and may name the token, which must then be the right one. Refuses everything
  // behind a question mark (pin-source, pin-value, module-path, …) and a `type` other than secret-key and private.
  // Code::invalid_request.
  static Result<KeyUri> parse(std::string_view text);

  [[nodiscard]] bool matches(const CK_TOKEN_INFO& token) const;
  // As `type` has it; nothing where the URI leaves it open.
  [[nodiscard]] std::optional<KeyKind> kind() const noexcept { return kind_; }
  // CKA_TOKEN, and CKA_LABEL and CKA_ID as far as they are named.
  [[nodiscard]] AttributeTemplate name() const;
  // The same, and CKA_CLASS.
  [[nodiscard]] AttributeTemplate attributes(KeyKind kind) const;
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  struct Free {
    void operator()(p11_kit_uri* uri) const noexcept;
  };
  std::unique_ptr<p11_kit_uri, Free> uri_;
  std::optional<std::string> label_;
  std::optional<Bytes> id_;
  std::optional<KeyKind> kind_;
  std::string text_;
};

}  // namespace kaito::hsm
