// The database behind one interface, so that the services and their tests know no SQL. Reads run on a snapshot on the
// calling thread. All writes run on one writer thread that puts every waiting job into one transaction (group commit),
// so a batch costs one fsync.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/base/task.hpp"
#include "appliance/store/approval_records.hpp"
#include "appliance/store/key_records.hpp"
#include "appliance/store/records.hpp"
#include "appliance/store/row_sums.hpp"

namespace kaito::store {

// Which seeds a listing may show.
struct SeedFilter {
  OrgId org;
  std::optional<std::vector<GroupId>> groups;  // absent: all; empty: none
  std::optional<GroupId> group;                // narrow to one group
  std::string search;  // case-insensitive part of issuer or account, at most 256 bytes, taken literally; empty: all
};

struct AuditFilter {
  std::optional<OrgId> org;            // absent: the whole appliance
  std::uint64_t from = 0;              // first sequence
  std::optional<std::uint64_t> until;  // end, exclusive
  std::uint32_t limit = 1000;          // 1 to 10,000
  bool newest_first = false;
};

// Reads of one consistent state. Not thread-safe. A missing row is an empty optional, not an error; an error means that
// the database failed (Code::storage_failed) or holds what it must not (Code::integrity).
//
// Pages: a limit outside 1 to 1000 and a cursor that the same listing did not give are Code::invalid_request naming
// `limit` or `cursor`. Orgs, members, groups and API keys come in the order of their creation, seeds by issuer and
// account whatever their case. A row that stays is seen exactly once, whatever is added or removed between two pages.
class Reader {
 public:
  virtual ~Reader() = default;

  virtual Result<std::optional<Bytes>> meta(std::string_view key) = 0;

  virtual Result<std::optional<Org>> org(const OrgId& id) = 0;
  virtual Result<std::optional<Org>> org_by_name(std::string_view name) = 0;
  virtual Result<Page<Org>> orgs(const PageRequest& page) = 0;

  virtual Result<std::optional<Member>> member(const OrgId& org, const MemberId& id) = 0;
  virtual Result<std::optional<Member>> member_by_username(const OrgId& org, std::string_view username) = 0;
  virtual Result<Page<Member>> members(const OrgId& org, const PageRequest& page) = 0;
  virtual Result<std::uint64_t> owner_count(const OrgId& org) = 0;  // active owners
  virtual Result<std::vector<GroupId>> groups_of_member(const MemberId& id) = 0;

  virtual Result<std::optional<Group>> group(const OrgId& org, const GroupId& id) = 0;
  virtual Result<Page<Group>> groups(const OrgId& org, const PageRequest& page) = 0;
  virtual Result<std::vector<MemberId>> members_of_group(const GroupId& id) = 0;
  virtual Result<std::vector<GroupId>> groups_of_seed(const SeedId& id) = 0;

  virtual Result<std::optional<Seed>> seed(const OrgId& org, const SeedId& id) = 0;
  virtual Result<Page<Seed>> seeds(const SeedFilter& filter, const PageRequest& page) = 0;
  virtual Result<std::uint64_t> seed_count(const OrgId& org) = 0;
  virtual Result<std::vector<SeedId>> seeds_by_fingerprint(const OrgId& org, const ByteArray<16>& fingerprint) = 0;

  // Seeds of the org whose DEK is under a KEK version below `below`, by version and id, after `place`. Limit 1 to
  // 10,000.
  virtual Result<std::vector<SeedDek>> seed_deks(const OrgId& org, KeyVersion below, const SeedDekPlace& place,
                                                 std::uint32_t limit) = 0;
  virtual Result<std::uint64_t> seed_count_below(const OrgId& org, KeyVersion below) = 0;
  virtual Result<bool> any_seed_below(const OrgId& org, KeyVersion below) = 0;

