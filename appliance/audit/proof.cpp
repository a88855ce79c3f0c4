#include "appliance/audit/proof.hpp"

#include <bit>

#include "appliance/base/invariant.hpp"

namespace kaito::audit {
namespace {

// RFC 6962 §2.1: the largest power of two smaller than `leaves`, which is at least 2.
std::uint64_t split(std::uint64_t leaves) { return std::bit_floor(leaves - 1); }

Result<Proof> subtree_roots(store::Reader& reader, const std::vector<LeafRange>& ranges) {
  Proof proof;
  for (const LeafRange range : ranges) {
    KAITO_TRY(const Hash root, subtree_root(reader, range));
    proof.push_back(root);
  }
  return proof;
}

}  // namespace

std::vector<LeafRange> inclusion_ranges(std::uint64_t index, std::uint64_t size) {
  KAITO_INVARIANT(index < size);
  std::vector<LeafRange> ranges;
  LeafRange tree{0, size};
  while (tree.end - tree.begin > 1) {
    const std::uint64_t middle = tree.begin + split(tree.end - tree.begin);
    if (index < middle) {
      ranges.push_back({middle, tree.end});
      tree.end = middle;
    } else {
      ranges.push_back({tree.begin, middle});
      tree.begin = middle;
    }
  }
  std::ranges::reverse(ranges);  // the standard lists them from the leaf up
  return ranges;
}

std::vector<LeafRange> consistency_ranges(std::uint64_t from, std::uint64_t to) {
  KAITO_INVARIANT(0 < from && from <= to);
  std::vector<LeafRange> ranges;
  LeafRange tree{0, to};
  bool verifier_has_it = true;  // SUBPROOF's b: the subtree is the old tree itself
  while (from != tree.end) {
    const std::uint64_t middle = tree.begin + split(tree.end - tree.begin);
    if (from <= middle) {
      ranges.push_back({middle, tree.end});
      tree.end = middle;
    } else {
      ranges.push_back({tree.begin, middle});
      tree.begin = middle;
      verifier_has_it = false;
    }
  }
  if (!verifier_has_it) ranges.push_back(tree);
  std::ranges::reverse(ranges);
  return ranges;
}

Result<Hash> subtree_root(store::Reader& reader, LeafRange range) {
  Frontier tree;
  for (std::uint64_t at = range.begin; at < range.end;) {
    const std::uint64_t until = std::min(range.end, at + kHashPage);
    KAITO_TRY(const auto hashes, reader.audit_leaf_hashes(at, until));
    if (hashes.size() != until - at)
      return fail(Code::integrity, fmt::format("audit records are missing in {} to {}", at, until - 1));
    for (const Hash& hash : hashes) tree.append(hash);
    at = until;
  }
  return tree.root();
}

Result<Proof> prove_inclusion(store::Reader& reader, std::uint64_t index, std::uint64_t size) {
  KAITO_TRY(const std::uint64_t present, reader.audit_size());
  if (size > present) return fail_invalid("size", fmt::format("must be at most {}", present));
  if (index >= size) return fail_invalid("index", "must be smaller than size");
  return subtree_roots(reader, inclusion_ranges(index, size));
}

Result<Proof> prove_consistency(store::Reader& reader, std::uint64_t from, std::uint64_t to) {
  KAITO_TRY(const std::uint64_t present, reader.audit_size());
  if (to > present) return fail_invalid("to", fmt::format("must be at most {}", present));
  if (from > to) return fail_invalid("from", "must not be larger than to");
  if (from == 0) return Proof{};
  return subtree_roots(reader, consistency_ranges(from, to));
}

// RFC 9162 §2.1.3.2.
bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size, std::span<const Hash> proof,
                      const Hash& root) {
  if (index >= size) return false;
  std::uint64_t fn = index;
  std::uint64_t sn = size - 1;
  Hash hash = leaf;
  for (const Hash& sibling : proof) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      hash = node_hash(sibling, hash);
      for (; (fn & 1) == 0 && fn != 0; fn >>= 1) sn >>= 1;
    } else {
      hash = node_hash(hash, sibling);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && hash == root;
}

// RFC 9162 §2.1.4.2.
bool verify_consistency(std::uint64_t from, const Hash& from_root, std::uint64_t to, const Hash& to_root,
                        std::span<const Hash> proof) {
  if (from > to) return false;
  if (from == to) return proof.empty() && from_root == to_root;
  if (from == 0) return proof.empty() && from_root == empty_root();
  if (proof.empty()) return false;

  // An old tree that is a perfect subtree of the new one is its own first element.
  const bool perfect = std::has_single_bit(from);
  const Hash& first = perfect ? from_root : proof.front();
  std::uint64_t fn = from - 1;
  std::uint64_t sn = to - 1;
  for (; (fn & 1) != 0; fn >>= 1) sn >>= 1;
  Hash old_root = first;
  Hash new_root = first;
  for (const Hash& sibling : proof.subspan(perfect ? 0 : 1)) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      old_root = node_hash(sibling, old_root);
      new_root = node_hash(sibling, new_root);
      for (; (fn & 1) == 0 && fn != 0; fn >>= 1) sn >>= 1;
    } else {
      new_root = node_hash(new_root, sibling);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return old_root == from_root && new_root == to_root && sn == 0;
}

}  // namespace kaito::audit
