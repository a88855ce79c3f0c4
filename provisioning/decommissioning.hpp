// The end of a machine: nothing on its volume can be read ever again, and a signed transcript says so.
#pragma once

#include "provisioning/unlocking.hpp"

namespace kaito::provisioning {

// What would be destroyed, and a word that nobody can know beforehand: it is kept in `file` until it is used or the
// machine restarts. Code::not_found when there is no volume.
Result<std::string> make_challenge(const Places& places, Random& random);

// Destroys the volume: kaitod is stopped, the transcript of the decommissioning is signed by the audit key, the volume
// is closed, every keyslot killed, the header overwritten. `word` is the challenge's; people prove their quorum as in
// any_way(). Once the transcript is signed there is no way back: after a power cut a further call, with whatever word,
// goes on to the end. Gives the path of the transcript.
//   forbidden  the word is not the challenge's, or no challenge was asked for since the machine started
Result<std::filesystem::path> decommission(const Places& places, std::string_view word, UnlockRequest request,
                                           const Clock& clock, cli::Terminal& terminal);

// The proof is signed, and the decommissioning has not come to its end.
bool decommissioning_begun(const Places& places, const VolumeRecord& record, const Clock& clock);

// The transcripts of volumes that this machine once had; empty when there are none.
std::vector<std::filesystem::path> decommissioned(const Places& places);

}  // namespace kaito::provisioning