  virtual Result<std::optional<Rotation>> rotation(const RotationId& id) = 0;
  // The org's, or of all keys when `org` is absent; in the order of creation.
  virtual Result<Page<Rotation>> rotations(const std::optional<OrgId>& org, const PageRequest& page) = 0;
  virtual Result<std::vector<Rotation>> open_rotations() = 0;  // running, paused, failed
  // Of one key; `org` for org keys only.
  virtual Result<std::optional<Rotation>> open_rotation(KeyKind kind, const std::optional<OrgId>& org) = 0;
  virtual Result<std::optional<Rotation>> latest_rotation(KeyKind kind, const std::optional<OrgId>& org) = 0;
  virtual Result<std::vector<KeyCertificate>> certificates_of(const RotationId& rotation) = 0;
  virtual Result<Page<DeletedOrg>> deleted_orgs(const PageRequest& page) = 0;
  virtual Result<bool> is_deleted_org(const OrgId& id) = 0;
  virtual Result<std::optional<OrgId>> org_to_purge() = 0;  // one that was removed and has rows left
  virtual Result<std::vector<DeletedOrg>> orgs_shredded_by(const RotationId& rotation) = 0;
  virtual Result<std::vector<DeletedOrg>> unclaimed_deletions() = 0;  // those that no rotation has claimed
  // When the oldest deletion was that no rotation has claimed.
  virtual Result<std::optional<TimePoint>> oldest_unclaimed_deletion() = 0;
  virtual Result<std::vector<HsmKey>> hsm_keys() = 0;

  // In the order of their beginning: those that began at `from` or later, and the last one before.
  virtual Result<std::vector<KeyUsePeriod>> key_use_periods(TimePoint from) = 0;
  // The org's uses, summed over the periods that began at `from` or later.
  virtual Result<std::vector<KeyUseCount>> key_uses(const OrgId& org, TimePoint from) = 0;

  virtual Result<std::optional<Staff>> staff(const StaffId& id) = 0;
  virtual Result<std::optional<Staff>> staff_by_name(std::string_view name) = 0;
  virtual Result<std::vector<Staff>> all_staff() = 0;
  virtual Result<std::optional<StaffCredential>> credential(ByteView credential_id) = 0;
  virtual Result<std::vector<StaffCredential>> credentials_of(const StaffId& id) = 0;

  virtual Result<std::optional<Approval>> approval(const ApprovalId& id) = 0;
  virtual Result<Page<Approval>> approvals(const PageRequest& page) = 0;                   // in the order of creation
  virtual Result<std::uint64_t> open_approval_count(TimePoint now) = 0;                    // not ended, not expired
  virtual Result<std::vector<ApprovalSignature>> signatures_of(const ApprovalId& id) = 0;  // as they were given

  virtual Result<std::optional<OneTimeToken>> one_time_token(const ByteArray<32>& token_hash) = 0;
  virtual Result<std::optional<Session>> session(const ByteArray<32>& token_hash) = 0;
  virtual Result<std::optional<ApiKey>> api_key(const OrgId& org, const ApiKeyId& id) = 0;
  virtual Result<std::optional<ApiKey>> api_key_by_hash(const ByteArray<32>& token_hash) = 0;
  virtual Result<Page<ApiKey>> api_keys(const OrgId& org, const PageRequest& page) = 0;

  virtual Result<std::vector<AuditRow>> audit_rows(const AuditFilter& filter) = 0;
  virtual Result<std::uint64_t> audit_size() = 0;
  // Leaf hashes [from, until), in order. Code::integrity when one is missing.
  virtual Result<std::vector<ByteArray<32>>> audit_leaf_hashes(std::uint64_t from, std::uint64_t until) = 0;
  virtual Result<std::optional<AuditCheckpoint>> latest_checkpoint() = 0;
  virtual Result<std::vector<AuditCheckpoint>> checkpoints(std::uint64_t from_size, std::uint32_t limit) = 0;
  // The first record at `from` or later whose text holds `part`. Reads each one before it.
  virtual Result<std::optional<AuditRow>> first_audit_row_with(std::string_view part, std::uint64_t from) = 0;

  // The sums that are kept of the guarded tables; none before they are first taken. Code::integrity when what is kept
  // is not authentic.
  virtual Result<std::optional<KeptRowSums>> row_sums() = 0;
  // From the rows, each of which it reads. Code::deadline_exceeded when `stop` is requested meanwhile.
  virtual Result<RowSum> compute_row_sum(GuardedTable table, const std::stop_token& stop) = 0;
};

// Reads and changes inside the writer's transaction; sees its own changes. A change of a row that is not there, or that
// refers to one that is not there, is Code::not_found; a broken uniqueness is Code::conflict and a value out of the
// schema's bounds Code::invalid_request, both naming the column in `field`. update() writes all but id, org and
// created_at. remove_*_of and remove_sessions_before may find nothing.
class Writer : public Reader {
 public:
  virtual Status put_meta(std::string_view key, ByteView value) = 0;

