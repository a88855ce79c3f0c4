#include "luks/ways/recovery_key.hpp"

#include <algorithm>
#include <set>

#include "luks/ways/typed_text.hpp"

namespace kaito::luks {
namespace {

constexpr std::string_view kModhex = "cbdefghijklnrtuv";
constexpr std::size_t kSecretBytes = kSharedSecretBytes;
constexpr unsigned kMaxShares = 32;

std::vector<Share> shares_of(std::vector<RecoveryShare> parts) {
  std::vector<Share> shares;
  for (auto& part : parts) shares.push_back(std::move(part.share));
  return shares;
}

}  // namespace

Passphrase recovery_text(const RecoverySecret& secret) {
  const TypedText letters(kModhex, 4);
  return letters.print(secret.expose_secret(), 8);
}

Result<RecoverySecret> parse_recovery_text(const Passphrase& typed) {
  const TypedText letters(kModhex, 4);
  RecoverySecret secret(kSecretBytes);
  if (!letters.read(typed, secret.expose_secret()))
    return fail_invalid("recovery key", "is not 64 letters out of cbdefghijklnrtuv");
  return secret;
}

Result<std::vector<RecoveryShare>> split_recovery(const RecoverySecret& secret, unsigned threshold, unsigned count,
                                                  Random& random) {
  if (count > kMaxShares) return fail_invalid("count", "is more than 32");
  KAITO_TRY(auto shares, split_checked(secret.expose_secret(), threshold, count, random));
  ByteArray<4> set;
  random.fill(set);
  std::vector<RecoveryShare> parts;
  for (auto& share : shares)
    parts.push_back({.set = set, .threshold = static_cast<std::uint8_t>(threshold), .share = std::move(share)});
  return parts;
}

Result<RecoverySecret> combine_recovery(std::vector<RecoveryShare> shares) {
  if (shares.empty()) return fail_invalid("shares", "are none");
  const auto set = shares.front().set;
  const std::size_t threshold = shares.front().threshold;
  const auto belongs = [&](const RecoveryShare& share) { return share.set == set && share.threshold == threshold; };
  if (!std::ranges::all_of(shares, belongs)) return fail_invalid("shares", "are of different sets");

  std::set<std::uint8_t> seen;
  std::erase_if(shares, [&](const RecoveryShare& part) { return !seen.insert(part.share.x).second; });
  if (shares.size() < threshold) return fail_invalid("shares", "are fewer than it takes");
  shares.erase(shares.begin() + static_cast<std::ptrdiff_t>(threshold), shares.end());
  KAITO_TRY(const SharedSecret secret, combine_checked(shares_of(std::move(shares))));
  return RecoverySecret::copy_of(secret.expose_secret());
}

RecoveryRecord record_of(const std::vector<RecoveryShare>& shares) {
  if (shares.empty()) return {};
  return {.shares = RecoveryRecord::Shares{.set = to_hex(shares.front().set),
                                           .threshold = shares.front().threshold,
                                           .count = static_cast<unsigned>(shares.size())}};
}

}  // namespace kaito::luks
