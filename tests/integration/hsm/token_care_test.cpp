// What the worker does to keep a token, its PIN and its files from harm.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include "appliance/base/file.hpp"
#include "hsm/client/client.hpp"
#include "hsm/client/token_setup.hpp"
#include "hsm/client/worker_process.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::hsm::test {
namespace {

namespace fs = std::filesystem;

class TokenCare : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Client>> start() { return Client::start(token_.config(), clock_, logger_); }
  // A client whose token holds a platform KEK and a wrapped DEK to ask for.
  void make_keys() {
    auto client = start();
    ASSERT_TRUE(client) << client.error().describe();
    ASSERT_TRUE(wait_for((*client)->create_platform_kek(1)));
    kek_ = std::make_shared<OrgKek>(OrgKek{.wrapped = *wait_for((*client)->create_org_kek(1, {}))});
    std::vector<DekToWrap> list;
    list.push_back({.dek = dek_.duplicate(), .aad = {}});
    wrapped_ = *wait_for((*client)->wrap_deks(kek_, std::move(list)))->front();
  }
  void expect_keys() {
    const auto client = start();
    ASSERT_TRUE(client) << client.error().describe();
    const auto unwrapped = wait_for((*client)->unwrap_dek(kek_, wrapped_, {}));
    ASSERT_TRUE(unwrapped) << unwrapped.error().describe();
    EXPECT_TRUE(*unwrapped == dek_);
  }
  fs::path key_file() const {
    for (const auto& entry : fs::directory_iterator(token_.token_object().parent_path()))
      if (entry.path().extension() == ".object" && entry.path().filename() != "token.object") return entry.path();
    return {};
  }

  SoftHsmToken token_;
  SystemClock clock_;
  SystemRandom random_;
  CapturedLog log_;
  Logger logger_{log_, clock_};
  OrgKekRef kek_;
  Dek dek_ = Dek::random(kDekSize, random_);
  WrappedDek wrapped_;
};

TEST_F(TokenCare, F8SpendsOneAttemptOnAWrongPin) {
  token_.write_pin("wrong-horse-0000");
  const auto client = start();
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Code::hsm_pin_rejected);
  EXPECT_NE(client.error().detail.find("CKR_PIN_INCORRECT"), std::string::npos) << client.error().detail;
  EXPECT_EQ(log_.count("hsm.worker.started"), 1u);
  token_.write_pin(SoftHsmToken::kPin);
  EXPECT_TRUE(start());
}

TEST_F(TokenCare, RefusesAPinFileThatOthersCanRead) {
  ASSERT_EQ(::chmod(token_.pin_file().c_str(), 0644), 0);
  const auto client = start();
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Code::configuration);
  EXPECT_NE(client.error().detail.find(token_.pin_file().string()), std::string::npos);
}

TEST_F(TokenCare, RefusesAPinInTheUriWithoutRepeatingIt) {
  auto config = token_.config();
  config.token_uri = "pkcs11:token=kaito-test?pin-value=hunter2222";
  const auto client = Client::start(config, clock_, logger_);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Code::configuration);
  EXPECT_EQ(client.error().detail.find("hunter2222"), std::string::npos);
  EXPECT_EQ(log_.count("hunter2222"), 0u);
}

TEST_F(TokenCare, SaysWhichTokenIsMissing) {
  auto config = token_.config();
  config.token_uri = "pkcs11:token=another?pin-source=file:" + token_.pin_file().string();
  const auto client = Client::start(config, clock_, logger_);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Code::configuration);
  EXPECT_NE(client.error().detail.find("token=another"), std::string::npos);
}

TEST_F(TokenCare, SaysThatTheWorkerIsMissing) {
  auto config = token_.config();
  config.worker = "/nonexistent/kaito-hsm-worker";
  const auto client = Client::start(config, clock_, logger_);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Code::configuration);
}

TEST_F(TokenCare, F1RestoresAnEmptyTokenObject) {
  make_keys();
  ASSERT_TRUE(write_file_atomically(token_.token_object(), {}));
  expect_keys();
}

TEST_F(TokenCare, F1RestoresATokenObjectThatWasCutAnywhere) {
  make_keys();
  const std::string whole = *read_file(token_.token_object(), 1 << 16);
  for (std::size_t size = 1; size < whole.size(); size += 31) {
    ASSERT_TRUE(write_file_atomically(token_.token_object(), as_bytes(whole).first(size)));
    expect_keys();
  }
}

