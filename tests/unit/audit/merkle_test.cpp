#include "appliance/audit/merkle.hpp"

#include <gtest/gtest.h>

#include "appliance/audit/proof.hpp"

namespace kaito::audit {
namespace {

Hash hash_of(std::string_view hex) {
  const Bytes bytes = *from_hex(hex);
  Hash hash{};
  std::ranges::copy(bytes, hash.begin());
  return hash;
}

// The test tree of google/certificate-transparency (merkle_tree_test.cc), which the other implementations share.
const std::vector<std::string> kEntries{
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
const std::vector<std::string> kRoots{"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
const std::string k01 = kRoots[2];
const std::string k1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const std::string k23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const std::string k03 = kRoots[4];
const std::string k4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const std::string k45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const std::string k67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const std::string k47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";

std::vector<Hash> reference_leaves() {
  std::vector<Hash> leaves;
  for (const auto& entry : kEntries) leaves.push_back(leaf_hash(*from_hex(entry)));
  return leaves;
}

std::vector<Hash> numbered_leaves(std::size_t count) {
  std::vector<Hash> leaves;
  for (std::size_t i = 0; i < count; ++i) leaves.push_back(leaf_hash(as_bytes(std::to_string(i))));
  return leaves;
}

// MTH, word by word as RFC 6962 §2.1 defines it.
Hash defined_root(std::span<const Hash> leaves) {
  if (leaves.empty()) return empty_root();
  if (leaves.size() == 1) return leaves.front();
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  return node_hash(defined_root(leaves.first(k)), defined_root(leaves.subspan(k)));
}

Proof proof_of(std::span<const Hash> leaves, const std::vector<LeafRange>& ranges) {
  Proof proof;
  for (const auto& range : ranges) proof.push_back(defined_root(leaves.subspan(range.begin, range.end - range.begin)));
  return proof;
}

Proof hashes(std::initializer_list<std::string> hex) {
  Proof proof;
  for (const auto& text : hex) proof.push_back(hash_of(text));
  return proof;
}

TEST(Merkle, GivesTheRootsOfTheReferenceTree) {
  Frontier tree;
  EXPECT_EQ(to_hex(tree.root()), kRoots[0]);
  for (std::size_t i = 0; i < kEntries.size(); ++i) {
    tree.append(leaf_hash(*from_hex(kEntries[i])));
    EXPECT_EQ(to_hex(tree.root()), kRoots[i + 1]) << i;
  }
}

TEST(Merkle, GivesTheInclusionProofsOfTheReferenceTree) {
  const auto leaves = reference_leaves();
  EXPECT_EQ(proof_of(leaves, inclusion_ranges(0, 1)), Proof{});
  EXPECT_EQ(proof_of(leaves, inclusion_ranges(0, 8)), hashes({k1, k23, k47}));
  EXPECT_EQ(proof_of(leaves, inclusion_ranges(5, 8)), hashes({k4, k67, k03}));
  EXPECT_EQ(proof_of(leaves, inclusion_ranges(2, 3)), hashes({k01}));
  EXPECT_EQ(proof_of(leaves, inclusion_ranges(1, 5)), hashes({kRoots[1], k23, k4}));
}

TEST(Merkle, GivesTheConsistencyProofsOfTheReferenceTree) {
  const auto leaves = reference_leaves();
  EXPECT_EQ(proof_of(leaves, consistency_ranges(1, 1)), Proof{});
  EXPECT_EQ(proof_of(leaves, consistency_ranges(1, 8)), hashes({k1, k23, k47}));
  EXPECT_EQ(proof_of(leaves, consistency_ranges(6, 8)), hashes({k45, k67, k03}));
  EXPECT_EQ(proof_of(leaves, consistency_ranges(2, 5)), hashes({k23, k4}));
}

TEST(Merkle, FrontierHasTheDefinedRootAtEverySize) {
  const auto leaves = numbered_leaves(130);
  Frontier tree;
  for (std::size_t size = 0; size <= leaves.size(); ++size) {
    ASSERT_EQ(tree.root(), defined_root(std::span(leaves).first(size))) << size;
    const auto again = Frontier::from_peaks(tree.size(), {tree.peaks().begin(), tree.peaks().end()});
    ASSERT_TRUE(again);
    ASSERT_EQ(*again, tree);
    if (size < leaves.size()) tree.append(leaves[size]);
  }
}

TEST(Merkle, FrontierRefusesPeaksThatDoNotFitItsSize) {
  EXPECT_FALSE(Frontier::from_peaks(5, std::vector<Hash>(1)));
  EXPECT_FALSE(Frontier::from_peaks(4, std::vector<Hash>(2)));
  EXPECT_TRUE(Frontier::from_peaks(5, std::vector<Hash>(2)));
}

TEST(Merkle, SubtreesCarryTheFrontierOverAnyRun) {
  const auto leaves = numbered_leaves(70);
  for (std::size_t begin = 0; begin <= leaves.size(); ++begin)
    for (std::size_t end = begin; end <= leaves.size(); ++end) {
      Frontier tree;
      for (std::size_t i = 0; i < begin; ++i) tree.append(leaves[i]);
      for (const unsigned level : subtree_levels(begin, end)) {
        ASSERT_TRUE(tree.can_append(level));
        tree.append_subtree(level, defined_root(std::span(leaves).subspan(tree.size(), std::size_t{1} << level)));
      }
      ASSERT_EQ(tree.size(), end);
      ASSERT_EQ(tree.root(), defined_root(std::span(leaves).first(end))) << begin << " to " << end;
    }
}

TEST(Merkle, EveryInclusionProofVerifiesAndNoOtherLeafOrPlaceDoes) {
  const auto leaves = numbered_leaves(130);
  for (std::size_t size = 1; size <= leaves.size(); ++size) {
    const Hash root = defined_root(std::span(leaves).first(size));
    for (std::size_t index = 0; index < size; ++index) {
      Proof proof = proof_of(leaves, inclusion_ranges(index, size));
      ASSERT_TRUE(verify_inclusion(leaves[index], index, size, proof, root)) << index << " of " << size;
      ASSERT_FALSE(verify_inclusion(leaves[(index + 1) % 130], index, size, proof, root));
      if (size > 1) ASSERT_FALSE(verify_inclusion(leaves[index], (index + 1) % size, size, proof, root));
      ASSERT_FALSE(verify_inclusion(leaves[index], size, size, proof, root));
      proof.push_back(root);
      ASSERT_FALSE(verify_inclusion(leaves[index], index, size, proof, root));
      proof.pop_back();
      if (proof.empty()) continue;
      proof[index % proof.size()][7] ^= 1;
      ASSERT_FALSE(verify_inclusion(leaves[index], index, size, proof, root));
      proof.pop_back();
      ASSERT_FALSE(verify_inclusion(leaves[index], index, size, proof, root));
    }
  }
}

TEST(Merkle, EveryConsistencyProofVerifiesAndNoAlteredOneDoes) {
  const auto leaves = numbered_leaves(130);
  std::vector<Hash> roots;
  for (std::size_t size = 0; size <= leaves.size(); ++size)
    roots.push_back(defined_root(std::span(leaves).first(size)));
  for (std::size_t to = 1; to <= leaves.size(); ++to)
    for (std::size_t from = 1; from <= to; ++from) {
      Proof proof = proof_of(leaves, consistency_ranges(from, to));
      ASSERT_TRUE(verify_consistency(from, roots[from], to, roots[to], proof)) << from << " to " << to;
      ASSERT_FALSE(verify_consistency(from, roots[from - 1], to, roots[to], proof));
      ASSERT_FALSE(verify_consistency(from, roots[from], to, roots[to - 1], proof));
      if (to > from) ASSERT_FALSE(verify_consistency(to, roots[to], from, roots[from], proof));
      proof.push_back(roots[to]);
      ASSERT_FALSE(verify_consistency(from, roots[from], to, roots[to], proof));
      proof.pop_back();
      if (proof.empty()) continue;
      proof[from % proof.size()][9] ^= 0x80;
      ASSERT_FALSE(verify_consistency(from, roots[from], to, roots[to], proof));
      proof.pop_back();
      ASSERT_FALSE(verify_consistency(from, roots[from], to, roots[to], proof));
    }
  EXPECT_TRUE(verify_consistency(0, empty_root(), 9, roots[9], {}));
  EXPECT_FALSE(verify_consistency(0, roots[1], 9, roots[9], {}));
}

}  // namespace
}  // namespace kaito::audit
