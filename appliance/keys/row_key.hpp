// The key of the database's row seal (store/row_seal.hpp): 32 random bytes, at rest under an org KEK that belongs to no
// org, so that each platform rotation carries it along.
#pragma once

#include "appliance/keys/org_keys.hpp"
#include "appliance/store/row_seal.hpp"

namespace kaito::keys {

// Whose org KEK it is: nobody's. No org bears this id.
OrgId row_key_owner() noexcept;

// Opens the key, or makes it for a database that holds nobody yet. At every start, before the first row is read that it
// seals. Blocks. Errors:
//   integrity       there are people or orgs, but no key: the database or the keyring is another, or was edited
//   hsm_*           as of the HSM
Task<Result<store::RowKey>> open_row_key(store::Store& store, store::Keyring& keyring, OrgKeys& keys, Random& random);

}  // namespace kaito::keys
