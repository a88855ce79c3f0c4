// Rows of rotation, key_certificate, deleted_org and hsm_key.
#pragma once

#include <optional>
#include <vector>

#include "appliance/store/key_records.hpp"
#include "appliance/store/sqlite/connection.hpp"

namespace kaito::store::sqlite {

Result<std::optional<Rotation>> find_rotation(Connection& connection, const RotationId& id);
Result<Page<Rotation>> list_rotations(Connection& connection, const std::optional<OrgId>& org, const PageRequest& page);
Result<std::vector<Rotation>> open_rotations(Connection& connection);
Result<std::optional<Rotation>> find_open_rotation(Connection& connection, KeyKind kind,
                                                   const std::optional<OrgId>& org);
Result<std::optional<Rotation>> find_latest_rotation(Connection& connection, KeyKind kind,
                                                     const std::optional<OrgId>& org);
Status insert_rotation(Connection& connection, const Rotation& rotation);
Status update_rotation(Connection& connection, const Rotation& rotation);

Result<std::vector<KeyCertificate>> certificates_of(Connection& connection, const RotationId& rotation);
Status insert_certificate(Connection& connection, const KeyCertificate& certificate);
Status sign_certificate(Connection& connection, const RotationId& rotation, CertificateKind kind,
                        std::string_view note);

Result<Page<DeletedOrg>> list_deleted_orgs(Connection& connection, const PageRequest& page);
Result<bool> is_deleted_org(Connection& connection, const OrgId& id);
Result<std::vector<DeletedOrg>> orgs_shredded_by(Connection& connection, const RotationId& rotation);
Result<std::vector<DeletedOrg>> unclaimed_deletions(Connection& connection);
Result<std::optional<TimePoint>> oldest_unclaimed_deletion(Connection& connection);
Status claim_deleted_orgs(Connection& connection, const RotationId& rotation);
Status mark_shredded(Connection& connection, const RotationId& rotation, TimePoint when);

Result<std::vector<HsmKey>> list_hsm_keys(Connection& connection);
Status put_hsm_key(Connection& connection, const HsmKey& key);

}  // namespace kaito::store::sqlite
