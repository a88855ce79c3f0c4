// The Merkle tree over the audit records: RFC 6962 §2.1 hashing, and a frontier that grows in constant amortised time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "appliance/base/bytes.hpp"

namespace kaito::audit {

using Hash = ByteArray<32>;  // SHA-256

inline constexpr std::uint64_t kHashPage = 8192;  // leaf hashes that are read at once: 256 KiB

// RFC 6962 §2.1. Thread-safe.
Hash leaf_hash(ByteView entry);                       // SHA-256(0x00 || entry)
Hash node_hash(const Hash& left, const Hash& right);  // SHA-256(0x01 || left || right)
Hash empty_root();                                    // SHA-256()

// What must be kept of the first `size` leaves so that the tree can grow and its root be told: the roots of the perfect
// subtrees that it splits into, largest first, one for each bit set in `size`. Copies are cheap (at most 64 hashes).
class Frontier {
 public:
  Frontier() = default;
  // Code::integrity when the number of peaks does not fit the size.
  static Result<Frontier> from_peaks(std::uint64_t size, std::vector<Hash> peaks);

  void append(const Hash& leaf) { append_subtree(0, leaf); }
  // Appends the root of a perfect subtree of 2^level leaves. The size must be a multiple of 2^level: see can_append.
  void append_subtree(unsigned level, const Hash& root);
  [[nodiscard]] bool can_append(unsigned level) const noexcept;

  [[nodiscard]] Hash root() const;  // MTH of RFC 6962 §2.1
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<const Hash> peaks() const noexcept { return peaks_; }

  friend bool operator==(const Frontier&, const Frontier&) = default;

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> peaks_;
};

// The levels of the perfect, aligned subtrees that [begin, end) splits into, left to right: what append_subtree takes
// to carry a frontier of size `begin` to size `end`. At most 126.
std::vector<unsigned> subtree_levels(std::uint64_t begin, std::uint64_t end);

}  // namespace kaito::audit
