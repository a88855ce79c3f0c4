// An org KEK: the DEKs of the org's seeds and its index key are wrapped anew. The seeds themselves stay as they are.
#include <sched.h>

#include <deque>
#include <span>

#include "appliance/envelope/binding.hpp"
#include "appliance/keys/rotation_work.hpp"

namespace kaito::keys {
namespace {

constexpr std::uint32_t kRead = 256;     // DEKs that are read at once
constexpr std::size_t kDekSlice = 1024;  // DEKs of a slice, and some of the last frame
constexpr std::size_t kDekFrame = 96;    // DEKs in one call, and in one write, which other writers have to wait for
constexpr std::size_t kWritesAhead = 2;  // writes that the store may have

constexpr std::uint64_t kRowsInARun = 8;

// On a busy machine a thread that works for long keeps those that only have to pass something on from its processor for
// whole time slices.
void let_others_run() noexcept { ::sched_yield(); }

hsm::WrappedDek wrapped_of(const store::SeedDek& dek) { return {.blob = dek.wrapped_dek}; }

// The seed's own seal: whoever has the right DEK opens it (docs/formats/seed.md).
hsm::SealedMessage proof_of(const store::SeedDek& dek, const envelope::SeedBinding& binding) {
  // A longer one was altered and opens with no DEK; nor does what is left of it.
  const auto sealed = ByteView(dek.ciphertext).first(std::min(dek.ciphertext.size(), hsm::kMaxSealedMessage));
  return {.iv = dek.iv,
          .aad = envelope::seed_aad(binding),
          .ciphertext = Bytes(sealed.begin(), sealed.end()),
          .tag = dek.tag};
}

class OrgRotation final : public RotationWork {
 public:
  explicit OrgRotation(RotationParts parts) : parts_(parts) {}

  Task<Status> prepare(const store::Rotation& rotation) override {
    KAITO_CO_TRY(const auto org, org_of(rotation));
    if (org.kek_version >= rotation.to) co_return Status{};
    KAITO_CO_CHECK(co_await make_version(rotation));
    KAITO_CO_TRY(const auto key, co_await rewrap_index_key(org, rotation.to));
    // With its index key the org goes over to the new version: new seeds are sealed under it from here on.
    co_return co_await write(parts_.store, [&](store::Writer& writer) -> Status {
      KAITO_TRY(const auto present, writer.rotation(rotation.id));
      if (!present || present->state == store::RotationState::cancelled)
        return fail(Code::conflict, "the rotation was cancelled");
      KAITO_TRY(const auto entry, parts_.keyring.find(org.id, rotation.to));
      if (!entry) return fail(Code::hsm_unavailable, "the new key was taken back meanwhile");
      KAITO_TRY(auto row, writer.org(org.id));
      if (!row) return fail(Code::not_found, "the org is gone");
      if (row->kek_version != org.kek_version || row->wrapped_index_key != org.wrapped_index_key)
        return fail(Code::hsm_unavailable, "the org's key has changed meanwhile");
      row->kek_version = rotation.to;
      row->wrapped_index_key = key.blob;
      return writer.update(*row);
    });
  }

  Result<std::uint64_t> remaining(const store::Rotation& rotation) override {
    KAITO_TRY(const auto snapshot, parts_.store.snapshot());
    return snapshot->seed_count_below(*rotation.org, rotation.to);
  }

  // The store writes what the HSM has done while the HSM works on.
  Task<Result<RotationSlice>> rewrap(const store::Rotation& rotation) override {
    const auto worked = co_await wrap_anew(rotation);
    if (!worked) {
      start_again();  // what was read but not written is read again
      if (const auto written = co_await finish_writes(0); !written) co_return fail(written.error());
      co_return fail(worked.error());
    }
    worked_in_pass_ += worked->deks;
    if (worked->more) co_return RotationSlice{.worked = worked->deks};
    KAITO_CO_CHECK(co_await finish_writes(0));
    KAITO_CO_TRY(RotationSlice slice, end_of_pass(rotation));
    slice.worked = worked->deks;
    co_return slice;
  }

  Task<Status> shut_out(const store::Rotation&) override { co_return Status{}; }

  Status settle(store::Writer& writer, const store::Rotation& rotation, CertificateFacts& facts) override {
    KAITO_TRY(const bool left, writer.any_seed_below(*rotation.org, rotation.to));
    if (left) return fail(Code::conflict, "a seed was sealed under an older version meanwhile");
    KAITO_TRY(auto org, writer.org(*rotation.org));
    if (!org) return fail(Code::not_found, "the org is gone");
    org->oldest_kek_version = std::max(org->oldest_kek_version, rotation.to);
    KAITO_CHECK(writer.update(*org));
    KAITO_TRY(const auto seeds, writer.seed_count(*rotation.org));
    facts.emplace_back("statement",
                       fmt::format("no DEK of the org is wrapped by its KEK below version {}", rotation.to));
    facts.emplace_back("deks", std::to_string(seeds));
    if (rotation.place.is_customers())
      facts.emplace_back("held-by", fmt::format("the customer's HSM {}, {}", rotation.place.hsm, rotation.place.key));
    facts.emplace_back("retained-backups", "0");
    return {};
  }

