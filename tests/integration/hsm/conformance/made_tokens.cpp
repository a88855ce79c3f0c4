#include "tests/integration/hsm/conformance/made_tokens.hpp"

#include <gtest/gtest.h>

#include "hsm/client/client.hpp"
#include "tests/integration/hsm/conformance/capability_table.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::hsm::test {
namespace {

std::map<std::string, MadeToken>& made_tokens() {
  static std::map<std::string, MadeToken> tokens;
  return tokens;
}

class PutDown final : public ::testing::Environment {
  void TearDown() override {
    capability_table().print();
    made_tokens().clear();
  }
};
const auto* const kPutDown = ::testing::AddGlobalTestEnvironment(new PutDown);

// A token that lacks what is needed says so when it is opened; what it lacks is then the finding.
void probe(const Candidate& candidate, MadeToken& made) {
  const SystemClock clock;
  CapturedLog log;
  Logger logger(log, clock);
  const auto client = Client::start(made.token->config(), clock, logger);
  if (!client) {
    const bool expected = candidate.lacks_something && client.error().code == Code::hsm_unsupported;
    (expected ? made.unavailable : made.failure) = client.error().detail;
    return;
  }
  const auto status = wait_for((*client)->status());
  if (!status) return;
  Capabilities& row = capability_table().row(candidate.name);
  row.org_keks = chosen(*status, "org KEKs");
  row.deks = chosen(*status, "DEKs");
  row.audit = chosen(*status, "audit");
  row.sessions = status->max_sessions == 0 ? "any" : fmt::format("{}", status->max_sessions);
  row.token += fmt::format(" ({} {}, firmware {})", status->manufacturer, status->model, status->firmware);
}

}  // namespace

const MadeToken& made_token(const Candidate& candidate) {
  auto [entry, is_new] = made_tokens().try_emplace(candidate.name);
  MadeToken& made = entry->second;
  if (!is_new) return made;
  capability_table().row(candidate.name).token = candidate.what;
  try {
    made.token = candidate.make();
    probe(candidate, made);
  } catch (const Unavailable& thrown) {
    made.unavailable = thrown.what();
  } catch (const std::exception& thrown) {
    made.failure = thrown.what();
  }
  capability_table().row(candidate.name).remark = made.unavailable + made.failure;
  return made;
}

}  // namespace kaito::hsm::test
