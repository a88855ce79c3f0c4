// The query of a target, decoded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/base/result.hpp"

namespace kaito::http {

struct QueryParameter {
  std::string name;
  std::string value;
};

class Query {
 public:
  // application/x-www-form-urlencoded: '+' is a space, %XX a byte. At most 32 parameters. Code::invalid_request naming
  // the parameter: wrong percent sequence, control character, not UTF-8, given twice, without a name.
  static Result<Query> parse(std::string_view query);

  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;
  [[nodiscard]] const std::vector<QueryParameter>& parameters() const noexcept { return parameters_; }

 private:
  std::vector<QueryParameter> parameters_;
};

}  // namespace kaito::http
