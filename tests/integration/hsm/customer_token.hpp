// A customer's own HSM: a SoftHSM2 token of its own, whose people make, disable and destroy keys in it by a program of
// their own while the appliance uses it.
#pragma once

#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::hsm::test {

class CustomerToken {
 public:
  explicit CustomerToken(std::string label = "customer") : label_(std::move(label)), token_(label_) {}

  // For a client of it.
  [[nodiscard]] ClientConfig config() const;
  [[nodiscard]] const SoftHsmToken& token() const noexcept { return token_; }

  void make(std::string_view key) const { use_hand("make", key); }
  void make_extractable(std::string_view key) const { use_hand("make-extractable", key); }
  void make_wrapping(std::string_view key) const { use_hand("make-unusable", key); }  // may wrap and decrypt
  // An RSA pair; `fault` is one of those that token_hand.cpp knows ("-2048", …).
  void make_pair(std::string_view key, std::string_view fault = {}) const {
    use_hand(fmt::format("make-pair{}", fault), key);
  }
  // Of its public half, as anybody may know it.
  [[nodiscard]] Bytes modulus(std::string_view key) const { return from_hex(use_hand("modulus", key)).value(); }
  void disable(std::string_view key) const { use_hand("disable", key); }
  void enable(std::string_view key) const { use_hand("enable", key); }
  void destroy(std::string_view key) const { use_hand("destroy", key); }
  [[nodiscard]] int count(std::string_view key) const { return std::stoi(use_hand("list", key)); }

 private:
  // What the program printed. Throws when it fails.
  std::string use_hand(std::string_view verb, std::string_view key) const;  // NOLINT(modernize-use-nodiscard)

  std::string label_;
  SoftHsmToken token_;
};

}  // namespace kaito::hsm::test
