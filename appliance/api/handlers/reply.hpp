// From what a service recorded to what a handler answers.
#pragma once

#include "appliance/api/call.hpp"
#include "appliance/api/handlers/views.hpp"
#include "appliance/auth/recorded.hpp"

namespace kaito::api {

// `view` turns the service's value into the output, or into a Result of it.
template <class Output, class T, class View>
Done<Output> done(auth::Recorded<T> recorded, View view) {
  if (!recorded.result) return {fail(std::move(recorded.result).error()), std::move(recorded.receipt)};
  return {Result<Output>(view(*std::move(recorded.result))), std::move(recorded.receipt)};
}

inline Done<Nothing> done(auth::Recorded<void> recorded) {
  if (!recorded.result) return {fail(std::move(recorded.result).error()), std::move(recorded.receipt)};
  return {Nothing{}, std::move(recorded.receipt)};
}

// A page of rows as a listing of views.
template <class View, class Row>
Done<Listing<View>> done_listing(auth::Recorded<store::Page<Row>> recorded) {
  return done<Listing<View>>(std::move(recorded), [](store::Page<Row> page) -> Result<Listing<View>> {
    Listing<View> listing;
    listing.items.reserve(page.rows.size());
    for (const auto& row : page.rows) {
      KAITO_TRY(auto view, Result<View>(View::of(row)));
      listing.items.push_back(std::move(view));
    }
    listing.next_cursor = std::move(page.next);
    return listing;
  });
}

}  // namespace kaito::api
