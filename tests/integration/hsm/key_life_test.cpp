// Keys that move from one version to the next and end: rewrapping and destroying, end to end on SoftHSM2.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include "appliance/base/file.hpp"
#include "hsm/client/client.hpp"
#include "hsm/client/worker_process.hpp"
#include "hsm/protocol/messages.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::hsm::test {
namespace {

namespace fs = std::filesystem;

class KeyLife : public ::testing::Test {
 protected:
  void start(ClientConfig config) {
    client_.reset();
    auto started = Client::start(std::move(config), clock_, logger_);
    ASSERT_TRUE(started) << started.error().describe();
    client_ = *std::move(started);
  }
  void SetUp() override {
    start(token_.config());
    ASSERT_TRUE(wait_for(client_->create_platform_kek(1)));
    ASSERT_TRUE(wait_for(client_->create_platform_kek(2)));
  }

  OrgKekRef new_org_kek(std::string_view aad, KeyVersion platform_version = 1) {
    auto wrapped = wait_for(client_->create_org_kek(platform_version, aad_of(aad)));
    EXPECT_TRUE(wrapped) << wrapped.error().describe();
    return std::make_shared<OrgKek>(OrgKek{.wrapped = *wrapped, .aad = aad_of(aad)});
  }
  WrappedDek wrap(const OrgKekRef& kek, const Dek& dek, std::string_view aad) {
    std::vector<DekToWrap> list;
    list.push_back({.dek = dek.duplicate(), .aad = aad_of(aad)});
    return *wait_for(client_->wrap_deks(kek, std::move(list)))->front();
  }
  bool opens(const OrgKekRef& kek, const WrappedDek& wrapped, std::string_view aad, const Dek& dek) {
    const auto opened = wait_for(client_->unwrap_dek(kek, wrapped, aad_of(aad)));
    return opened && *opened == dek;
  }
  static OrgKekRef with_blob(const OrgKekRef& kek, const WrappedOrgKek& wrapped) {
    OrgKek moved = *kek;
    moved.wrapped = wrapped;
    return std::make_shared<OrgKek>(std::move(moved));
  }
  std::vector<KeyVersion> platform_versions() {
    std::vector<KeyVersion> versions;
    for (const auto& kek : wait_for(client_->status())->platform_keks) versions.push_back(kek.version);
    return versions;
  }
  fs::path copy_file() const { return token_.softhsm().token_directory.string() + ".copy"; }
  std::set<std::string> key_files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(token_.token_object().parent_path()))
      if (entry.path().extension() == ".object" && entry.path().filename() != "token.object")
        names.insert(entry.path().filename());
    return names;
  }
  bool copy_has(const std::string& name) const {
    return read_file(copy_file(), 1 << 24)->find(name) != std::string::npos;
  }

  SoftHsmToken token_;
  SystemClock clock_;
  SystemRandom random_;
  CapturedLog log_;
  Logger logger_{log_, clock_};
  std::unique_ptr<Client> client_;
};

TEST_F(KeyLife, RewrappedOrgKeksOpenWhatTheyWrappedBefore) {
  std::vector<OrgKekRef> keks;
  std::vector<WrappedDek> wrapped;
  std::vector<OrgKekToRewrap> list;
  const Dek dek = Dek::random(kDekSize, random_);
  for (int i = 0; i < 20; ++i) {
    keks.push_back(new_org_kek(fmt::format("org {}", i)));
    wrapped.push_back(wrap(keks.back(), dek, "seed"));
    list.push_back({.blob = keks.back()->wrapped.blob, .aad = keks.back()->aad});
  }
  const auto moved = wait_for(client_->rewrap_org_keks(1, 2, std::move(list)));
  ASSERT_TRUE(moved) << moved.error().describe();
  ASSERT_EQ(moved->size(), keks.size());
  ASSERT_TRUE(wait_for(client_->destroy_platform_kek(1)));
  for (std::size_t i = 0; i < keks.size(); ++i) {
    ASSERT_TRUE((*moved)[i]) << (*moved)[i].error().describe();
    EXPECT_EQ((*moved)[i]->platform_version, 2u);
    EXPECT_TRUE(opens(with_blob(keks[i], *(*moved)[i]), wrapped[i], "seed", dek));
  }
}