  Task<Status> destroy(const store::Rotation& rotation) override {
    KAITO_CO_CHECK(parts_.org_keys.retire_below(*rotation.org, rotation.to));
    KAITO_CO_CHECK(parts_.escrow.write());
    KAITO_CO_TRY(const auto left, parts_.keyring.entries_of(*rotation.org));
    for (const auto& entry : left)
      if (entry.version < rotation.to)
        co_return fail(Code::storage_failed, fmt::format("org KEK {} is still in the keyring", entry.version));
    co_return Status{};
  }

  Status settle_destruction(store::Writer&, const store::Rotation& rotation, CertificateFacts& facts) override {
    facts.emplace_back("destroyed", fmt::format("org KEK versions below {}", rotation.to));
    facts.emplace_back("statement", "neither the keyring nor an escrow copy that this appliance writes holds them");
    facts.emplace_back("escrow-copies-rewritten", std::to_string(parts_.escrow.copies()));
    return {};
  }

 private:
  using Deks = std::vector<store::SeedDek>;
  using Answer = Future<Result<std::vector<Result<hsm::WrappedDek>>>>;
  struct Worked {
    std::uint64_t deks = 0;
    bool more = true;  // false: the pass is at its end
  };
  using Rewrapped = std::vector<std::pair<store::SeedDek, store::SeedDek>>;  // before, after

  Result<store::Org> org_of(const store::Rotation& rotation) {
    KAITO_TRY(const auto snapshot, parts_.store.snapshot());
    KAITO_TRY(auto org, snapshot->org(*rotation.org));
    if (!org) return fail(Code::not_found, "the org is gone");
    return *std::move(org);
  }

  // A version that is there in another place was made by a rotation that was cancelled: nothing is wrapped by it.
  Task<Status> make_version(const store::Rotation& rotation) {
    const auto is_right = [&](const store::KeyPlace& place) {
      return place.hsm == rotation.place.hsm && place.key == rotation.place.key;
    };
    KAITO_CO_TRY(const auto there, parts_.org_keys.place_of(*rotation.org, rotation.to));
    if (there && is_right(*there)) co_return Status{};
    if (there) KAITO_CO_CHECK(parts_.org_keys.drop_from(*rotation.org, rotation.to));
    co_return made_or_there(co_await parts_.org_keys.create(*rotation.org, rotation.to, rotation.place));
  }

  Task<Result<hsm::WrappedDek>> rewrap_index_key(const store::Org& org, KeyVersion to) {
    std::vector<hsm::DekToRewrap> one;
    one.push_back({.wrapped = {.blob = org.wrapped_index_key},
                   .aad_before = envelope::index_key_aad(org.id, org.kek_version),
                   .aad_after = envelope::index_key_aad(org.id, to)});
    KAITO_CO_TRY(auto answer, parts_.org_keys.rewrap(org.id, org.kek_version, to, std::move(one)));
    KAITO_CO_TRY(auto keys, co_await std::move(answer));
    co_return std::move(keys.front());
  }

  // DEKs of one old version, at most kDekFrame; empty at the end of the pass.
  Result<Deks> next_frame(const store::Rotation& rotation) {
    if (unread_.empty()) {
      KAITO_TRY(const auto snapshot, parts_.store.snapshot());
      KAITO_TRY(batch_, snapshot->seed_deks(*rotation.org, rotation.to, place_, kRead));
      if (!batch_.empty()) place_ = {batch_.back().kek_version, batch_.back().seed};
      unread_ = batch_;
    }
    std::size_t size = 0;
    while (size < std::min(kDekFrame, unread_.size()) && unread_[size].kek_version == unread_.front().kek_version)
      ++size;
    Deks frame(std::move_iterator(unread_.begin()), std::move_iterator(unread_.begin() + static_cast<long>(size)));
    unread_ = unread_.subspan(size);
    return frame;
  }

  void start_again() {
    place_ = {};
    unread_ = {};
  }

  Result<Answer> call(const store::Rotation& rotation, const Deks& frame) {
    std::vector<hsm::DekToRewrap> deks;
    deks.reserve(frame.size());
    for (const auto& dek : frame) {
      const envelope::SeedBinding binding{*rotation.org, dek.seed, dek.parameters};
      deks.push_back({.wrapped = wrapped_of(dek),
                      .aad_before = envelope::dek_wrap_aad(binding, dek.kek_version),
                      .aad_after = envelope::dek_wrap_aad(binding, rotation.to),
                      .proof = proof_of(dek, binding)});
    }
    return parts_.org_keys.rewrap(*rotation.org, frame.front().kek_version, rotation.to, std::move(deks));
  }

