// Secret<Tag>: the only home of secret bytes. Memory is locked, kept out of core dumps, bounded by guard pages and
// wiped when it is given back. There is no copy, no stream operator, no conversion to a string. The bytes are read
// through `expose_secret()`, so that a search for that name finds every place where a secret is touched.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "appliance/base/bytes.hpp"
#include "appliance/base/random.hpp"

namespace kaito {

// Prepares locked memory and turns core dumps off (PR_SET_DUMPABLE 0, RLIMIT_CORE 0). Call first in main.
// Fails when memory cannot be locked; the caller must then stop: there is no fall-back to ordinary memory.
Status init_secret_memory();

namespace detail {
// Locked, guarded memory of `size` bytes, zeroed. Ends the process when none can be had. Thread-safe.
std::uint8_t* secret_allocate(std::size_t size);
// Wipes, then gives back. `size` as allocated.
void secret_free(std::uint8_t* memory, std::size_t size) noexcept;
bool secret_equal(ByteView a, ByteView b) noexcept;
}  // namespace detail

// Wipes ordinary memory that has carried a secret on its way (request buffers, library results).
void wipe(std::span<std::uint8_t> memory) noexcept;
void wipe(std::string& text) noexcept;

template <class Tag>
class Secret {
 public:
  Secret() = default;
  // `size` zero bytes, to be filled through expose_secret().
  explicit Secret(std::size_t size) : data_(size ? detail::secret_allocate(size) : nullptr), size_(size) {}
  // Copies the bytes; the caller wipes the source.
  static Secret copy_of(ByteView bytes) {
    Secret secret(bytes.size());
    if (!bytes.empty()) std::memcpy(secret.data_, bytes.data(), bytes.size());
    return secret;
  }
  static Secret copy_of(std::string_view text) { return copy_of(as_bytes(text)); }
  static Secret random(std::size_t size, Random& random) {
    Secret secret(size);
    random.fill(secret.expose_secret());
    return secret;
  }

  Secret(Secret&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      reset();
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { reset(); }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  [[nodiscard]] std::span<std::uint8_t> expose_secret() noexcept { return {data_, size_}; }
  [[nodiscard]] ByteView expose_secret() const noexcept { return {data_, size_}; }

  // An explicit second copy, for the few places that need one.
  [[nodiscard]] Secret duplicate() const { return copy_of(expose_secret()); }

  // Wipes and gives the memory back.
  void reset() noexcept {
    if (data_) detail::secret_free(std::exchange(data_, nullptr), std::exchange(size_, 0));
  }

  // Constant time for equal sizes; the size itself is no secret.
  friend bool operator==(const Secret& a, const Secret& b) noexcept {
    return detail::secret_equal(a.expose_secret(), b.expose_secret());
  }

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

using Pin = Secret<struct PinTag>;                // HSM user or SO PIN
using Dek = Secret<struct DekTag>;                // 32 bytes, AES-256
using Seed = Secret<struct SeedSecretTag>;        // raw OTP secret, 1 to 128 bytes
using Passphrase = Secret<struct PassphraseTag>;  // password or passphrase
using Token = Secret<struct TokenTag>;            // bearer token: session, API key, set-up token

}  // namespace kaito
