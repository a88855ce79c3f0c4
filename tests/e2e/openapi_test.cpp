// The description that the appliance serves of itself, against the endpoint table.
#include <gtest/gtest.h>

#include <set>

#include "appliance/api/endpoint.hpp"
#include "tests/scenario/must.hpp"
#include "tests/scenario/test_appliance.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;

class OpenApi : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const TestAppliance appliance;
    document_ = must(appliance.client().call("GET", "/v1/openapi.json"));
  }
  static json::value document_;
};
json::value OpenApi::document_;

void for_each_reference(const json::value& value, const auto& visit) {
  if (value.is_array())
    for (const auto& entry : value.get_array()) for_each_reference(entry, visit);
  if (!value.is_object()) return;
  for (const auto& member : value.get_object())
    if (member.key() == "$ref")
      visit(member.value());
    else
      for_each_reference(member.value(), visit);
}

TEST_F(OpenApi, C4ListsTheTablesRowsAndNoOthers) {
  std::set<std::string> described;
  for (const auto& path : document_.at("paths").as_object())
    for (const auto& operation : path.value().as_object()) {
      std::string method(operation.key());
      std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
      described.insert(method + " " + std::string(path.key()));
    }
  std::set<std::string> rows;
  for (const auto& row : api::endpoint_table())
    rows.insert(fmt::format("{} {}", http::to_string(row.method), row.path));
  EXPECT_EQ(described, rows);
}

TEST_F(OpenApi, EveryOperationNamesItsRowAndEveryPathParameter) {
  for (const auto& row : api::endpoint_table()) {
    std::string method(http::to_string(row.method));
    std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
    const auto& operation = document_.at("paths").at(row.path).at(method).as_object();
    EXPECT_EQ(operation.at("operationId").as_string(), row.action);
    EXPECT_TRUE(operation.at("responses").as_object().contains(std::to_string(row.success))) << row.action;
    std::set<std::string> parameters;
    if (const auto* listed = operation.if_contains("parameters"))
      for (const auto& parameter : listed->as_array())
        if (parameter.at("in") == "path") parameters.insert(text_at(parameter, "/name"));
    for (auto open = row.path.find('{'); open != std::string_view::npos; open = row.path.find('{', open + 1))
      EXPECT_EQ(parameters.erase(std::string(row.path.substr(open + 1, row.path.find('}', open) - open - 1))), 1U)
          << row.action;
    EXPECT_TRUE(parameters.empty()) << row.action;
  }
}

TEST_F(OpenApi, EveryReferenceResolves) {
  int references = 0;
  for_each_reference(document_, [&references](const json::value& reference) {
    ++references;
    const std::string text(reference.as_string());
    ASSERT_TRUE(text.starts_with("#/")) << text;
    json::error_code error;
    EXPECT_NE(document_.find_pointer(text.substr(1), error), nullptr) << text;
  });
  EXPECT_GT(references, 0);
}

}  // namespace
}  // namespace kaito::test
