#include "appliance/otp/import_collector.hpp"

#include <fmt/format.h>

namespace kaito::otp {
namespace {

std::string reason_of(const Error& error, const std::string& where) {
  std::string reason = where.empty() ? "" : where + ": ";
  if (error.field.empty()) return reason + "could not be read";
  return reason + error.field + ' ' + error.reason;
}

}  // namespace

Status ImportCollector::add(EntryDraft draft, const Status& read, const std::string& where) {
  if (++count_ > kMaxEntries) return fail_invalid("content", fmt::format("has more than {} entries", kMaxEntries));
  RefusedEntry refusal{.position = count_, .issuer = draft.issuer(), .account = draft.account()};
  if (!read) {
    refusal.reason = reason_of(read.error(), where);
    result_.refused.push_back(std::move(refusal));
    return {};
  }
  auto entry = std::move(draft).finish();
  if (!entry) {
    refusal.reason = reason_of(entry.error(), where);
    result_.refused.push_back(std::move(refusal));
    return {};
  }
  entry->position = count_;
  result_.entries.push_back(*std::move(entry));
  return {};
}

}  // namespace kaito::otp