  virtual Status insert(const Org& org) = 0;
  virtual Status update(const Org& org) = 0;
  // The org is gone from here on: its sessions, API keys and invitations are removed, its name is free and no read
  // finds it. However many rows it has, this takes no longer; its groups, members and seeds are left to purge_org(). A
  // deletion is on record for good.
  virtual Status remove_org(const DeletedOrg& org) = 0;
  // Removes at most `rows` (from 1) of what remove_org() has left; true: more are there. Nothing is left of the org
  // then but its audit records. An org that was not removed is Code::conflict.
  virtual Result<bool> purge_org(const OrgId& id, std::uint32_t rows) = 0;

  virtual Status insert(const Member& member) = 0;
  virtual Status update(const Member& member) = 0;
  virtual Status remove_member(const OrgId& org, const MemberId& id) = 0;  // sessions and memberships too

  virtual Status insert(const Group& group) = 0;
  virtual Status update(const Group& group) = 0;
  virtual Status remove_group(const OrgId& org, const GroupId& id) = 0;
  // Idempotent. Code::not_found when either is absent, or the two belong to different orgs.
  virtual Status add_to_group(const GroupId& group, const MemberId& member) = 0;
  virtual Status remove_from_group(const GroupId& group, const MemberId& member) = 0;
  virtual Status add_to_group(const GroupId& group, const SeedId& seed) = 0;
  virtual Status remove_from_group(const GroupId& group, const SeedId& seed) = 0;

  virtual Status insert(const Seed& seed) = 0;
  virtual Status update(const Seed& seed) = 0;
  virtual Status remove_seed(const OrgId& org, const SeedId& id) = 0;

  // Puts the DEK under another KEK version when the row's is still the one that was read, and changes nothing else of
  // the row. False: it is not, or the row is gone.
  virtual Result<bool> rewrap(const OrgId& org, const SeedDek& before, const SeedDek& after) = 0;

  // Code::conflict when another rotation of the same key is running, paused or failed.
  virtual Status insert(const Rotation& rotation) = 0;
  virtual Status update(const Rotation& rotation) = 0;  // all but id, kind, org, versions and started_at
  virtual Status insert(const KeyCertificate& certificate) = 0;
  // Once: Code::not_found when it is signed already.
  virtual Status sign(const RotationId& rotation, CertificateKind kind, std::string_view note) = 0;
  virtual Status claim_deleted_orgs(const RotationId& rotation) = 0;  // all that no rotation has claimed
  virtual Status mark_shredded(const RotationId& rotation, TimePoint when) = 0;
  // Inserts, or notes the destruction; times once set stay.
  virtual Status put(const HsmKey& key) = 0;

  virtual Status begin_key_use_period(const KeyUsePeriod& period) = 0;
  // Adds to the period's counts and updates the rest of its row.
  virtual Status add_key_uses(const KeyUsePeriod& period, std::span<const KeyUseCount> counts) = 0;
  virtual Status remove_key_uses_before(TimePoint before) = 0;

  virtual Status insert(const Staff& staff) = 0;
  virtual Status update(const Staff& staff) = 0;
  virtual Status insert(const StaffCredential& credential) = 0;
  virtual Status update_sign_count(ByteView credential_id, std::uint32_t sign_count) = 0;
  virtual Status remove_credential(const StaffId& staff, ByteView credential_id) = 0;

  virtual Status insert(const Approval& approval) = 0;
  // Code::conflict when the officer has signed it already.
  virtual Status insert(const ApprovalSignature& signature) = 0;
  // Once: Code::not_found when it has ended already.
  virtual Status end_approval(const ApprovalId& id, ApprovalState state, TimePoint when) = 0;
  // The open ones that the staff member proposed or signed.
  virtual Status withdraw_approvals_of(const StaffId& staff, TimePoint when) = 0;

  virtual Status insert(const OneTimeToken& token) = 0;
  virtual Status remove_one_time_token(const ByteArray<32>& token_hash) = 0;
  virtual Status remove_one_time_tokens_of(const UuidBytes& subject) = 0;

