// Rows to test with, a directory to keep them in, and a blocking write.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

#include "appliance/base/invariant.hpp"
#include "appliance/base/log.hpp"
#include "appliance/base/task.hpp"
#include "appliance/store/store.hpp"

namespace kaito::store::samples {

// A volume where a sync costs nothing, for tests that open a database hundreds of times.
inline std::filesystem::path memory_volume() {
  const std::filesystem::path shared = "/dev/shm";
  return ::access(shared.c_str(), W_OK) == 0 ? shared : std::filesystem::temp_directory_path();
}

class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    std::string name = (parent / "kaito-store-XXXXXX").string();
    KAITO_INVARIANT(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

// Drops every line.
class SilentLog {
 public:
  Logger& logger() noexcept { return logger_; }

 private:
  struct Sink final : LogSink {
    void write(LogLevel, std::string_view) override {}
  };
  Sink sink_;
  SystemClock clock_;
  Logger logger_{sink_, clock_};
};

// The n-th identifier of a kind; they ascend with n.
template <class IdType>
IdType nth(std::uint32_t n) {
  UuidBytes bytes{};
  bytes[0] = 1;
  for (std::size_t i = 0; i < 4; ++i) bytes[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  return IdType(bytes);
}

template <std::size_t N>
ByteArray<N> filled(std::uint32_t n) {
  ByteArray<N> bytes{};
  bytes.fill(0x5a);
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(n >> (8 * i));
  return bytes;
}

inline Bytes as_blob(ByteView bytes) { return Bytes(bytes.begin(), bytes.end()); }

inline const TimePoint kNow = from_unix_ms(1'795'000'000'123);

inline Org org(std::uint32_t n) {
  return {.id = nth<OrgId>(n),
          .name = "org " + std::to_string(n),
          .created_at = kNow,
          .kek_version = 1,
          .wrapped_index_key = as_blob(filled<61>(n)),
          .dek_lease = 5};
}

inline Member member(std::uint32_t org, std::uint32_t n) {
  return {.id = nth<MemberId>(n),
          .org = nth<OrgId>(org),
          .username = "member" + std::to_string(n) + "@example.org",
          .display_name = "Member " + std::to_string(n),
          .role = MemberRole::member,
          .state = MemberState::active,
          .password_hash = "$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA",
          .failed_logins = 2,
          .locked_until = kNow + Seconds(30),
          .created_at = kNow};
}

inline Group group(std::uint32_t org, std::uint32_t n) {
  return {.id = nth<GroupId>(n), .org = nth<OrgId>(org), .name = "group " + std::to_string(n), .created_at = kNow};
}

inline Seed seed(std::uint32_t org, std::uint32_t n) {
  Seed seed{.id = nth<SeedId>(n),
            .org = nth<OrgId>(org),
            .parameters = {.type = 1, .algorithm = 1, .digits = 6, .period = 30},
            .issuer = "Issuer",
            .account = "account " + std::to_string(n)};
  seed.revision = 1;
  seed.kek_version = 1;
  seed.wrapped_dek = as_blob(filled<61>(n));
  seed.iv = filled<12>(n + 1);
  seed.ciphertext = Bytes(20, static_cast<std::uint8_t>(n));
  seed.tag = filled<16>(n);
  seed.row_mac = filled<32>(n);
  seed.fingerprint = filled<16>(n);
  seed.created_at = kNow;
  return seed;
}

inline ApiKey api_key(std::uint32_t org, std::uint32_t n) {
  return {.id = nth<ApiKeyId>(n),
          .org = nth<OrgId>(org),
          .name = "key " + std::to_string(n),
          .token_hash = filled<32>(n),
          .hint = "a1b2",
          .scopes = 0x8000'0001U,
          .groups = {},
          .allowed_networks = "10.0.0.0/8,2001:db8::/32",
          .expires_at = kNow + std::chrono::hours(24),
          .last_used = std::nullopt,
          .created_at = kNow};
}

inline Session session(std::uint32_t n) {
  return {.id = nth<SessionId>(n),
          .token_hash = filled<32>(n),
          .kind = SubjectKind::staff,
          .subject = nth<StaffId>(1).bytes(),
          .org = std::nullopt,
          .created_at = kNow,
          .last_seen = kNow,
          .authenticated_at = kNow,
          .peer = "192.0.2.1"};
}

inline AuditRow audit(std::uint64_t sequence) {
  return {.sequence = sequence,
          .org = std::nullopt,
          .time = kNow,
          .record = "{\"record\":" + std::to_string(sequence) + "}",
          .leaf_hash = filled<32>(static_cast<std::uint32_t>(sequence))};
}

inline Task<Result<void>> await(Future<Result<void>> future) { co_return co_await future; }

// Submits the job and waits until it is durable, or failed.
inline Status write(Store& store, Job job, JobKind kind = JobKind::change) {
  return sync_wait(await(store.write(std::move(job), kind)));
}

}  // namespace kaito::store::samples
