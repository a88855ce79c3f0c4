#include "appliance/cli/api_client.hpp"

#include <curl/curl.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace kaito::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxReply = 128U << 20;
constexpr std::string_view kCookieName = "__Host-kaito_session";

struct EasyFree {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct ListFree {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

void append_header(std::unique_ptr<curl_slist, ListFree>& list, const std::string& line) {
  list.reset(curl_slist_append(list.release(), line.c_str()));
}

std::size_t take_body(const char* data, std::size_t size, std::size_t count, void* target) {
  auto& body = *static_cast<std::string*>(target);
  if (body.size() + size * count > kMaxReply) return 0;  // curl ends the transfer
  body.append(data, size * count);
  return size * count;
}

std::size_t take_header(const char* data, std::size_t size, std::size_t count, void* target) {
  const std::string_view line(data, size * count);
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size * count;
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  auto value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' '))
    value.remove_suffix(1);
  (*static_cast<std::map<std::string, std::string>*>(target))[std::move(name)] = value;
  return size * count;
}

// "https://host:port" of the URL; nothing but a trailing slash may follow.
Result<std::string> origin_of(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  std::string_view origin = url;
  if (origin.ends_with('/')) origin.remove_suffix(1);
  if (!origin.starts_with(kScheme) || origin.size() == kScheme.size() ||
      origin.substr(kScheme.size()).find_first_of("/?#@ ") != std::string_view::npos)
    return fail(Code::usage, "the URL must look like https://kaito.example.org:8443");
  return std::string(origin);
}

// The session cookie of a Set-Cookie header; empty when the cookie is being removed or is another.
std::optional<Token> session_in(std::string_view set_cookie) {
  if (!set_cookie.starts_with(kCookieName) || !set_cookie.substr(kCookieName.size()).starts_with('='))
    return std::nullopt;
  auto value = set_cookie.substr(kCookieName.size() + 1);
  return Token::copy_of(value.substr(0, value.find(';')));
}

Error connection_error(CURLcode code, const std::string& origin, const char* detail) {
  std::string advice = *detail != '\0' ? detail : curl_easy_strerror(code);
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
    advice += "; name the appliance's CA file with --cacert";
  return Error{.code = Code::connection_failed, .detail = origin + ": " + advice};
}

}  // namespace

struct ApiClient::Connection {
  ClientSettings settings;
  std::string origin;
  std::unique_ptr<CURL, EasyFree> handle;
  Token api_key;
  Token session;
  std::string approval;

  [[nodiscard]] std::unique_ptr<curl_slist, ListFree> headers(bool with_body) const {
    std::unique_ptr<curl_slist, ListFree> list;
    append_header(list, "Accept: application/json, application/problem+json");
    append_header(list, "Expect:");
    append_header(list, with_body ? "Content-Type: application/json" : "Content-Type:");
    std::string credential;
    if (!api_key.empty())
      credential = fmt::format("Authorization: Bearer {}", as_text(api_key.expose_secret()));
    else if (!session.empty())
      credential = fmt::format("Cookie: {}={}", kCookieName, as_text(session.expose_secret()));
    if (!credential.empty()) append_header(list, credential);
    wipe(credential);
    if (!approval.empty()) append_header(list, "Kaito-Approval: " + approval);
    return list;
  }
};

Result<ApiClient> ApiClient::open(ClientSettings settings) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);  // not thread-safe before curl 7.84
  auto connection = std::make_unique<Connection>();
  KAITO_TRY(connection->origin, origin_of(settings.url));
  connection->settings = std::move(settings);
  connection->handle.reset(curl_easy_init());
  if (global != CURLE_OK || !connection->handle) return fail(Code::internal, "libcurl could not be initialised");
  return ApiClient(std::move(connection));
}

ApiClient::ApiClient(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
ApiClient::~ApiClient() = default;
ApiClient::ApiClient(ApiClient&&) noexcept = default;
ApiClient& ApiClient::operator=(ApiClient&&) noexcept = default;

void ApiClient::use_api_key(Token key) { connection_->api_key = std::move(key); }
void ApiClient::use_approval(std::string id) { connection_->approval = std::move(id); }
void ApiClient::use_session(Token session) { connection_->session = std::move(session); }
const Token& ApiClient::session() const noexcept { return connection_->session; }
const std::string& ApiClient::origin() const noexcept { return connection_->origin; }

Result<Response> ApiClient::send(std::string_view method, std::string_view path,
                                 const std::optional<json::value>& body) {
  CURL* curl = connection_->handle.get();
  curl_easy_reset(curl);  // keeps the connection
  const std::string url = connection_->origin + std::string(path);
  const std::string verb(method);
  std::string content = body ? json::serialize(*body) : "";
  const auto headers = connection_->headers(body.has_value());
  Response response;
  std::array<char, CURL_ERROR_SIZE> detail{};
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(connection_->settings.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, verb.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response.body);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &response.headers);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail.data());
  if (verb == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  if (body) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, content.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(content.size()));
  }
  if (const auto& ca = connection_->settings.ca_certificate; !ca.empty())
    curl_easy_setopt(curl, CURLOPT_CAINFO, ca.c_str());
  const CURLcode code = curl_easy_perform(curl);
  wipe(content);
  if (code != CURLE_OK) return fail(connection_error(code, connection_->origin, detail.data()));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<std::uint16_t>(status);
  if (const auto cookie = response.headers.find("set-cookie"); cookie != response.headers.end())
    if (auto session = session_in(cookie->second)) connection_->session = *std::move(session);
  return response;
}

Result<json::value> ApiClient::call(std::string_view method, std::string_view path,
                                    const std::optional<json::value>& body) {
  KAITO_TRY(const Response response, send(method, path, body));
  if (response.status >= 300) return fail(problem_of(response));
  if (response.body.empty()) return json::value();
  return response.json();
}

Result<json::value> Response::json() const {
  json::error_code error;
  auto value = json::parse(body, error);
  if (error) return fail(Code::connection_failed, fmt::format("the reply (status {}) is not JSON", status));
  return value;
}

Error problem_of(const Response& response) {
  constexpr std::string_view kPrefix = "urn:kaito:problem:";
  const auto json = response.json();
  const auto* problem = json && json->is_object() ? &json->get_object() : nullptr;
  const auto text = [problem](std::string_view name) -> std::string {
    const auto* value = problem ? problem->if_contains(name) : nullptr;
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  const std::string type = text("type");
  if (type.starts_with(kPrefix))
    for (const auto& row : code_table())
      if (type.substr(kPrefix.size()) == row.slug) {
        Error error{.code = row.code, .detail = {}, .field = text("field"), .reason = {}};
        const std::string sentence = text("detail");  // "<field> <reason>"
        error.reason = sentence.starts_with(error.field + " ") ? sentence.substr(error.field.size() + 1) : sentence;
        return error;
      }
  return Error{.code = Code::connection_failed,
               .detail = fmt::format("status {} is no reply of a Kaito appliance", response.status)};
}

std::string url_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '.' || c == '_' || c == '~';
    if (unreserved)
      out.push_back(c);
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace kaito::cli
