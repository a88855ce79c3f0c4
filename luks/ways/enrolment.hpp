// A way to unlock: a keyslot with the token that says where its passphrase comes from.
#pragma once

#include <vector>

#include "luks/volume.hpp"
#include "luks/ways/token_record.hpp"

namespace kaito::luks {

struct Enrolled {
  int keyslot = 0;
  int token = 0;
};

// Adds the keyslot, proves that `secret` opens it, and writes the token last: with the token the way exists. A power
// cut before leaves at most a keyslot without a token, which facts().orphan_keyslots() names and remove_orphans
// removes. When a step fails, the steps before it are undone.
Result<Enrolled> enrol(Volume& volume, const VolumeKey& key, const Passphrase& secret, const TokenRecord& record,
                       const KdfCost& cost);

// Kills the keyslot, then removes the token. Code::conflict for the last way that opens the volume.
Status remove_way(Volume& volume, int token);

struct Orphans {
  std::vector<int> keyslots;
  std::vector<int> tokens;
};

// Removes what half an enrolment or half a removal left. Gives what was removed. Not while the volume key is rotated,
// and never the last keyslot that opens the volume: then it stays, and is not in the result.
Result<Orphans> remove_orphans(Volume& volume);

}  // namespace kaito::luks
