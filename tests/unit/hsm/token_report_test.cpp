#include "hsm/protocol/token_report.hpp"

#include <gtest/gtest.h>

namespace kaito::hsm {
namespace {

TokenReport sample_report() {
  TokenReport report{.label = "label", .serial = "0123", .max_sessions = 2, .opened_sessions = 1, .os_locking = false};
  report.probes = {{.what = "AES-GCM (CKM_AES_GCM)", .finding = Finding::works},
                   {.what = "Ed25519 (CKM_EDDSA)", .finding = Finding::wrong, .detail = "known answer"}};
  report.unfit = "it lies";
  report.unwraps_per_second = 12.5;
  report.deadline_ms = 5000;
  return report;
}

WipedBytes written(const TokenReport& report) {
  WipedBytes bytes;
  WireWriter out(bytes);
  write_token_report(out, report);
  return bytes;
}

TEST(TokenReport, SurvivesTheTripAndNoPrefixDoes) {
  const WipedBytes bytes = written(sample_report());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader reader(ByteView(bytes).first(size));
    EXPECT_FALSE(read_token_report(reader)) << size;
  }
  ByteReader reader(bytes);
  const auto report = read_token_report(reader);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->label, "label");
  EXPECT_EQ(report->serial, "0123");
  EXPECT_EQ(report->max_sessions, 2u);
  EXPECT_EQ(report->opened_sessions, 1u);
  EXPECT_FALSE(report->os_locking);
  ASSERT_EQ(report->probes.size(), 2u);
  EXPECT_EQ(report->probes[1].finding, Finding::wrong);
  EXPECT_EQ(report->probes[1].detail, "known answer");
  EXPECT_EQ(report->unfit, "it lies");
  EXPECT_EQ(report->unwraps_per_second, 12.5);
  EXPECT_EQ(report->deadline_ms, 5000u);
}

TEST(TokenReport, CutsALongTextInsteadOfFailing) {
  TokenReport report = sample_report();
  report.unfit = std::string(100'000, 'x');
  const WipedBytes bytes = written(report);
  ByteReader reader(bytes);
  EXPECT_EQ(read_token_report(reader)->unfit.size(), 1024u);
}

TEST(TokenReport, IsRefusedWithAnUnknownFindingOrABytePastItsEnd) {
  TokenReport report = sample_report();
  report.probes[0].finding = static_cast<Finding>(9);
  const WipedBytes unknown = written(report);
  ByteReader first(unknown);
  EXPECT_FALSE(read_token_report(first));
  WipedBytes longer = written(sample_report());
  longer.push_back(0);
  ByteReader second(longer);
  EXPECT_FALSE(read_token_report(second));
}

}  // namespace
}  // namespace kaito::hsm
