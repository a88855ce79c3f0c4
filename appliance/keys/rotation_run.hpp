// One rotation under work: what the engine remembers of it between two steps, none of which a restart would miss.
#pragma once

#include "appliance/keys/certificate_issue.hpp"
#include "appliance/keys/rotation_work.hpp"

namespace kaito::keys {

// Used by the engine's thread.
class RotationRun {
 public:
  // `items_per_second`: 0 means no limit.
  RotationRun(const RotationParts& parts, const store::Rotation& rotation, std::uint32_t items_per_second);

  // Takes the rotation one step further, as its row says now. Nothing when the row is not running.
  Task<void> step();

  // When the next step may be taken.
  [[nodiscard]] SteadyPoint due() const noexcept { return due_; }
  // Wrapped keys a second, lately; 0 until there is a measure.
  [[nodiscard]] double rate() const noexcept { return rate_; }

 private:
  Result<std::optional<store::Rotation>> read_row();
  Task<Status> advance(const store::Rotation& rotation);
  Task<Status> prepare(const store::Rotation& rotation);
  Task<Status> rewrap(const store::Rotation& rotation);
  Task<Status> certify(const store::Rotation& rotation);
  Task<Status> destroy(const store::Rotation& rotation);
  Task<Status> go_to(const store::Rotation& rotation, store::RotationPhase phase, std::uint64_t total);
  bool org_is_gone(const store::Rotation& rotation);
  Task<void> take_failure(const store::Rotation& rotation, Error error);
  Task<void> wait_and_retry(const store::Rotation& rotation, const Error& error);
  Task<void> end(const store::Rotation& rotation, store::RotationState state, const Error& error);
  void pace(std::uint64_t worked, SteadyPoint began);

  const RotationParts parts_;
  const RotationId id_;
  const std::uint32_t items_per_second_;
  const std::unique_ptr<RotationWork> work_;
  SteadyPoint due_{};
  bool prepared_ = false;  // since this process started
  double rate_ = 0;
  int failures_ = 0;  // in a row
};

// Text of the error that may be shown to who started the rotation.
std::string shown_error(const Error& error);

}  // namespace kaito::keys