  virtual Status insert(const Session& session) = 0;
  virtual Status touch_session(const SessionId& id, TimePoint last_seen) = 0;
  virtual Status remove_session(const SessionId& id) = 0;
  virtual Status remove_sessions_of(SubjectKind kind, const UuidBytes& subject) = 0;
  virtual Status remove_sessions_before(TimePoint created_before, TimePoint last_seen_before) = 0;

  virtual Status insert(const ApiKey& key) = 0;
  virtual Status touch_api_key(const ApiKeyId& id, TimePoint last_used) = 0;
  virtual Status remove_api_key(const OrgId& org, const ApiKeyId& id) = 0;

  // Code::conflict unless row.sequence is audit_size(): records follow each other without a gap.
  virtual Status append_audit(const AuditRow& row) = 0;
  virtual Status insert(const AuditCheckpoint& checkpoint) = 0;

  // Takes the sums of the guarded tables from the rows as they are, and keeps them from now on. Reads every row.
  virtual Status begin_row_sums() = 0;
  // What the sums' anchor in the log is to bear: a digest of them as they are now. Code::integrity when none are kept.
  virtual Result<ByteArray<32>> row_sums_digest() = 0;
  virtual Status anchor_row_sums(const RowAnchor& anchor) = 0;
};

// Runs on the writer thread; must not throw or wait. An error rolls this job back alone and reaches its caller. A lost
// transaction (I/O error, full disk, an error of the observer) fails every job of the batch.
using Job = std::move_only_function<Status(Writer&)>;

enum class JobKind : std::uint8_t {
  change,  // refused with Code::storage_full when the volume's reserve is touched
  // An audit record alone: may use the reserve, so that reads go on while the volume is full. Runs without a savepoint,
  // so it must change nothing before it fails; else it fails its whole batch.
  record,
  // A change of many rows for a task in the background. A transaction takes at most one, so that whoever waits for the
  // writer waits for one.
  bulk,
};

// Told of every batch, on the writer thread. The journal keeps its tree in step with the transaction through this.
// It is not told of a single job that was rolled back: what a job does outside the database, it does as its last act,
// when nothing of it can fail any more.
class BatchObserver {
 public:
  virtual ~BatchObserver() = default;
  // Last statement of the transaction. An error fails the batch.
  virtual Status before_commit(Writer& writer) = 0;
  virtual void committed() = 0;    // before any job of the batch is completed
  virtual void rolled_back() = 0;  // instead of committed(), once jobs have run
};

struct StoreStatistics {
  std::uint64_t batches = 0;
  std::uint64_t jobs = 0;
  std::uint64_t waiting = 0;     // jobs, now
  bool failed = false;           // a commit or fsync failed: writes are refused until the process is started again
  bool reserve_touched = false;  // the volume is nearly full: changes are refused
};

// Thread-safe.
class Store {
 public:
  virtual ~Store() = default;

  // A consistent snapshot on a connection of its own: the state at its first read, with every write that had completed
  // by then, and perhaps with one that is about to be durable. So nothing leaves the appliance, and nothing outside the
  // store is changed, on the strength of a read alone: first a write of one's own has to complete. Give it back before
  // any co_await: a snapshot that waits holds up the checkpointing of the log. Code::deadline_exceeded when no
  // connection came free in time.
  virtual Result<std::unique_ptr<Reader>> snapshot() = 0;

  // Completes when the job is durable, or failed. Code::storage_failed after a failed commit, and from then on for
  // every write: a failed fsync is never tried again (the kernel may have dropped the pages). Code::deadline_exceeded,
  // at once, when too many jobs wait already.
  virtual Future<Result<void>> write(Job job, JobKind kind) = 0;

  // Moves on with every batch that holds a change, before any job of the batch completes. So what was read from a
  // snapshot that was taken at a generation is the present state for as long as the generation stays: see
  // read_cache.hpp.
  [[nodiscard]] virtual std::uint64_t change_generation() const noexcept = 0;

  // Set once, before the first write. The observer must live until every write has completed.
  virtual void observe(BatchObserver& observer) = 0;

  // Asks the volume for its free space: for now and then, not for each request.
  [[nodiscard]] virtual StoreStatistics statistics() const = 0;
  // StoreStatistics::failed alone; costs nothing.
  [[nodiscard]] virtual bool failed() const noexcept = 0;
};

}  // namespace kaito::store
