#include "appliance/http/deadline_wheel.hpp"

#include <utility>

namespace kaito::http {

void Deadline::unlink() noexcept {
  if (previous_) previous_->next_ = next_;
  if (next_) next_->previous_ = previous_;
  previous_ = next_ = nullptr;
}

DeadlineWheel::DeadlineWheel(SteadyPoint now) noexcept : start_(now) {}

std::uint64_t DeadlineWheel::tick_of(SteadyPoint at) const noexcept {
  return at <= start_ ? 0 : static_cast<std::uint64_t>((at - start_) / kTick);
}

void DeadlineWheel::set(Deadline& deadline, SteadyPoint at) noexcept {
  deadline.at_ = at;
  const bool in_time = deadline.previous_ != nullptr && deadline.tick_ <= tick_of(at) + 1;
  if (in_time) return;
  deadline.unlink();
  link(deadline);
}

void DeadlineWheel::link(Deadline& deadline) noexcept {
  // The tick after the deadline's own, so that it has passed when the wheel comes by.
  const std::uint64_t wanted = std::max(tick_of(deadline.at_) + 1, next_tick_);
  deadline.tick_ = std::min(wanted, next_tick_ + kSlots - 1);
  Deadline& head = slots_[deadline.tick_ % kSlots];
  deadline.previous_ = &head;
  deadline.next_ = std::exchange(head.next_, &deadline);
  if (deadline.next_) deadline.next_->previous_ = &deadline;
}

void DeadlineWheel::collect(std::size_t slot, Deadline& into) noexcept {
  into.next_ = std::exchange(slots_[slot].next_, nullptr);
  if (into.next_) into.next_->previous_ = &into;
}

}  // namespace kaito::http
