// Looks for known secrets in files, in every form that a careless line of code would leave them in: the bytes, base32,
// hex, base64 and base64url, in capitals and small letters, and base64 at each of its three alignments.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/base/bytes.hpp"

namespace kaito::test {

class SecretScanner {
 public:
  // At least eight bytes, or chance would find it.
  void add(std::string name, ByteView secret);
  void add_text(std::string name, std::string_view secret) { add(std::move(name), as_bytes(secret)); }

  // "NAME as FORM" for each hit.
  [[nodiscard]] std::vector<std::string> find_in(std::string_view content) const;
  // All regular files below `root` but those whose path relative to it is listed; hits also name the file.
  [[nodiscard]] std::vector<std::string> find_below(const std::filesystem::path& root,
                                                    const std::vector<std::string>& excluded) const;

  struct Form {
    std::string name;
    std::string text;
  };
  [[nodiscard]] static std::vector<Form> forms_of(ByteView secret);
  [[nodiscard]] std::size_t size() const noexcept { return needles_.size(); }

 private:
  std::vector<Form> needles_;
};

}  // namespace kaito::test
