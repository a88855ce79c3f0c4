// DEKs that move from one HSM to another. They pass through our locked memory, and nothing that the HSM which opens
// them says is taken on trust: their old wraps are given up afterwards.
#pragma once

#include <functional>
#include <vector>

#include "appliance/base/task.hpp"
#include "hsm/protocol/wrapped_dek.hpp"

namespace kaito::keys {

// As hsm::Client::unwrap_deks() and wrap_deks() of one HSM and one org KEK; what is wrapped was opened again there.
using UnwrapDeks = std::function<Task<Result<std::vector<Result<Dek>>>>(std::vector<hsm::DekToUnwrap>)>;
using WrapDeks = std::function<Task<Result<std::vector<Result<hsm::WrappedDek>>>>(std::vector<hsm::DekToWrap>)>;

// One result each, in order. A DEK that does not open its proof, or has none, is opened once more.
//   integrity        on one: altered, not of its AAD, or twice not what opens its proof
//   hsm_unavailable  on one without a proof: it opened to two different things
Task<Result<std::vector<Result<hsm::WrappedDek>>>> move_deks(std::vector<hsm::DekToRewrap> deks, UnwrapDeks unwrap,
                                                             WrapDeks wrap);

}  // namespace kaito::keys
