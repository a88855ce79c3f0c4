#include "luks/header/header_facts.hpp"

#include <algorithm>

namespace kaito::luks {

std::vector<int> HeaderFacts::orphan_keyslots() const {
  std::vector<int> orphans;
  for (const auto& slot : keyslots)
    if (!token_of(slot.id) || (!rotating && !slot.opens_data)) orphans.push_back(slot.id);
  return orphans;
}

std::vector<int> HeaderFacts::orphan_tokens() const {
  std::vector<int> orphans;
  for (const auto& each : tokens)
    if (each.keyslots.empty()) orphans.push_back(each.id);
  return orphans;
}

const TokenFacts* HeaderFacts::token(int id) const {
  const auto found = std::ranges::find(tokens, id, &TokenFacts::id);
  return found == tokens.end() ? nullptr : &*found;
}

const KeyslotFacts* HeaderFacts::keyslot(int id) const {
  const auto found = std::ranges::find(keyslots, id, &KeyslotFacts::id);
  return found == keyslots.end() ? nullptr : &*found;
}

const TokenFacts* HeaderFacts::token_of(int keyslot) const {
  for (const auto& each : tokens)
    if (std::ranges::find(each.keyslots, keyslot) != each.keyslots.end()) return &each;
  return nullptr;
}

const DigestFacts* HeaderFacts::data_digest() const {
  const DigestFacts* newest = nullptr;
  for (const auto& each : digests)
    if (!each.segments.empty() && (!newest || each.id > newest->id)) newest = &each;
  return newest;
}

}  // namespace kaito::luks
