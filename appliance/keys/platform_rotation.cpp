// The platform KEK: org KEKs are wrapped anew inside the token, in the keyring. Nothing of the database changes.
#include <algorithm>
#include <deque>
#include <map>

#include "appliance/envelope/binding.hpp"
#include "appliance/keys/rotation_work.hpp"
#include "appliance/keys/row_key.hpp"

namespace kaito::keys {
namespace {

constexpr std::uint32_t kOrgKekSlice = 1024;  // org KEKs in one transaction of the keyring
constexpr std::size_t kOrgKekFrame = 64;      // org KEKs in one call, so that codes get their turn between two
constexpr store::KeyKind kKind = store::KeyKind::platform;

class PlatformRotation final : public RotationWork {
 public:
  explicit PlatformRotation(RotationParts parts) : parts_(parts) {}

  Task<Status> prepare(const store::Rotation& rotation) override {
    // Before the first entry comes under the new version: a copy of the keyring holds these orgs under old ones only.
    KAITO_CO_TRY(const auto shredded, shredded_by(rotation.id));
    for (const auto& deleted : shredded) KAITO_CO_CHECK(parts_.org_keys.remove(deleted.org));
    KAITO_CO_CHECK(made_or_there(co_await parts_.hsm.create_platform_kek(rotation.to)));
    KAITO_CO_CHECK(co_await write(parts_.store, [&](store::Writer& writer) {
      return writer.put(store::HsmKey{.kind = kKind, .version = rotation.to, .created_at = parts_.clock.now()});
    }));
    parts_.org_keys.use_platform_version(rotation.to);
    co_return Status{};
  }

  Result<std::uint64_t> remaining(const store::Rotation& rotation) override {
    return parts_.keyring.count_below(rotation.to);
  }

  Task<Result<RotationSlice>> rewrap(const store::Rotation& rotation) override {
    KAITO_CO_TRY(auto entries, parts_.keyring.entries_below(rotation.to, place_, kOrgKekSlice));
    if (entries.empty()) co_return end_of_pass(rotation);
    place_ = {entries.back().org, entries.back().version};
    KAITO_CO_TRY(auto rewrapped, co_await wrap_anew(std::move(entries), rotation.to));
    KAITO_CO_CHECK(parts_.org_keys.adopt(rewrapped));
    worked_in_pass_ += rewrapped.size();
    KAITO_CO_CHECK(co_await write(parts_.store, [&](store::Writer& writer) {
      return add_progress(writer, rotation.id, rewrapped.size(), parts_.clock.now());
    }));
    co_return RotationSlice{.worked = rewrapped.size()};
  }

  Task<Status> shut_out(const store::Rotation& rotation) override { co_return parts_.keyring.raise_floor(rotation.to); }

  Status settle(store::Writer& writer, const store::Rotation& rotation, CertificateFacts& facts) override {
    KAITO_TRY(const auto orgs, parts_.keyring.orgs());
    facts.emplace_back("statement",
                       fmt::format("no org KEK is wrapped by a platform KEK below version {}", rotation.to));
    facts.emplace_back("org-keks", std::to_string(std::ranges::count_if(
                                       orgs, [](const OrgId& org) { return org != row_key_owner(); })));
    facts.emplace_back("retained-backups", "0");
    KAITO_TRY(const auto shredded, writer.orgs_shredded_by(rotation.id));
    for (const auto& deleted : shredded) facts.emplace_back("deleted-org", deleted.org.str());
    return {};
  }

  Task<Status> destroy(const store::Rotation& rotation) override {
    // A copy under the old version would be worthless afterwards, and of no use to anybody else either.
    KAITO_CO_CHECK(parts_.escrow.write());
    KAITO_CO_TRY(const auto before, co_await parts_.hsm.status());
    for (const auto& kek : before.platform_keks)
      if (kek.version < rotation.to) KAITO_CO_CHECK(co_await parts_.hsm.destroy_platform_kek(kek.version));
    KAITO_CO_TRY(const auto after, co_await parts_.hsm.status());
    for (const auto& kek : after.platform_keks)
      if (kek.version < rotation.to)
        co_return fail(Code::hsm_unavailable, fmt::format("platform KEK {} is still in the token", kek.version));
    co_return Status{};
  }

