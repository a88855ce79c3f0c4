#include "appliance/keys/rotation_run.hpp"

#include <algorithm>

namespace kaito::keys {
namespace {

using store::RotationPhase;
using store::RotationState;

constexpr Milliseconds kFirstWait{250};
constexpr Milliseconds kLongestWait{30'000};
constexpr Milliseconds kPollWait{50};  // for what somebody else has to do first
constexpr double kRateWeight = 0.3;    // of the newest slice in the rate that is shown
constexpr std::size_t kMaxShownError = 512;

// What is over when the HSM, the disk or the escrow directory is back.
bool may_pass(Code code) {
  switch (code) {
    case Code::hsm_unavailable:
    case Code::customer_hsm_unavailable:
    case Code::customer_key_disabled:
    case Code::deadline_exceeded:
    case Code::storage_full:
    case Code::storage_failed:
    case Code::audit_failed: return true;
    default: return false;
  }
}

}  // namespace

std::string shown_error(const Error& error) {
  std::string text = error.describe();
  std::erase_if(text, [](char c) { return c < ' ' || c > '~'; });
  text.resize(std::min(text.size(), kMaxShownError));
  return text;
}

RotationRun::RotationRun(const RotationParts& parts, const store::Rotation& rotation, std::uint32_t items_per_second)
    : parts_(parts),
      id_(rotation.id),
      items_per_second_(items_per_second),
      work_(make_rotation_work(rotation.kind, parts)),
      due_(parts.clock.steady_now()) {}

Result<std::optional<store::Rotation>> RotationRun::read_row() {
  KAITO_TRY(const auto snapshot, parts_.store.snapshot());
  return snapshot->rotation(id_);
}

Task<void> RotationRun::step() {
  const auto row = read_row();
  if (!row) {
    due_ = parts_.clock.steady_now() + kLongestWait;
    parts_.log.error("keys.rotation.unreadable", {{"rotation", id_}, {"error", row.error()}});
    co_return;
  }
  if (!*row || (*row)->state != RotationState::running) co_return;
  if (auto done = co_await advance(**row); !done) {
    co_await take_failure(**row, std::move(done).error());
    co_return;
  }
  failures_ = 0;
}

Task<Status> RotationRun::advance(const store::Rotation& rotation) {
  switch (rotation.phase) {
    case RotationPhase::prepare: co_return co_await prepare(rotation);
    case RotationPhase::rewrap: co_return co_await rewrap(rotation);
    case RotationPhase::certify: co_return co_await certify(rotation);
    case RotationPhase::destroy: co_return co_await destroy(rotation);
    case RotationPhase::complete: break;
  }
  co_return fail(Code::internal, "a complete rotation is running");
}

Task<Status> RotationRun::prepare(const store::Rotation& rotation) {
  KAITO_CO_CHECK(co_await work_->prepare(rotation));
  KAITO_CO_TRY(const std::uint64_t left, work_->remaining(rotation));
  co_return co_await go_to(rotation, RotationPhase::rewrap, left);
}

Task<Status> RotationRun::rewrap(const store::Rotation& rotation) {
  // After a restart the new version has to be taken into use again.
  if (!prepared_) KAITO_CO_CHECK(co_await work_->prepare(rotation));
  prepared_ = true;
  const SteadyPoint began = parts_.clock.steady_now();
  KAITO_CO_TRY(const RotationSlice slice, co_await work_->rewrap(rotation));
  pace(slice.worked, began);
  if (!slice.finished) co_return Status{};
  co_return co_await go_to(rotation, RotationPhase::certify, rotation.total);
}

Task<Status> RotationRun::certify(const store::Rotation& rotation) {
  Status done = co_await work_->shut_out(rotation);
  if (done) {
    done = co_await issue_certificate(parts_, *work_, rotation, store::CertificateKind::no_reference,
                                      [this](store::Rotation& row) {
                                        row.done = row.total;
                                        row.phase = row.destroy_old ? RotationPhase::destroy : RotationPhase::complete;
                                        if (row.destroy_old) return;
                                        row.state = RotationState::done;
                                        row.ended_at = parts_.clock.now();
                                      });
  }
  if (done || done.error().code != Code::conflict) co_return done;
  // Something came under an old version at the last moment.
  KAITO_CO_TRY(const std::uint64_t left, work_->remaining(rotation));
  co_return co_await go_to(rotation, RotationPhase::rewrap, rotation.done + left);
}

Task<Status> RotationRun::destroy(const store::Rotation& rotation) {
  KAITO_CO_CHECK(co_await work_->destroy(rotation));
  co_return co_await issue_certificate(parts_, *work_, rotation, store::CertificateKind::destroyed,
                                       [this](store::Rotation& row) {
                                         row.phase = RotationPhase::complete;
                                         row.state = RotationState::done;
                                         row.ended_at = parts_.clock.now();
                                       });
}

Task<Status> RotationRun::go_to(const store::Rotation& rotation, RotationPhase phase, std::uint64_t total) {
  if (phase == RotationPhase::rewrap && rotation.phase == RotationPhase::certify)
    due_ = parts_.clock.steady_now() + kPollWait;
  co_return co_await write(parts_.store, [&](store::Writer& writer) -> Status {
    KAITO_TRY(auto row, writer.rotation(rotation.id));
    if (!row) return fail(Code::not_found, "no such rotation");
    if (row->state == RotationState::cancelled) return {};
    row->phase = phase;
    row->total = total;
    row->updated_at = parts_.clock.now();
    row->error.clear();
    return writer.update(*row);
  });
}

// Slices are spread so that the limit holds over each of them.
void RotationRun::pace(std::uint64_t worked, SteadyPoint began) {
  const SteadyPoint now = parts_.clock.steady_now();
  due_ = now;
  if (worked == 0) return;
  if (items_per_second_ > 0)
    due_ = std::max(now, began + std::chrono::duration_cast<SteadyPoint::duration>(
                                     std::chrono::duration<double>(static_cast<double>(worked) / items_per_second_)));
  const double seconds = std::max(std::chrono::duration<double>(due_ - began).count(), 1e-6);
  const double newest = static_cast<double>(worked) / seconds;
  rate_ = rate_ > 0 ? kRateWeight * newest + (1 - kRateWeight) * rate_ : newest;
}

bool RotationRun::org_is_gone(const store::Rotation& rotation) {
  if (!rotation.org) return false;
  const auto snapshot = parts_.store.snapshot();
  if (!snapshot) return false;
  const auto org = (*snapshot)->org(*rotation.org);
  return org && !*org;
}

Task<void> RotationRun::take_failure(const store::Rotation& rotation, Error error) {
  if (org_is_gone(rotation)) {
    co_await end(rotation, RotationState::cancelled, Error{.code = Code::not_found, .detail = "the org was deleted"});
    co_return;
  }
  if (may_pass(error.code)) {
    co_await wait_and_retry(rotation, error);
    co_return;
  }
  co_await end(rotation, RotationState::failed, error);
}

Task<void> RotationRun::wait_and_retry(const store::Rotation& rotation, const Error& error) {
  const Milliseconds wait = std::min(kLongestWait, kFirstWait * (1 << std::min(failures_, 10)));
  due_ = parts_.clock.steady_now() + wait;
  ++failures_;
  parts_.log.warning("keys.rotation.waits", {{"rotation", rotation.id}, {"error", error}, {"wait_ms", wait.count()}});
  if (shown_error(error) == rotation.error) co_return;
  std::ignore = co_await write(parts_.store, [&](store::Writer& writer) -> Status {
    KAITO_TRY(auto row, writer.rotation(rotation.id));
    if (!row || row->state == RotationState::cancelled) return {};
    row->error = shown_error(error);
    row->updated_at = parts_.clock.now();
    return writer.update(*row);
  });
}

Task<void> RotationRun::end(const store::Rotation& rotation, RotationState state, const Error& error) {
  due_ = parts_.clock.steady_now() + kLongestWait;
  parts_.log.error("keys.rotation.stopped", {{"rotation", rotation.id}, {"error", error}});
  const auto left = work_->remaining(rotation);
  const bool failed = state == RotationState::failed;
  audit::Event event = rotation_event(failed ? "key.rotation.failed" : "key.rotation.cancelled", rotation);
  event.outcome = failed ? Outcome::failed : Outcome::success;
  if (failed) event.error = traits(error.code).slug;
  auto change = [&](store::Writer& writer, audit::Event&) -> Status {
    KAITO_TRY(auto row, writer.rotation(rotation.id));
    if (!row) return fail(Code::not_found, "no such rotation");
    if (row->state == RotationState::cancelled) return fail(Code::conflict, "the rotation was cancelled meanwhile");
    row->state = state;
    row->error = shown_error(error);
    row->refused = left.value_or(0);
    row->updated_at = parts_.clock.now();
    if (!failed) row->ended_at = row->updated_at;
    return writer.update(*row);
  };
  const auto committed = co_await parts_.journal.commit(std::move(event), std::move(change));
  if (!committed) parts_.log.error("keys.rotation.unrecorded", {{"error", committed.error()}});
}

}  // namespace kaito::keys
