// Which token to use and where its PIN is: an RFC 7512 URI.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "appliance/base/result.hpp"
#include "appliance/base/secret.hpp"
#include "hsm/pkcs11.hpp"

struct p11_kit_uri;

namespace kaito::hsm {

class TokenUri {
 public:
  // Needs `token`, and a `pin-source` that names an absolute file. Refuses `pin-value` (a PIN in a command line or a
  // configuration file) and what p11-kit does not know. Code::configuration.
  static Result<TokenUri> parse(std::string_view text);

  [[nodiscard]] bool matches(const CK_TOKEN_INFO& token) const;
  [[nodiscard]] const std::string& label() const noexcept { return label_; }
  [[nodiscard]] const std::filesystem::path& pin_file() const noexcept { return pin_file_; }
  // For messages: never holds a PIN.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  struct Free {
    void operator()(p11_kit_uri* uri) const noexcept;
  };
  std::unique_ptr<p11_kit_uri, Free> uri_;
  std::string label_;
  std::filesystem::path pin_file_;
  std::string text_;
};

// The file's only line, 4 to 255 bytes, without its line break. Refuses a file that others than its owner can read or
// write. Code::configuration.
Result<Pin> read_pin_file(const std::filesystem::path& file);

}  // namespace kaito::hsm
