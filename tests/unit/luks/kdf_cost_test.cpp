#include "luks/kdf_cost.hpp"

#include <gtest/gtest.h>

#include "luks/header/header_inspection.hpp"

namespace kaito::luks {
namespace {

constexpr std::uint64_t kGiB = 1024ULL * 1024 * 1024;

TEST(KdfCost, TakesAQuarterOfTheMemoryWithinItsBounds) {
  EXPECT_EQ(KdfCost::for_machine(kGiB, 2).memory_kib, 256U * 1024);
  EXPECT_EQ(KdfCost::for_machine(64 * kGiB, 2).memory_kib, 1024U * 1024);
  EXPECT_EQ(KdfCost::for_machine(0, 2).memory_kib, 64U * 1024);
  EXPECT_EQ(KdfCost::for_machine(kGiB, 64).threads, 4U);
  EXPECT_EQ(KdfCost::for_machine(kGiB, 0).threads, 1U);
}

TEST(KdfCost, NeverAsksForMoreThanTheInspectionLetsThrough) {
  EXPECT_LE(KdfCost::for_machine(1024 * kGiB, 4).memory_kib, InspectionLimits{}.argon2_memory_kib);
}

}  // namespace
}  // namespace kaito::luks