  Status settle_destruction(store::Writer& writer, const store::Rotation& rotation, CertificateFacts& facts) override {
    KAITO_TRY(const auto keys, writer.hsm_keys());
    for (auto key : keys) {
      if (key.kind != kKind || key.version >= rotation.to) continue;
      if (!key.destroyed_at) {
        key.destroyed_at = parts_.clock.now();
        KAITO_CHECK(writer.put(key));
      }
      facts.emplace_back("destroyed", fmt::format("platform KEK version {}", key.version));
    }
    facts.emplace_back("statement", "the token was searched afterwards and holds none of them");
    facts.emplace_back("escrow-copies-rewritten", std::to_string(parts_.escrow.copies()));
    KAITO_TRY(const auto shredded, writer.orgs_shredded_by(rotation.id));
    for (const auto& deleted : shredded) facts.emplace_back("shredded-org", deleted.org.str());
    return writer.mark_shredded(rotation.id, parts_.clock.now());
  }

 private:
  using Answer = Future<Result<std::vector<Result<hsm::WrappedOrgKek>>>>;

  Result<std::vector<store::DeletedOrg>> shredded_by(const RotationId& id) {
    KAITO_TRY(const auto snapshot, parts_.store.snapshot());
    return snapshot->orgs_shredded_by(id);
  }

  // Entries made under an older version while the pass went on stand behind it: another pass takes them.
  Result<RotationSlice> end_of_pass(const store::Rotation& rotation) {
    place_ = {};
    KAITO_TRY(const std::uint64_t left, parts_.keyring.count_below(rotation.to));
    if (left == 0) return RotationSlice{.finished = true};
    if (std::exchange(worked_in_pass_, 0) > 0) return RotationSlice{};
    return fail(Code::integrity, fmt::format("{} org keys cannot be unwrapped by the old platform key", left));
  }

  Answer call(const std::vector<store::KeyringEntry>& entries, std::span<const std::size_t> frame, KeyVersion to) {
    std::vector<hsm::OrgKekToRewrap> keks;
    keks.reserve(frame.size());
    for (const auto index : frame)
      keks.push_back(
          {.blob = entries[index].blob, .aad = envelope::org_kek_aad(entries[index].org, entries[index].version)});
    return parts_.hsm.rewrap_org_keks(entries[frame.front()].platform_version, to, std::move(keks));
  }

  // What could be wrapped anew; the rest is logged.
  Task<Result<std::vector<store::RewrappedEntry>>> wrap_anew(std::vector<store::KeyringEntry> entries, KeyVersion to) {
    std::map<KeyVersion, std::vector<std::size_t>> by_version;
    for (std::size_t i = 0; i < entries.size(); ++i) by_version[entries[i].platform_version].push_back(i);
    std::vector<std::span<const std::size_t>> frames;
    for (const auto& [version, indexes] : by_version)
      for (std::size_t at = 0; at < indexes.size(); at += kOrgKekFrame)
        frames.push_back(std::span(indexes).subspan(at, std::min(kOrgKekFrame, indexes.size() - at)));

    std::vector<store::RewrappedEntry> done;
    done.reserve(entries.size());
    std::deque<Answer> ahead;
    for (std::size_t next = 0, answered = 0; answered < frames.size(); ++answered) {
      for (; next < frames.size() && ahead.size() < kCallsAhead; ++next)
        ahead.push_back(call(entries, frames[next], to));
      auto answer = std::move(ahead.front());
      ahead.pop_front();
      KAITO_CO_TRY(auto wrapped, co_await std::move(answer));
      for (std::size_t i = 0; i < wrapped.size(); ++i) take(entries[frames[answered][i]], std::move(wrapped[i]), done);
    }
    co_return done;
  }

  void take(store::KeyringEntry& entry, Result<hsm::WrappedOrgKek> wrapped, std::vector<store::RewrappedEntry>& done) {
    if (!wrapped) {
      parts_.log.error("keys.rotation.org_key_refused",
                       {{"org", entry.org}, {"version", entry.version}, {"error", wrapped.error()}});
      return;
    }
    done.push_back(
        {.before = std::move(entry), .platform_version = wrapped->platform_version, .blob = std::move(wrapped->blob)});
  }

  RotationParts parts_;
  store::KeyringPlace place_;
  std::uint64_t worked_in_pass_ = 0;
};

}  // namespace

std::unique_ptr<RotationWork> make_platform_rotation(RotationParts parts) {
  return std::make_unique<PlatformRotation>(parts);
}

}  // namespace kaito::keys