  struct Begun {
    Deks frame;
    Answer answer;
  };
  // Begins calls until the HSM has as many as it shall have; `begun` DEKs so far in this slice. False: no more are
  // left.
  Result<bool> begin_calls(const store::Rotation& rotation, std::deque<Begun>& ahead, std::size_t& begun) {
    while (ahead.size() < kCallsAhead && begun < kDekSlice) {
      let_others_run();
      KAITO_TRY(auto frame, next_frame(rotation));
      if (frame.empty()) return false;
      KAITO_TRY(auto answer, call(rotation, frame));
      begun += frame.size();
      ahead.push_back({.frame = std::move(frame), .answer = std::move(answer)});
    }
    return true;
  }

  // How many were wrapped anew; their writes have begun. After a failure nothing more is begun, but what has begun is
  // waited for: it may still work on this thread.
  Task<Result<Worked>> wrap_anew(const store::Rotation& rotation) {
    std::deque<Begun> ahead;
    std::size_t begun = 0;
    Worked done;
    Status outcome;
    for (;;) {
      if (outcome && done.more) {
        if (const auto more = begin_calls(rotation, ahead, begun); more)
          done.more = *more;
        else
          outcome = fail(more.error());
      }
      if (ahead.empty()) break;
      Begun first = std::move(ahead.front());
      ahead.pop_front();
      const auto wrapped = co_await std::move(first.answer);
      if (!wrapped) outcome = fail(wrapped.error());
      if (!outcome) continue;
      auto rewrapped = taken(first.frame, *wrapped, rotation.to);
      done.deks += rewrapped.size();
      outcome = co_await finish_writes(kWritesAhead - 1);
      if (outcome) begin_write(rotation, std::move(rewrapped));
    }
    if (!outcome) co_return fail(std::move(outcome).error());
    co_return done;
  }

  Rewrapped taken(std::span<const store::SeedDek> frame, const std::vector<Result<hsm::WrappedDek>>& wrapped,
                  KeyVersion to) {
    Rewrapped result;
    result.reserve(frame.size());
    for (std::size_t i = 0; i < wrapped.size(); ++i) {
      if (!wrapped[i]) {
        parts_.log.error("keys.rotation.seed_refused", {{"seed", frame[i].seed}, {"error", wrapped[i].error()}});
        continue;
      }
      store::SeedDek after = frame[i];
      after.kek_version = to;
      after.wrapped_dek = wrapped[i]->blob;
      result.emplace_back(frame[i], std::move(after));
    }
    return result;
  }

  void begin_write(const store::Rotation& rotation, Rewrapped rewrapped) {
    if (rewrapped.empty()) return;
    writes_.push_back(parts_.store.write(
        [id = rotation.id, org = *rotation.org, now = parts_.clock.now(),
         work = std::move(rewrapped)](store::Writer& writer) -> Status {
          std::uint64_t changed = 0;
          for (const auto& [before, after] : work) {
            KAITO_TRY(const bool done, writer.rewrap(org, before, after));
            if (done && ++changed % kRowsInARun == 0) let_others_run();
          }
          return add_progress(writer, id, changed, now);
        },
        store::JobKind::bulk));
  }

  // Waits until no more than `left` writes are under way. The first error, once all those have ended.
  Task<Status> finish_writes(std::size_t left) {
    Status outcome;
    while (writes_.size() > left) {
      auto write = std::move(writes_.front());
      writes_.pop_front();
      if (auto written = co_await std::move(write); !written && outcome) outcome = std::move(written);
    }
    co_return outcome;
  }

  // Seeds sealed under an older version while the pass went on stand behind it: another pass takes them.
  Result<RotationSlice> end_of_pass(const store::Rotation& rotation) {
    start_again();
    KAITO_TRY(const std::uint64_t left, remaining(rotation));
    if (left == 0) return RotationSlice{.finished = true};
    if (std::exchange(worked_in_pass_, 0) > 0) return RotationSlice{};
    return fail(Code::integrity,
                fmt::format("the DEKs of {} seeds do not open, or not to what opens the seed; they stay "
                            "under the old org key; the log names the seeds",
                            left));
  }

  RotationParts parts_;
  store::SeedDekPlace place_;  // up to where DEKs have been read
  Deks batch_;
  std::span<store::SeedDek> unread_;  // of batch_
  std::uint64_t worked_in_pass_ = 0;
  std::deque<Future<Result<void>>> writes_;  // in the order of their frames
};

}  // namespace

std::unique_ptr<RotationWork> make_org_rotation(RotationParts parts) { return std::make_unique<OrgRotation>(parts); }

}  // namespace kaito::keys
