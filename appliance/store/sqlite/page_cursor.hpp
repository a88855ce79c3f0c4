// Opaque cursors of listings: base64url of (kind, key of the page's last row, check sum). The sum ties a cursor to its
// listing and catches typing errors; it is no protection, and needs to be none, since a cursor only says where to go on
// within what the caller may list.
#pragma once

#include <cstdint>
#include <string>

#include "appliance/base/bytes.hpp"
#include "appliance/store/records.hpp"

namespace kaito::store::sqlite {

enum class Listing : std::uint8_t {
  orgs = 1,
  members = 2,
  groups = 3,
  api_keys = 4,
  seeds = 5,
  rotations = 6,
  deleted_orgs = 7,
  approvals = 8
};

// 1 to 1000, else Code::invalid_request, field "limit".
Status check_limit(const PageRequest& page);

// `scope` is what the listing is confined to: the org's id, or nothing.
std::string make_cursor(Listing listing, ByteView scope, ByteView key);

// The key, or nothing when the request has no cursor. Code::invalid_request, field "cursor", for a text that
// make_cursor did not give for this listing.
Result<std::optional<Bytes>> read_cursor(Listing listing, ByteView scope, const PageRequest& page);

// For listings in the order of creation: the id after which to go on; nil at the start.
Result<UuidBytes> read_id_cursor(Listing listing, ByteView scope, const PageRequest& page);

// Makes a page of rows that were read with one row more than the limit: that one only says that there is a next page.
template <class Row>
Page<Row> page_by_id(std::vector<Row> rows, Listing listing, ByteView scope, const PageRequest& request) {
  Page<Row> page{.rows = std::move(rows), .next = {}};
  if (page.rows.size() > request.limit) {
    page.rows.pop_back();
    page.next = make_cursor(listing, scope, page.rows.back().id.bytes());
  }
  return page;
}

}  // namespace kaito::store::sqlite
