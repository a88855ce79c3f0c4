#include "luks/ways/enrolment.hpp"

#include <fmt/format.h>

namespace kaito::luks {

Result<Enrolled> enrol(Volume& volume, const VolumeKey& key, const Passphrase& secret, const TokenRecord& record,
                       const KdfCost& cost) {
  KAITO_TRY(const int keyslot, volume.add_keyslot(key, secret, cost));
  const auto undo = [&](Error error) {
    if (const auto undone = volume.kill_keyslot(keyslot, true); !undone)
      error.detail += fmt::format("; keyslot {} is left without a token: {}", keyslot, undone.error().detail);
    return fail(std::move(error));
  };
  const auto proof = volume.unlock(secret, keyslot);
  if (!proof) return undo(proof.error());
  if (*proof != key) return undo(Error{.code = Code::integrity, .detail = "the new keyslot gives another key"});
  const auto token = volume.add_token(to_json(record, keyslot));
  if (!token) return undo(token.error());
  return Enrolled{.keyslot = keyslot, .token = *token};
}

Status remove_way(Volume& volume, int token) {
  const TokenFacts* const facts = volume.facts().token(token);
  if (!facts) return fail(Code::not_found, fmt::format("no token {}", token));
  if (volume.facts().rotating) return fail(Code::conflict, "the volume key is being rotated");
  for (const int keyslot : std::vector(facts->keyslots)) KAITO_CHECK(volume.kill_keyslot(keyslot));
  return volume.remove_token(token);
}

Result<Orphans> remove_orphans(Volume& volume) {
  if (volume.facts().rotating) return fail(Code::conflict, "the volume key is being rotated");
  Orphans removed;
  for (const int keyslot : volume.facts().orphan_keyslots()) {
    const auto killed = volume.kill_keyslot(keyslot);
    if (!killed && killed.error().code == Code::conflict) continue;  // the last one
    KAITO_CHECK(killed);
    removed.keyslots.push_back(keyslot);
  }
  for (const int token : volume.facts().orphan_tokens()) {
    KAITO_CHECK(volume.remove_token(token));
    removed.tokens.push_back(token);
  }
  return removed;
}

}  // namespace kaito::luks
