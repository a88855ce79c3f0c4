#include "tests/integration/auth/auth_test.hpp"

#include <fstream>

#include "appliance/store/sqlite/sqlite_store.hpp"

namespace kaito::auth {
namespace {

constexpr PasswordHasherConfig kCheapHashes{.threads = 2, .queue_limit = 5000, .cost = {.memory_kib = 8, .passes = 1}};

std::filesystem::path make_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "kaito-auth-XXXXXX").string();
  if (!mkdtemp(pattern.data())) ADD_FAILURE() << "mkdtemp";
  return pattern;
}

template <class T>
T must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().describe();
    std::abort();
  }
  return *std::move(result);
}

}  // namespace

AuthTest::AuthTest()
    : folder_(make_folder()),
      store_owner_(must(store::sqlite::open_store(folder_ / "kaito.db", {}, logger_))),
      store_(*store_owner_),
      journal_(*(journal_owner_ = must(audit::Journal::open(store_, "test.example/audit", clock_, logger_)))),
      hasher_(must(PasswordHasher::open(kCheapHashes, random_))),
      sessions_(store_, journal_, clock_, random_, {}),
      keys_(store_, journal_, clock_, random_),
      login_(store_, journal_, *hasher_, sessions_, clock_, lockout_),
      passwords_(store_, journal_, *hasher_, sessions_, clock_, lockout_) {}

AuthTest::~AuthTest() {
  store_owner_.reset();
  journal_owner_.reset();
  std::filesystem::remove_all(folder_);
}

Status AuthTest::change(audit::Journal::Change apply) {
  audit::Event event;
  event.action = "test.change";
  event.actor.kind = audit::ActorKind::system;
  event.request = RequestId::make(clock_, random_);
  const auto receipt = sync_wait(journal_.commit(std::move(event), std::move(apply)));
  if (!receipt) return fail(receipt.error());
  return {};
}

store::Org AuthTest::add_org(std::string name) {
  const store::Org org{.id = OrgId::make(clock_, random_),
                       .name = std::move(name),
                       .created_at = clock_.now(),
                       .wrapped_index_key = Bytes(64)};
  EXPECT_TRUE(change([org](store::Writer& writer, audit::Event&) { return writer.insert(org); }));
  return org;
}

store::Member AuthTest::add_member(const store::Org& org, std::string username, store::MemberRole role,
                                   store::MemberState state) {
  store::Member member{.id = MemberId::make(clock_, random_),
                       .org = org.id,
                       .username = std::move(username),
                       .role = role,
                       .state = state,
                       .created_at = clock_.now()};
  if (state != store::MemberState::invited)
    member.password_hash = must(sync_wait([](PasswordHasher& hasher) -> Task<Result<std::string>> {
      co_return co_await hasher.hash(Passphrase::copy_of(kPassword));
    }(*hasher_)));
  EXPECT_TRUE(change([member](store::Writer& writer, audit::Event&) { return writer.insert(member); }));
  return member;
}

store::Group AuthTest::add_group(const store::Org& org, std::string name) {
  const store::Group group{
      .id = GroupId::make(clock_, random_), .org = org.id, .name = std::move(name), .created_at = clock_.now()};
  EXPECT_TRUE(change([group](store::Writer& writer, audit::Event&) { return writer.insert(group); }));
  return group;
}

Status AuthTest::update(store::Member member) {
  return change([row = std::move(member)](store::Writer& writer, audit::Event&) { return writer.update(row); });
}

std::unique_ptr<store::Reader> AuthTest::snapshot() { return must(store_.snapshot()); }

store::Member AuthTest::reload(const store::Member& member) {
  return must(snapshot()->member(member.org, member.id)).value();
}

void AuthTest::flush() {
  EXPECT_TRUE(change([](store::Writer&, audit::Event&) -> Status { return {}; }));
}

Result<Principal> AuthTest::who(std::string_view token) { return sessions_.authenticate(*snapshot(), token); }
Result<Principal> AuthTest::who(const Token& token) { return who(as_text(token.expose_secret())); }

Task<Result<IssuedSession>> AuthTest::login(std::string org, std::string username, std::string_view password) {
  const Permit permit = PermitForTest::anonymous("auth.member.login");
  MemberCredentials credentials{
      .org = std::move(org), .username = std::move(username), .password = Passphrase::copy_of(password)};
  co_return flat(co_await login_.login(permit, std::move(credentials)));
}

Result<IssuedSession> AuthTest::log_in(std::string org, std::string username, std::string_view password) {
  return sync_wait(login(std::move(org), std::move(username), password));
}

Permit AuthTest::permit_of(const Token& session, std::string_view action) {
  Principal principal = must(who(session));
  const auto org = principal.org();
  return PermitForTest::make(std::move(principal), org, action);
}

Permit AuthTest::permit_of(const store::Member& member, std::string_view action) {
  return PermitForTest::make(
      Principal(MemberPrincipal{.id = member.id, .org = member.org, .username = member.username, .role = member.role}),
      member.org, action);
}

std::vector<audit::Record> AuthTest::records() {
  std::vector<audit::Record> records;
  for (const store::AuditRow& row : must(snapshot()->audit_rows({.limit = 10'000})))
    records.push_back(must(audit::parse_record(row.record)));
  return records;
}

audit::Record AuthTest::last_record() { return records().back(); }

std::string AuthTest::detail(const audit::Record& record, std::string_view key) {
  for (const auto& pair : record.details)
    if (pair.name == key) return pair.value;
  return {};
}

bool AuthTest::stands_in_the_database(std::string_view text) const {
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    if (content.contains(text)) return true;
  }
  return false;
}

}  // namespace kaito::auth
