#include "hsm/client/call.hpp"

#include "hsm/protocol/messages.hpp"

namespace kaito::hsm {
namespace {

struct Group {
  OrgKekRef kek;
  std::vector<SingleUnwrap> members;
};

bool same_kek(const OrgKekRef& a, const OrgKekRef& b) {
  return a == b || (a->wrapped.blob == b->wrapped.blob && a->aad == b->aad);
}

std::vector<Group> group_by_kek(std::vector<SingleUnwrap> singles) {
  std::vector<Group> groups;
  for (auto& single : singles) {
    auto group = std::ranges::find_if(groups, [&](const Group& known) { return same_kek(known.kek, single.kek); });
    if (group == groups.end()) group = groups.insert(groups.end(), Group{.kek = single.kek, .members = {}});
    group->members.push_back(std::move(single));
  }
  return groups;
}

Result<Dek> read_dek(ByteReader& in) {
  KAITO_CHECK(read_outcome(in));
  KAITO_TRY(const ByteView bytes, in.take(kDekSize));
  return Dek::copy_of(bytes);
}

void answer(std::vector<Group>& groups, Result<ByteReader> reply) {
  for (auto& group : groups) {
    // A group's error, or the whole frame's, is every member's.
    const Status outcome = reply ? read_outcome(*reply) : Status(fail(reply.error()));
    for (auto& member : group.members) {
      if (outcome)
        member.done.set(read_dek(*reply));
      else
        member.done.set(fail(outcome.error()));
    }
  }
}

}  // namespace

std::size_t payload_bound(const SingleUnwrap& single) noexcept {
  constexpr std::size_t kLengths = 10;  // five 16-bit lengths and counts
  return single.kek->wrapped.blob.size() + single.kek->aad.size() + single.wrapped.blob.size() + single.aad.size() +
         kLengths;
}

Call join(std::vector<SingleUnwrap> singles) {
  Call call{.op = Op::unwrap_deks,
            .payload = {},
            .deadline = singles.front().deadline,
            .done = {},
            .weight = singles.size(),
            .singles = true};
  auto groups = group_by_kek(std::move(singles));
  WireWriter out(call.payload);
  write_group_count(out, groups.size());
  for (const auto& group : groups) {
    write_group(out, *group.kek, group.members.size());
    for (const auto& member : group.members) write_dek_to_unwrap(out, member.wrapped.blob, member.aad);
  }
  call.done = [groups = std::move(groups)](Result<ByteReader> reply) mutable { answer(groups, std::move(reply)); };
  return call;
}

}  // namespace kaito::hsm
