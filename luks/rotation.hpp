// Rotation of the volume key: online re-encryption of every sector under a new key, while the volume is in use. A crash
// at any point costs the slice in work at most, which its checksums tell how to finish (LUKS2 On-Disk Format,
// section 3.4).
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "luks/volume.hpp"

namespace kaito::luks {

// A way that lives on: its token, and the passphrase of its keyslot. The new key gets a keyslot under the same
// passphrase.
struct KeptWay {
  int token = 0;
  Passphrase secret;
};

struct RotationProgress {
  std::uint64_t done_bytes = 0;
  std::uint64_t total_bytes = 0;
};
// Called after each slice. False: pause; the volume stays as it is and resume_rotation goes on later.
using OnProgress = std::function<bool(const RotationProgress&)>;

enum class RotationEnd : std::uint8_t { complete, paused };

struct RotationRequest {
  // The open volume's name; none: offline, the volume is closed.
  std::optional<std::string> active_name{};
  std::vector<KeptWay> kept;   // at least one
  std::vector<int> dropped{};  // tokens that end with the old key: every token is in one of the two lists
  KdfCost cost = KdfCost::for_random_secret();
};

// Code::invalid_request when the lists do not cover the tokens, Code::unauthenticated when a passphrase does not open
// its way's keyslot, Code::conflict when a rotation is unfinished, Code::wrong_state with dm-integrity. All of that is
// found out before the header changes.
Result<RotationEnd> rotate_volume_key(Volume& volume, const RotationRequest& request, Random& random,
                                      const OnProgress& on_progress);

// Goes on with one that was paused, or that a crash ended. `passphrase` is that of any kept way. Code::wrong_state when
// there is none.
Result<RotationEnd> resume_rotation(Volume& volume, const std::optional<std::string>& active_name,
                                    const Passphrase& passphrase, const OnProgress& on_progress);

}  // namespace kaito::luks
