// Back to the state before the ceremony, by a quorum of officers: each signs, with a security key, a text that names
// the machine and what is destroyed; then somebody confirms by the machine's name and the text's digest. Needs neither
// the volume's key nor its data, so that a machine nobody can open any more is not lost. docs/formats/factory-reset.md
#pragma once

#include <functional>

#include "luks/ways/fido2_key.hpp"
#include "provisioning/places.hpp"
#include "provisioning/transcript/reset_proof.hpp"
#include "provisioning/volume_record.hpp"

namespace kaito::provisioning {

inline constexpr Seconds kResetValid{24 * 3600};

struct ResetState {
  std::string text;
  std::string digest;                 // SHA-256 of it, hexadecimal
  std::vector<std::string> officers;  // who have signed
  unsigned needed = 0;
};
std::string describe(const ResetState& state);

// Writes the text that officers sign for, in place of one that was not carried out. With the volume mounted its
// organisations and seeds are counted; with the volume closed the text says that nobody knows. `without_hsm`: its keys
// are left, and the audit key does not sign the proof, for an HSM that does not answer any more.
//   not_found    there is no volume, or the ceremony noted no officers' keys
//   wrong_state  kaitod may serve: maintenance comes first; or a reset has begun
Result<ResetState> prepare_reset(const Places& places, bool without_hsm, const Clock& clock, Random& random);

// A security key's signature of the hash, by one of the credentials.
using AskKey = std::function<Result<luks::Fido2Key::Signature>(const OfficerKeys& officers, const LineHash& hash)>;
using ShowText = std::function<void(const ResetState& state)>;
// Shows the text, then asks a key for its officer's signature.
//   not_found    no text is prepared
//   conflict     the officer has signed, or what would be destroyed is not what it was
//   wrong_state  the text has expired
Result<ResetState> sign_reset(const Places& places, const ShowText& show, const AskKey& ask, const Clock& clock);

// Destroys it all. `digest` and `typed` name the text and the machine. Once the proof is complete there is no way back:
// after a power cut, or when the HSM did not answer, a further call, with whatever words, goes on to the end, and
// nothing opens the volume until then. Gives the path of the proof.
//   forbidden         too few officers, another digest, or not the machine's name
//   conflict, wrong_state  as sign_reset
Result<std::filesystem::path> execute_reset(const Places& places, std::string_view digest, std::string_view typed,
                                            const Clock& clock);

// A proof is complete, and the reset has not come to its end.
bool reset_begun(const Places& places, const VolumeRecord& record, const Clock& clock);

}  // namespace kaito::provisioning
