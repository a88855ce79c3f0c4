// What an operator's Prometheus reads.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/json/parse.hpp>

#include "appliance/base/file.hpp"
#include "tests/scenario/must.hpp"
#include "tests/scenario/people.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {
namespace {

// The port that the log names.
std::string metrics_port(const TestAppliance& appliance) {
  const std::string log = appliance.log();
  const auto line = log.find("\"event\":\"metrics.serving\"");
  const auto port = log.find("\"port\":", line) + 7;
  return log.substr(port, log.find_first_not_of("0123456789", port) - port);
}

std::string scrape(const TestAppliance& appliance) {
  return run_program({"curl", "-sS", "--noproxy", "*", "http://127.0.0.1:" + metrics_port(appliance) + "/metrics"})
      .output;
}

// The value of a series; -1 when it is not there.
double value_of(const std::string& text, const std::string& series) {
  const auto at = text.find("\n" + series + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size() + 2));
}

class MetricsTest : public testing::Test {
 protected:
  Stage stage_{{"--metrics-address", "127.0.0.1:0"}};
};

TEST_F(MetricsTest, TheNumbersMoveWithWhatIsDoneAndNameNobody) {
  OrgOnStage acme(stage_, "Canary-Org-Name");
  const std::string seed =
      must(add_seed(acme.owner, acme.id, "otpauth://totp/Canary-Issuer:desk?secret=GEZDGNBVGY3TQOJQ"));
  for (int i = 0; i < 3; ++i) must(acme.owner.call("GET", acme.path("/seeds/" + seed + "/code")));
  EXPECT_FALSE(acme.owner.call("GET", acme.path("/seeds/0193b0a0-0000-7000-8000-000000000001/code")));
  const std::string text = scrape(stage_.appliance);
  EXPECT_EQ(value_of(text, "kaito_requests_total{endpoint=\"seed.code.read\",status=\"200\"}"), 3) << text;
  EXPECT_EQ(value_of(text, "kaito_requests_total{endpoint=\"seed.code.read\",status=\"404\"}"), 1);
  EXPECT_EQ(value_of(text, "kaito_hsm_answers"), 1);
  EXPECT_EQ(value_of(text, "kaito_hsm_worker_phase{phase=\"running\"}"), 1);
  EXPECT_GE(value_of(text, "kaito_hsm_call_seconds_count{operation=\"unwrap_deks\"}"), 3);
  EXPECT_EQ(value_of(text, "kaito_hsm_calls_failed_total{operation=\"unwrap_deks\"}"), 0);
  EXPECT_GT(value_of(text, "kaito_store_batches_total"), 0);
  EXPECT_GT(value_of(text, "kaito_audit_records_total"), 3);
  EXPECT_GE(value_of(text, "kaito_connections"), 1);
  EXPECT_EQ(value_of(text, "kaito_time_jumps_total"), 0);
  EXPECT_GE(value_of(text, "kaito_time_synchronised"), 0);
  for (const auto* secret : {"Canary-Org-Name", "Canary-Issuer", "GEZDGNBVGY3TQOJQ"})
    EXPECT_EQ(text.find(secret), std::string::npos) << secret;
}

TEST(CustomersHsmMetrics, EachHsmShowsItsStateUnderItsFilesName) {
  std::string directory = (std::filesystem::temp_directory_path() / "kaito-test-XXXXXX").string();
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  ASSERT_TRUE(write_file_atomically(std::filesystem::path(directory) / "acme.conf",
                                    as_bytes(R"(token-uri = "pkcs11:token=none")")));
  const Stage stage({"--metrics-address", "127.0.0.1:0", "--hsm-connections", directory});
  std::filesystem::remove_all(directory);
  const std::string text = scrape(stage.appliance);
  EXPECT_EQ(value_of(text, "kaito_customer_hsm_state{hsm=\"acme\",state=\"idle\"}"), 1) << text;
  EXPECT_EQ(value_of(text, "kaito_customer_hsm_state{hsm=\"acme\",state=\"ready\"}"), 0);
  EXPECT_EQ(value_of(text, "kaito_customer_hsm_worker_starts_total{hsm=\"acme\"}"), 0);
  EXPECT_EQ(value_of(text, "kaito_customer_hsm_calls_outstanding{hsm=\"acme\"}"), 0);
}

TEST_F(MetricsTest, AnOpenRotationShowsItsProgress) {
  OrgOnStage acme(stage_, "Acme");
  must(acme.owner.call("POST", acme.path("/key/rotations"), boost::json::object{}));
  // Either it is still open, with its key named by id, or it has ended and is gone from the numbers.
  const std::string text = scrape(stage_.appliance);
  const auto at = text.find("kaito_rotation_total{");
  if (at != std::string::npos) EXPECT_NE(text.find(acme.id, at), std::string::npos);
  EXPECT_GT(value_of(text, "kaito_requests_total{endpoint=\"org.key.rotation.start\",status=\"201\"}"), 0);
}

TEST(MetricsAddress, AnotherHostThanLoopbackIsRefusedUnlessSaid) {
  for (const auto* address : {"0.0.0.0:9464", "192.0.2.1:9464", "[::]:9464", "localhost:9464", "127.0.0.1", "9464"})
    EXPECT_NE(run_kaitod("run", "/nonexistent", {"--metrics-address", address}).output.find("metrics-address"),
              std::string::npos)
        << address;
}

}  // namespace
}  // namespace kaito::test
