// WebAuthn ceremonies under way: the challenge stays here, the client gets an id, and both are good once.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "appliance/auth/bearer_token.hpp"
#include "appliance/base/ids.hpp"

namespace kaito::auth {

enum class CeremonyKind : std::uint8_t { registration, assertion };

struct Ceremony {
  CeremonyKind kind = CeremonyKind::assertion;
  Bytes challenge;  // filled by the store: 32 random bytes
  // Registration only: whose key it will be, and the one-time token that allows it.
  StaffId staff;
  std::string staff_name;
  TokenDigest one_time_token{};
  bool first_setup = false;
};

inline constexpr Seconds kCeremonyLife = std::chrono::minutes(5);

// Thread-safe. In memory: a restart ends all ceremonies.
class CeremonyStore {
 public:
  // `limit`: ceremonies at a time; one more drops the oldest, so a flood that the rate limiter lets through cannot keep
  // new ones out.
  CeremonyStore(const Clock& clock, Random& random, std::size_t limit = 4096);

  struct Opened {
    std::string id;  // 128 random bits, base64url
    Bytes challenge;
  };
  Opened open(Ceremony ceremony);
  // Once, within five minutes (steady time), and of that kind; else Code::unauthenticated.
  Result<Ceremony> take(std::string_view id, CeremonyKind kind);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Entry {
    Ceremony ceremony;
    SteadyPoint opened;
    std::uint64_t order;
  };
  // Callers hold the mutex.
  void drop_oldest();
  void drop_expired(SteadyPoint now);

  const Clock& clock_;
  Random& random_;
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::uint64_t next_ = 0;
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::uint64_t, std::string> by_age_;  // order of opening to id
};

}  // namespace kaito::auth