TEST_F(KeyLife, AListOfOrgKeksThatNeedsSeveralFramesKeepsItsOrder) {
  auto config = token_.config();
  config.max_batch = 3;
  start(config);
  // One less than a frame holds, a full one, one more, and several full ones.
  for (const std::size_t count : {2U, 3U, 4U, 9U}) {
    std::vector<OrgKekToRewrap> list;
    for (std::size_t i = 0; i < count; ++i) {
      const auto kek = new_org_kek(fmt::format("org {}", i));
      list.push_back({.blob = kek->wrapped.blob, .aad = kek->aad});
    }
    const auto moved = wait_for(client_->rewrap_org_keks(1, 2, std::move(list)));
    ASSERT_TRUE(moved);
    ASSERT_EQ(moved->size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      const OrgKek kek{.wrapped = *(*moved)[i], .aad = aad_of(fmt::format("org {}", i))};
      EXPECT_TRUE(wait_for(client_->load_org_kek(std::make_shared<OrgKek>(kek)))) << i;
    }
  }
  const auto none = wait_for(client_->rewrap_org_keks(1, 2, {}));
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

TEST_F(KeyLife, F9EveryFlippedBitOfAnOrgKekIsRefusedForThatOneOnly) {
  const auto kek = new_org_kek("org");
  std::vector<OrgKekToRewrap> list;
  for (std::size_t bit = 0; bit < kek->wrapped.blob.size() * 8; ++bit) {
    Bytes changed = kek->wrapped.blob;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    list.push_back({.blob = std::move(changed), .aad = kek->aad});
  }
  list.push_back({.blob = kek->wrapped.blob, .aad = aad_of("another org")});
  list.push_back({.blob = kek->wrapped.blob, .aad = kek->aad});
  const auto moved = wait_for(client_->rewrap_org_keks(1, 2, std::move(list)));
  ASSERT_TRUE(moved) << moved.error().describe();
  for (std::size_t i = 0; i + 1 < moved->size(); ++i) {
    ASSERT_FALSE((*moved)[i]) << i;
    EXPECT_EQ((*moved)[i].error().code, Code::integrity) << i;
  }
  EXPECT_TRUE(moved->back());
  EXPECT_EQ(client_->state().starts, 1u);
}

TEST_F(KeyLife, AnOrgKekOfAnotherPlatformKekIsRefusedForThatOneOnly) {
  const auto old = new_org_kek("org", 1);
  const auto fresh = new_org_kek("org", 2);
  const auto moved = wait_for(client_->rewrap_org_keks(
      1, 2, {{.blob = fresh->wrapped.blob, .aad = fresh->aad}, {.blob = old->wrapped.blob, .aad = old->aad}}));
  ASSERT_TRUE(moved);
  EXPECT_EQ((*moved)[0].error().code, Code::integrity);
  EXPECT_TRUE((*moved)[1]);
}

TEST_F(KeyLife, RewrappingNamesAPlatformKekThatIsNotThere) {
  const auto kek = new_org_kek("org");
  const std::vector<OrgKekToRewrap> list{{.blob = kek->wrapped.blob, .aad = kek->aad}};
  EXPECT_EQ(wait_for(client_->rewrap_org_keks(1, 3, list)).error().code, Code::not_found);
  EXPECT_EQ(wait_for(client_->rewrap_org_keks(3, 1, list)).error().code, Code::not_found);
}

TEST_F(KeyLife, RewrappedDeksOpenUnderTheNewOrgKekOnly) {
  auto config = token_.config();
  config.max_batch = 7;
  start(config);
  const auto from = new_org_kek("org, version 1");
  const auto to = new_org_kek("org, version 2", 2);
  std::vector<Dek> deks;
  std::vector<DekToRewrap> list;
  for (int i = 0; i < 50; ++i) {
    deks.push_back(Dek::random(kDekSize, random_));
    list.push_back({.wrapped = wrap(from, deks.back(), fmt::format("seed {}, 1", i)),
                    .aad_before = aad_of(fmt::format("seed {}, 1", i)),
                    .aad_after = aad_of(fmt::format("seed {}, 2", i))});
  }
  const auto moved = wait_for(client_->rewrap_deks(from, to, std::move(list)));
  ASSERT_TRUE(moved) << moved.error().describe();
  ASSERT_EQ(moved->size(), deks.size());
  std::set<Bytes> ivs;
  for (std::size_t i = 0; i < deks.size(); ++i) {
    ASSERT_TRUE((*moved)[i]);
    EXPECT_TRUE(opens(to, *(*moved)[i], fmt::format("seed {}, 2", i), deks[i]));
    EXPECT_FALSE(opens(to, *(*moved)[i], fmt::format("seed {}, 1", i), deks[i]));
    EXPECT_FALSE(opens(from, *(*moved)[i], fmt::format("seed {}, 2", i), deks[i]));
    EXPECT_TRUE(ivs.insert(Bytes((*moved)[i]->blob.begin() + 1, (*moved)[i]->blob.begin() + 13)).second);
  }
  EXPECT_EQ(wait_for(client_->status())->rewraps, deks.size());
}

TEST_F(KeyLife, F9AnAlteredDekIsRefusedForThatOneOnly) {
  const auto from = new_org_kek("org, version 1");
  const auto to = new_org_kek("org, version 2");
  const Dek dek = Dek::random(kDekSize, random_);
  const WrappedDek good = wrap(from, dek, "1");
  std::vector<DekToRewrap> list;
  for (std::size_t bit = 0; bit < good.blob.size() * 8; ++bit) {
    WrappedDek bad = good;
    bad.blob[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    list.push_back({.wrapped = bad, .aad_before = aad_of("1"), .aad_after = aad_of("2")});
  }
  list.push_back({.wrapped = good, .aad_before = aad_of("of another"), .aad_after = aad_of("2")});
  list.push_back({.wrapped = good, .aad_before = aad_of("1"), .aad_after = aad_of("2")});
  const auto moved = wait_for(client_->rewrap_deks(from, to, std::move(list)));
  ASSERT_TRUE(moved) << moved.error().describe();
  for (std::size_t i = 0; i + 1 < moved->size(); ++i) EXPECT_EQ((*moved)[i].error().code, Code::integrity) << i;
  ASSERT_TRUE(moved->back());
  EXPECT_TRUE(opens(to, *moved->back(), "2", dek));
  EXPECT_EQ(client_->state().starts, 1u);
}

TEST_F(KeyLife, AWorkerThatHoldsOneOrgKekRewrapsBetweenTwo) {
  auto config = token_.config();
  config.org_kek_capacity = 1;
  start(config);
  const auto from = new_org_kek("org, version 1");
  const auto to = new_org_kek("org, version 2");
  const Dek dek = Dek::random(kDekSize, random_);
  const WrappedDek wrapped = wrap(from, dek, "1");
  const auto moved =
      wait_for(client_->rewrap_deks(from, to, {{.wrapped = wrapped, .aad_before = aad_of("1"), .aad_after = {}}}));
  ASSERT_TRUE(moved);
  EXPECT_TRUE(opens(to, *moved->front(), "", dek));
}

// Ids of the frames that a worker sends, in their order.
std::vector<std::uint64_t> ids_of_answers(int socket, Connection& connection, std::size_t count) {
  std::vector<std::uint64_t> ids;
  while (ids.size() < count) {
    pollfd readable{.fd = socket, .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, 20'000) != 1 || !connection.receive()) break;
    for (auto frame = connection.next(); frame && *frame; frame = connection.next()) {
      ids.push_back((**frame).id);
      ByteReader reply((**frame).payload);
      EXPECT_TRUE(read_outcome(reply)) << "frame " << ids.back();
    }
  }
  return ids;
}

// The token has room for two org KEKs, so the unwrap in the midst of the rewrap costs it the keys that it had loaded.
TEST_F(KeyLife, AnUnwrapDoesNotWaitForTheRewrapThatIsUnderWay) {
  const auto from = new_org_kek("org a, 1");
  const auto to = new_org_kek("org a, 2");
  const auto other = new_org_kek("org b");
  const Dek dek = Dek::random(kDekSize, random_);
  const WrappedDek moving = wrap(from, dek, "seed");
  const WrappedDek wanted = wrap(other, dek, "other seed");
  client_.reset();

  const auto config = token_.config();
  auto worker =
      WorkerProcess::spawn(config, {"--serve", "--token-uri", config.token_uri, "--module", config.module.string(),
                                    "--token-directory", config.token_directory.string(), "--org-kek-capacity", "2"});
  ASSERT_TRUE(worker) << worker.error().describe();
  Connection connection(worker->socket());
  ASSERT_EQ(ids_of_answers(worker->socket(), connection, 1), std::vector<std::uint64_t>{0});  // hello
  // All are there before the worker reads the first.
  write_rewrap_request(
      FrameWriter(connection.outgoing(), 1, Op::rewrap_deks).payload(), *from, *to,
      std::vector<DekToRewrap>(100, {.wrapped = moving, .aad_before = aad_of("seed"), .aad_after = aad_of("seed")}));
  static_cast<void>(FrameWriter(connection.outgoing(), 2, Op::canary));
  {
    FrameWriter unwrap(connection.outgoing(), 3, Op::unwrap_deks);
    write_group_count(unwrap.payload(), 1);
    write_group(unwrap.payload(), *other, 1);
    write_dek_to_unwrap(unwrap.payload(), wanted.blob, aad_of("other seed"));
  }
  ASSERT_TRUE(connection.send());
  EXPECT_EQ(ids_of_answers(worker->socket(), connection, 3), (std::vector<std::uint64_t>{3, 1, 2}));
}

TEST_F(KeyLife, TheLargestItemsFitIntoTheirFrames) {
  auto config = token_.config();
  config.max_batch = 1024;
  start(config);
  const std::string aad(kMaxAad, 'a');
  const auto from = new_org_kek(aad);
  const auto to = new_org_kek(aad);
  const WrappedDek wrapped = wrap(from, Dek::random(kDekSize, random_), aad);
  const DekToRewrap item{.wrapped = wrapped, .aad_before = aad_of(aad), .aad_after = aad_of(aad)};
  const auto moved = wait_for(client_->rewrap_deks(from, to, std::vector<DekToRewrap>(1500, item)));
  ASSERT_TRUE(moved) << moved.error().describe();
  EXPECT_EQ(moved->size(), 1500u);
  // Not blobs at all, but as long as one may be: each is refused, none breaks the frame.
  const OrgKekToRewrap blob{.blob = Bytes(1024, 7), .aad = aad_of(aad)};
  const auto refused = wait_for(client_->rewrap_org_keks(1, 2, std::vector<OrgKekToRewrap>(1000, blob)));
  ASSERT_TRUE(refused) << refused.error().describe();
  ASSERT_EQ(refused->size(), 1000u);
  EXPECT_EQ(refused->back().error().code, Code::integrity);
}

TEST_F(KeyLife, RefusesArgumentsOutOfBoundsByName) {
  const auto kek = new_org_kek("org");
  EXPECT_EQ(wait_for(client_->rewrap_org_keks(0, 1, {})).error().field, "version");
  EXPECT_EQ(wait_for(client_->rewrap_org_keks(1, 0, {})).error().field, "version");
  EXPECT_EQ(wait_for(client_->rewrap_org_keks(1, 2, {{.blob = {}, .aad = {}}})).error().field, "kek");
  EXPECT_EQ(wait_for(client_->rewrap_org_keks(1, 2, {{.blob = Bytes(1), .aad = Bytes(kMaxAad + 1)}})).error().field,
            "aad");
  EXPECT_EQ(wait_for(client_->rewrap_org_keks(1, 2, std::vector<OrgKekToRewrap>(65537, {Bytes(1), {}}))).error().field,
            "keks");
  EXPECT_EQ(wait_for(client_->rewrap_deks(nullptr, kek, {})).error().field, "kek");
  EXPECT_EQ(wait_for(client_->rewrap_deks(kek, nullptr, {})).error().field, "kek");
  EXPECT_EQ(wait_for(client_->rewrap_deks(kek, kek, {{{Bytes(61)}, {}, Bytes(kMaxAad + 1)}})).error().field, "aad");
  EXPECT_EQ(wait_for(client_->destroy_platform_kek(0)).error().field, "version");
  EXPECT_EQ(wait_for(client_->create_backup_key(0)).error().field, "version");
}

TEST_F(KeyLife, F16ADestroyedPlatformKekIsGoneFromTheTokenItsFilesAndTheirCopy) {
  const auto before = key_files();
  const auto kek = new_org_kek("org");
  const WrappedDek wrapped = wrap(kek, Dek::random(kDekSize, random_), "");
  ASSERT_TRUE(wait_for(client_->destroy_platform_kek(1)));
  // Loaded or not, nothing opens any more.
  EXPECT_EQ(wait_for(client_->unwrap_dek(kek, wrapped, {})).error().code, Code::not_found);
  EXPECT_EQ(wait_for(client_->create_org_kek(1, {})).error().code, Code::not_found);
  EXPECT_EQ(platform_versions(), std::vector<KeyVersion>{2});
  const auto after = key_files();
  EXPECT_EQ(after.size(), before.size() - 1);
  for (const auto& name : before) EXPECT_EQ(copy_has(name), after.contains(name)) << name;
  start(token_.config());
  EXPECT_EQ(platform_versions(), std::vector<KeyVersion>{2});
}

TEST_F(KeyLife, DestroyingWhatIsNotThereSucceeds) {
  EXPECT_TRUE(wait_for(client_->destroy_platform_kek(9)));
  EXPECT_TRUE(wait_for(client_->destroy_audit_key(9)));
  EXPECT_TRUE(wait_for(client_->destroy_backup_key(9)));
  ASSERT_TRUE(wait_for(client_->destroy_platform_kek(1)));
  EXPECT_TRUE(wait_for(client_->destroy_platform_kek(1)));
  EXPECT_EQ(platform_versions(), std::vector<KeyVersion>{2});
}

TEST_F(KeyLife, ADestroyedVersionCanBeMadeAnew) {
  const auto kek = new_org_kek("org");
  ASSERT_TRUE(wait_for(client_->destroy_platform_kek(1)));
  ASSERT_TRUE(wait_for(client_->create_platform_kek(1)));
  // It is another key.
  EXPECT_EQ(wait_for(client_->load_org_kek(kek)).error().code, Code::integrity);
}

TEST_F(KeyLife, AnAuditKeyGoesAsAPairAndTheOthersSign) {
  ASSERT_TRUE(wait_for(client_->create_audit_key(1)));
  const auto second = wait_for(client_->create_audit_key(2));
  ASSERT_TRUE(second);
  const auto before = key_files();
  ASSERT_TRUE(wait_for(client_->destroy_audit_key(1)));
  EXPECT_EQ(key_files().size(), before.size() - 2);
  EXPECT_EQ(wait_for(client_->sign(1, {})).error().code, Code::not_found);
  EXPECT_TRUE(wait_for(client_->sign(2, {})));
  start(token_.config());
  const auto status = wait_for(client_->status());
  ASSERT_EQ(status->audit_keys.size(), 1u);
  EXPECT_EQ(status->audit_keys[0].public_key, second->public_key);
}

TEST_F(KeyLife, BackupKeysHaveVersionsOfTheirOwn) {
  ASSERT_TRUE(wait_for(client_->create_backup_key(1)));
  EXPECT_EQ(wait_for(client_->create_backup_key(1)).error().code, Code::conflict);
  ASSERT_TRUE(wait_for(client_->create_backup_key(2)));
  start(token_.config());
  ASSERT_TRUE(wait_for(client_->destroy_backup_key(1)));
  const auto status = wait_for(client_->status());
  ASSERT_EQ(status->backup_keys.size(), 1u);
  EXPECT_EQ(status->backup_keys[0].version, 2u);
  EXPECT_EQ(status->platform_keks.size(), 2u);
}

TEST_F(KeyLife, F16ADestructionCutShortBeforeTheCopyIsRepeated) {
  const std::string copy = *read_file(copy_file(), 1 << 24);
  ASSERT_TRUE(wait_for(client_->destroy_platform_kek(1)));
  client_.reset();
  ASSERT_TRUE(write_file_atomically(copy_file(), as_bytes(copy)));
  start(token_.config());
  // Never acknowledged, so the copy brought the key back.
  EXPECT_EQ(platform_versions(), (std::vector<KeyVersion>{1, 2}));
  const auto repeated = wait_for(client_->destroy_platform_kek(1));
  ASSERT_TRUE(repeated) << repeated.error().describe();
  start(token_.config());
  EXPECT_EQ(platform_versions(), std::vector<KeyVersion>{2});
}

TEST_F(KeyLife, F16ADestructionIsRepeatedAfterAKillAtAnyMoment) {
  const auto kek = new_org_kek("org", 2);
  for (int round = 0; round < 25; ++round) {
    auto destroyed = client_->destroy_platform_kek(1);
    ::poll(nullptr, 0, round / 5);  // another moment each time
    ASSERT_EQ(::kill(client_->state().pid, SIGKILL), 0);
    const bool acknowledged = wait_for(std::move(destroyed)).has_value();
    start(token_.config());
    const auto versions = platform_versions();
    if (acknowledged) EXPECT_EQ(versions, std::vector<KeyVersion>{2});
    const auto repeated = wait_for(client_->destroy_platform_kek(1));
    ASSERT_TRUE(repeated) << repeated.error().describe();
    EXPECT_EQ(platform_versions(), std::vector<KeyVersion>{2});
    EXPECT_TRUE(wait_for(client_->load_org_kek(kek)));
    ASSERT_TRUE(wait_for(client_->create_platform_kek(1)));
  }
}

TEST_F(KeyLife, AnAuditKeyThatAKillLeftHalfMadeIsMadeAnewAndStaysOne) {
  const auto before = key_files();
  ASSERT_TRUE(wait_for(client_->create_audit_key(1)));
  auto pair = key_files();
  for (const auto& name : before) pair.erase(name);
  ASSERT_EQ(pair.size(), 2U);
  client_.reset();
  // Without its private key, nor a copy that has it. Which file that is shows when the token opens without it.
  for (const auto& name : pair) {
    const auto file = token_.token_object().parent_path() / name;
    const std::string content = *read_file(file, 1 << 20);
    fs::remove(file);
    fs::remove(copy_file());
    auto started = Client::start(token_.config(), clock_, logger_);
    if (started) {
      client_ = *std::move(started);
      break;
    }
    ASSERT_TRUE(write_file_atomically(file, as_bytes(content)));
  }
  ASSERT_TRUE(client_);
  ASSERT_TRUE(wait_for(client_->status())->audit_keys.empty());
  ASSERT_TRUE(wait_for(client_->create_audit_key(1)));
  start(token_.config());  // refuses a key that exists twice
  EXPECT_TRUE(wait_for(client_->sign(1, {})));
}

TEST_F(KeyLife, AnAuditKeyIsMadeAfterAKillAtAnyMoment) {
  for (int round = 0; round < 25; ++round) {
    auto created = client_->create_audit_key(1);
    ::poll(nullptr, 0, round / 5);  // another moment each time
    ASSERT_EQ(::kill(client_->state().pid, SIGKILL), 0);
    static_cast<void>(wait_for(std::move(created)));
    start(token_.config());
    const auto repeated = wait_for(client_->create_audit_key(1));
    ASSERT_TRUE(repeated || repeated.error().code == Code::conflict) << repeated.error().describe();
    start(token_.config());
    EXPECT_TRUE(wait_for(client_->sign(1, {})));
    ASSERT_TRUE(wait_for(client_->destroy_audit_key(1)));
  }
}

TEST_F(KeyLife, LeavesNoCopyOfADestroyedKeyBehindAKill) {
  // What a kill between write and rename leaves.
  const std::string copy = *read_file(copy_file(), 1 << 24);
  client_.reset();
  ASSERT_TRUE(write_file_atomically(copy_file().string() + ".tmp", as_bytes(copy)));
  const fs::path in_token = token_.token_object().string() + ".tmp";
  ASSERT_TRUE(write_file_atomically(in_token, as_bytes("half")));
  start(token_.config());
  EXPECT_FALSE(fs::exists(copy_file().string() + ".tmp"));
  EXPECT_FALSE(fs::exists(in_token));
}

}  // namespace
}  // namespace kaito::hsm::test
