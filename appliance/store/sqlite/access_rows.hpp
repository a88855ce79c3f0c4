// Rows of what lets a caller in: one_time_token, session, api_key.
#pragma once

#include <optional>

#include "appliance/store/records.hpp"
#include "appliance/store/sqlite/connection.hpp"

namespace kaito::store::sqlite {

Result<std::optional<OneTimeToken>> find_one_time_token(Connection& connection, const ByteArray<32>& token_hash);
Status insert_one_time_token(Connection& connection, const OneTimeToken& token);
Status remove_one_time_token(Connection& connection, const ByteArray<32>& token_hash);
Status remove_one_time_tokens_of(Connection& connection, const UuidBytes& subject);

Result<std::optional<Session>> find_session(Connection& connection, const ByteArray<32>& token_hash);
Status insert_session(Connection& connection, const Session& session);
Status touch_session(Connection& connection, const SessionId& id, TimePoint last_seen);
Status remove_session(Connection& connection, const SessionId& id);
Status remove_sessions_of(Connection& connection, SubjectKind kind, const UuidBytes& subject);
// Those that are older than either.
Status remove_sessions_before(Connection& connection, TimePoint created_before, TimePoint last_seen_before);

Result<std::optional<ApiKey>> find_api_key(Connection& connection, const OrgId& org, const ApiKeyId& id);
Result<std::optional<ApiKey>> find_api_key_by_hash(Connection& connection, const ByteArray<32>& token_hash);
Result<Page<ApiKey>> list_api_keys(Connection& connection, const OrgId& org, const PageRequest& page);
Status insert_api_key(Connection& connection, const ApiKey& key);
Status touch_api_key(Connection& connection, const ApiKeyId& id, TimePoint last_used);
Status remove_api_key(Connection& connection, const OrgId& org, const ApiKeyId& id);

}  // namespace kaito::store::sqlite