TEST_F(TokenCare, F1RestoresATokenObjectThatWasCutBetweenTwoAttributes) {
  make_keys();
  const std::string whole = *read_file(token_.token_object(), 1 << 16);
  // Generation, then the label: type, kind, length, 32 bytes.
  ASSERT_TRUE(write_file_atomically(token_.token_object(), as_bytes(whole).first(8 + 24 + 32)));
  expect_keys();
}

TEST_F(TokenCare, F1RestoresALostTokenDirectory) {
  make_keys();
  fs::remove_all(token_.softhsm().token_directory);
  expect_keys();
}

TEST_F(TokenCare, F1RestoresAKeyThatIsDamaged) {
  make_keys();
  ASSERT_FALSE(key_file().empty());
  ASSERT_TRUE(write_file_atomically(key_file(), {}));
  expect_keys();
}

TEST_F(TokenCare, F1SetsHalfOfANeverAcknowledgedKeyAside) {
  make_keys();
  const fs::path half = token_.token_object().parent_path() / "00000000-0000-0000-0000-000000000000.object";
  ASSERT_TRUE(write_file_atomically(half, as_bytes("half")));
  expect_keys();
  EXPECT_FALSE(fs::exists(half));
  EXPECT_TRUE(fs::exists(half.string() + ".damaged"));
}

TEST_F(TokenCare, F1LivesOnWithADamagedCopy) {
  make_keys();
  const std::string copy = token_.softhsm().token_directory.string() + ".copy";
  ASSERT_TRUE(write_file_atomically(copy, as_bytes("not a copy")));
  expect_keys();
  // And a new one was made.
  ASSERT_TRUE(write_file_atomically(token_.token_object(), {}));
  expect_keys();
}

TEST_F(TokenCare, F1KeepsTheTokenThroughKillsAroundTheLogin) {
  make_keys();
  const auto config = token_.config();
  for (int round = 0; round < 40; ++round) {
    auto worker =
        WorkerProcess::spawn(config, {"--serve", "--token-uri", config.token_uri, "--module", config.module.string(),
                                      "--token-directory", config.token_directory.string()});
    ASSERT_TRUE(worker);
    ::poll(nullptr, 0, 2 * round);  // another moment of the start each time
    worker->kill();
  }
  expect_keys();
}

TEST_F(TokenCare, F3RefusesASecondOwner) {
  const auto first = start();
  ASSERT_TRUE(first);
  const auto second = start();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::configuration);
  EXPECT_NE(second.error().detail.find("another process uses this token"), std::string::npos);
  EXPECT_TRUE(wait_for((*first)->canary()));
}

TEST_F(TokenCare, F12RefusesTwoTokensOfOneLabelAndTakesOneBySerial) {
  const std::string serial = [&] {
    const auto client = start();
    return wait_for((*client)->status())->serial;
  }();
  // SoftHSM itself would refuse nothing: the same token, copied under another name and serial.
  const fs::path original = token_.token_object().parent_path();
  const fs::path twin = original.parent_path() / "11111111-1111-1111-1111-111111111111";
  fs::copy(original, twin, fs::copy_options::recursive);
  std::string object = *read_file(twin / "token.object", 1 << 16);
  const auto at = object.find(serial);
  ASSERT_NE(at, std::string::npos);
  char& last = object[at + serial.size() - 1];  // SoftHSM makes slot ids of the serial's end
  last = last == '0' ? '1' : '0';
  ASSERT_TRUE(write_file_atomically(twin / "token.object", as_bytes(object)));

  const auto ambiguous = start();
  ASSERT_FALSE(ambiguous);
  EXPECT_EQ(ambiguous.error().code, Code::configuration);
  EXPECT_NE(ambiguous.error().detail.find("serial"), std::string::npos) << ambiguous.error().detail;
  auto config = token_.config();
  config.token_uri.insert(config.token_uri.find('?'), ";serial=" + serial);
  EXPECT_TRUE(Client::start(config, clock_, logger_));
}

TEST_F(TokenCare, SetUpCanBeRepeatedAndRefusesAnotherPin) {
  make_keys();
  const TokenSetup setup{
      .label = "kaito-test", .so_pin_file = token_.directory() / "so-pin", .user_pin_file = token_.pin_file()};
  EXPECT_TRUE(set_up_token(token_.config(), setup));
  expect_keys();
  token_.write_pin("wrong-horse-0000");
  const auto refused = set_up_token(token_.config(), setup);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::hsm_pin_rejected);
}

TEST_F(TokenCare, F28KeepsItsFilesToItself) {
  make_keys();
  for (const auto& entry : fs::recursive_directory_iterator(token_.softhsm().token_directory.parent_path())) {
    struct stat info{};
    ASSERT_EQ(::lstat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 077, 0u) << entry.path();
  }
}

}  // namespace
}  // namespace kaito::hsm::test
