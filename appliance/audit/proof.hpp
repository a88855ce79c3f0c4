// Inclusion and consistency proofs (RFC 6962 §2.1.1 and §2.1.2, verified as RFC 9162 §2.1.3.2 and §2.1.4.2 say).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "appliance/audit/merkle.hpp"
#include "appliance/store/store.hpp"

namespace kaito::audit {

using Proof = std::vector<Hash>;

// The leaves [begin, end) whose subtree root is one element of a proof.
struct LeafRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// The elements of PATH(index, D[size]) in order; needs index < size.
std::vector<LeafRange> inclusion_ranges(std::uint64_t index, std::uint64_t size);
// The elements of PROOF(from, D[to]) in order; needs 0 < from <= to.
std::vector<LeafRange> consistency_ranges(std::uint64_t from, std::uint64_t to);

// Proofs over the leaf hashes that the store keeps; reads them in pages, so the cost is linear in the ranges that the
// proof covers. Code::invalid_request when the indexes do not lie within the log.
Result<Proof> prove_inclusion(store::Reader& reader, std::uint64_t index, std::uint64_t size);
Result<Proof> prove_consistency(store::Reader& reader, std::uint64_t from, std::uint64_t to);
// MTH over the leaves [begin, end).
Result<Hash> subtree_root(store::Reader& reader, LeafRange range);

[[nodiscard]] bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                                    std::span<const Hash> proof, const Hash& root);
// An empty tree is consistent with every tree, by an empty proof.
[[nodiscard]] bool verify_consistency(std::uint64_t from, const Hash& from_root, std::uint64_t to, const Hash& to_root,
                                      std::span<const Hash> proof);

}  // namespace kaito::audit
