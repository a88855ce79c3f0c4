// argon2id on threads of its own: an I/O thread never hashes, and the memory in use is bounded (F74).
#pragma once

#include <memory>
#include <string>

#include "appliance/base/random.hpp"
#include "appliance/base/secret.hpp"
#include "appliance/base/task.hpp"

namespace kaito::auth {

// RFC 9106 parameters; the defaults are the claim S5. One lane: libsodium computes no other.
struct PasswordCost {
  std::uint32_t memory_kib = 65536;
  std::uint32_t passes = 3;
};

struct PasswordHasherConfig {
  unsigned threads = 2;          // 1 to 64; the pool uses at most threads × memory_kib at a time
  std::size_t queue_limit = 64;  // waiting requests; one more is Code::rate_limited
  PasswordCost cost{};
};

// Thread-safe. At its end it finishes what is running and fails what waits.
class PasswordHasher {
 public:
  // Code::configuration for bounds, or when the memory for one hash cannot be had.
  static Result<std::unique_ptr<PasswordHasher>> open(const PasswordHasherConfig& config, Random& random);
  ~PasswordHasher();
  PasswordHasher(const PasswordHasher&) = delete;
  PasswordHasher& operator=(const PasswordHasher&) = delete;

  // A PHC string: $argon2id$v=19$m=65536,t=3,p=1$salt$hash.
  Future<Result<std::string>> hash(Passphrase password);
  // Whether the password fits. A string that is no argon2id PHC string, or asks for more memory or passes than this
  // pool's cost, is Code::integrity and is not computed: a row edited in the database must not exhaust the memory.
  Future<Result<bool>> verify(Passphrase password, std::string phc);
  // The cost of a verify, always false: for accounts that do not exist (F41).
  Future<Result<bool>> verify_dummy(Passphrase password);
  // The string was made at another cost and should be replaced at the next successful login.
  [[nodiscard]] bool needs_rehash(const std::string& phc) const;

 private:
  struct State;
  explicit PasswordHasher(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace kaito::auth
