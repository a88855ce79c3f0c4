// A factory reset's proof (docs/formats/factory-reset.md): what officers signed for, their signatures, and that
// somebody confirmed it. A transcript with lines of its own; written by kaito-boot, verified offline.
#pragma once

#include <optional>
#include <span>

#include "provisioning/transcript/officer_keys.hpp"
#include "provisioning/transcript/verification.hpp"

namespace kaito::provisioning {

inline constexpr std::string_view kResetKind = "factory-reset";
inline constexpr std::string_view kResetApproved = "approved";
inline constexpr std::string_view kResetConfirmed = "confirmed";

// What would be destroyed, as the machine shows it at this moment.
struct ResetSubject {
  std::string host;       // the name that clients use
  std::string appliance;  // origin of its audit log
  LineHash ceremony{};    // head of the transcript of the ceremony that made it
  std::string volume;     // UUID
  std::string device;
  std::string serial;  // of the disk, as the ceremony noted it
  struct Contents {
    std::uint64_t orgs = 0;
    std::uint64_t seeds = 0;
  };
  std::optional<Contents> contents;   // none: the volume is closed
  std::vector<std::string> ways;      // to unlock it
  std::string hsm;                    // which
  std::vector<std::string> hsm_keys;  // that are destroyed in it; none of an embedded token, which is on the volume
  unsigned needed = 0;                // officers
};

// The lines that are made anew, and have to be the same, whenever somebody signs or confirms.
std::string subject_text(const ResetSubject& subject);
// What officers sign for: bound to the moment by `nonce` and times, to the machine by the rest.
std::string reset_text(const ResetSubject& subject, ByteView nonce, TimePoint made_at, TimePoint expires_at);
// The part of such a text that subject_text made.
std::string_view subject_of(std::string_view text);
// The value of a line; empty when there is no line of that name.
std::string_view reset_line(std::string_view text, std::string_view name);

struct ResetProof {
  std::string text;
  std::vector<OfficerSignature> signatures;
  Facts confirmed;  // empty: not confirmed yet
};
// Code::integrity when the lines are not those of a factory reset, in order.
Result<ResetProof> read_reset_proof(const std::vector<TranscriptLine>& lines);
Facts to_facts(const OfficerSignature& signature, std::string_view officer);
// The officers who signed, each once. Code::integrity when a signature is wrong, or one officer's second.
Result<std::vector<std::string>> signers_of(const ResetProof& proof, const OfficerKeys& officers);

struct ResetReport {
  ResetProof proof;
  std::vector<std::string> officers;
  std::optional<audit::VerifierKey> signer;  // of the proof as a whole; none where the volume was closed
  LineHash head{};
};
// The proof against the transcript of the machine's ceremony, which names the officers' keys and is itself signed.
// Code::integrity says what does not hold.
Result<ResetReport> verify_reset(std::string_view proof, std::string_view ceremony,
                                 std::span<const audit::VerifierKey> trusted);

}  // namespace kaito::provisioning
