// What an audit record says: who did what to which objects, from where, and how it ended. Never a secret, a code, a
// password or a token.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/base/error.hpp"
#include "appliance/base/ids.hpp"
#include "appliance/base/result.hpp"

namespace kaito::store {
class Writer;
}

namespace kaito::audit {

struct Event;

// What else has to hold for a change to be made: asked inside its transaction, before it. Owns all it works on.
class Condition {
 public:
  virtual ~Condition() = default;
  // An error refuses the change. What the condition itself changes commits with it.
  virtual Status hold(store::Writer& writer, Event& record) = 0;
};

enum class ActorKind : std::uint8_t { anonymous, staff, member, api_key, system };
std::string_view to_string(ActorKind kind) noexcept;

struct Actor {
  ActorKind kind = ActorKind::anonymous;
  UuidBytes id{};    // nil for anonymous and system
  std::string name;  // for people; may be empty
};

struct Target {
  std::string_view kind;  // "seed", "member", … static text
  std::string id;
};

// One fact about the action: a count, a label, a changed field's name.
struct Detail {
  std::string_view key;  // static text
  std::string value;
};

struct Event {
  std::string_view action;  // "seed.code.read", from the endpoint table
  Actor actor;
  std::optional<OrgId> org;
  std::string peer;  // textual IP address; empty for the system
  RequestId request;
  std::vector<Target> targets;
  std::vector<Detail> details;
  Outcome outcome = Outcome::success;
  std::string_view error;                              // problem slug when the outcome is no success
  std::vector<std::shared_ptr<Condition>> conditions;  // of Journal::commit(), in their order. Not part of the record
};

}  // namespace kaito::audit
