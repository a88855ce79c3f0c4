#include "appliance/audit/merkle.hpp"

#include <bit>

#include "appliance/base/invariant.hpp"
#include "appliance/crypto/sha256.hpp"

namespace kaito::audit {
namespace {

// RFC 6962 §2.1: different prefixes, so that no leaf can pass for a node.
constexpr ByteArray<1> kLeafPrefix{0x00};
constexpr ByteArray<1> kNodePrefix{0x01};

}  // namespace

Hash leaf_hash(ByteView entry) { return crypto::sha256({kLeafPrefix, entry}); }
Hash node_hash(const Hash& left, const Hash& right) { return crypto::sha256({kNodePrefix, left, right}); }
Hash empty_root() { return crypto::sha256({}); }

Result<Frontier> Frontier::from_peaks(std::uint64_t size, std::vector<Hash> peaks) {
  if (peaks.size() != static_cast<std::size_t>(std::popcount(size)))
    return fail(Code::integrity, fmt::format("{} peaks do not make a tree of {} leaves", peaks.size(), size));
  Frontier frontier;
  frontier.size_ = size;
  frontier.peaks_ = std::move(peaks);
  return frontier;
}

bool Frontier::can_append(unsigned level) const noexcept {
  if (level > 63) return false;
  const std::uint64_t leaves = std::uint64_t{1} << level;
  return size_ % leaves == 0 && size_ <= UINT64_MAX - leaves;
}

void Frontier::append_subtree(unsigned level, const Hash& root) {
  KAITO_INVARIANT(can_append(level));
  peaks_.push_back(root);
  for (std::uint64_t carry = size_ >> level; (carry & 1) != 0; carry >>= 1) {
    const Hash right = peaks_.back();
    peaks_.pop_back();
    peaks_.back() = node_hash(peaks_.back(), right);
  }
  size_ += std::uint64_t{1} << level;
}

Hash Frontier::root() const {
  if (peaks_.empty()) return empty_root();
  Hash root = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i > 0; --i) root = node_hash(peaks_[i - 1], root);
  return root;
}

std::vector<unsigned> subtree_levels(std::uint64_t begin, std::uint64_t end) {
  std::vector<unsigned> levels;
  while (begin < end) {
    const auto aligned = begin == 0 ? 63 : static_cast<unsigned>(std::countr_zero(begin));
    const auto fitting = static_cast<unsigned>(std::bit_width(end - begin)) - 1;
    levels.push_back(std::min(aligned, fitting));
    begin += std::uint64_t{1} << levels.back();
  }
  return levels;
}

}  // namespace kaito::audit
