// Codes.
#pragma once

#include "appliance/api/handlers/reply.hpp"
#include "appliance/api/services.hpp"

namespace kaito::api {

struct CodeView {
  std::string_view code;  // into the CodeRead that it is the view of
  std::optional<TimePoint> valid_from;
  std::optional<TimePoint> valid_until;
  std::optional<std::string_view> next_code;
  std::optional<std::uint64_t> counter;
  TimePoint server_time;
  OrNull<std::int64_t> time_uncertainty_ms;  // how far server_time may be off; null: unknown
};
BOOST_DESCRIBE_STRUCT(CodeView, (),
                      (code, valid_from, valid_until, next_code, counter, server_time, time_uncertainty_ms))

// A view together with what it looks into.
struct CodeReply {
  vault::CodeRead read;
  [[nodiscard]] CodeView view() const;
};

struct ReadCode {
  struct Input {
    static constexpr bool kFromQuery = true;
    std::optional<bool> next;  // also the next code, when less than 5 s are left
  };
  using Output = CodeReply;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(ReadCode::Input, (), (next))

// HOTP: takes the next code and moves the counter.
struct TakeCode {
  using Input = Nothing;
  using Output = CodeReply;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct ProblemView {
  std::string type;  // as in the body of a problem reply
  std::string field;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(ProblemView, (), (type, field, reason))

struct SeedCodeReply {
  SeedId seed;
  std::optional<CodeReply> code;
  std::optional<ProblemView> problem;
};
BOOST_DESCRIBE_STRUCT(SeedCodeReply, (), (seed, code, problem))

struct ReadCodes {
  struct Input {
    static constexpr bool kFromQuery = false;
    List<SeedId, vault::kMaxCodesAtOnce> seeds;
  };
  struct Output {
    std::vector<SeedCodeReply> codes;  // in the order asked
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(ReadCodes::Input, (), (seeds))
BOOST_DESCRIBE_STRUCT(ReadCodes::Output, (), (codes))

inline void append_json(std::string& out, const CodeReply& reply) { append_json(out, reply.view()); }
template <>
struct SchemaOf<CodeReply> : SchemaOf<CodeView> {};

}  // namespace kaito::api
