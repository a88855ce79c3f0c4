// kaito-demo: makes an appliance that has just been set up worth looking at. A software security key enrols the first
// security officer through the real API; then come an org, its owner, an API key and some seeds, and their codes.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <filesystem>

#include "appliance/base/file.hpp"
#include "tests/scenario/people.hpp"

namespace {

using namespace kaito;  // NOLINT(google-build-using-namespace): main's own file
namespace json = boost::json;

constexpr std::string_view kOrg = "Demo";
constexpr std::string_view kOwner = "owner@demo.example";
// The secrets are those of RFC 6238's test vectors and made-up ones: nobody's.
constexpr std::array<std::string_view, 5> kSeeds{
    "otpauth://totp/GitHub:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=GitHub",
    "otpauth://totp/AWS:root@demo.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA&issuer=AWS"
    "&algorithm=SHA256&digits=8",
    "otpauth://totp/VPN:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=VPN&period=60",
    "otpauth://steam/Steam:alice?secret=ON2XAZLSONSWG4TFOQ&issuer=Steam",
    "otpauth://hotp/Safe:night-desk?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Safe&counter=0"};

struct Options {
  std::filesystem::path data_dir;
  std::filesystem::path state_dir;
  std::string url;
};

struct Demo {
  std::string org_id;
  std::string password;
  std::string api_key;
};

Result<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--data-dir")
      options.data_dir = argv[i + 1];
    else if (name == "--state-dir")
      options.state_dir = argv[i + 1];
    else if (name == "--url")
      options.url = argv[i + 1];
    else
      return fail(Code::usage, "unknown option " + std::string(name));
  }
  if (options.data_dir.empty() || options.state_dir.empty() || options.url.empty())
    return fail(Code::usage, "kaito-demo --data-dir DIR --state-dir DIR --url URL");
  return options;
}

Result<cli::ApiClient> connect(const Options& options) {
  return cli::ApiClient::open({.url = options.url, .ca_certificate = options.data_dir / "tls" / "ca.pem"});
}

std::filesystem::path state_file(const Options& options) { return options.state_dir / "demo.json"; }

Result<Demo> make_demo(const Options& options) {
  KAITO_TRY(std::string setup_token, read_file(options.data_dir / "setup-token", 1024));
  while (setup_token.ends_with('\n')) setup_token.pop_back();
  KAITO_TRY(auto staff, connect(options));
  test::SoftAuthenticator key;
  KAITO_CHECK(test::enrol_staff(staff, key, setup_token, "demo-officer"));
  KAITO_CHECK(key.save(options.state_dir / "software-key.json"));
  KAITO_CHECK(test::login_staff(staff, key));
  KAITO_TRY(const auto org, test::make_org(staff, kOrg, kOwner));

  Demo demo;
  demo.org_id = org.id;
  SystemRandom random;
  ByteArray<15> bytes{};
  random.fill(bytes);
  demo.password = to_base64url(bytes);
  KAITO_TRY(auto owner, connect(options));
  KAITO_CHECK(test::accept_invitation(owner, org.invitation, kOwner, demo.password));
  for (const auto& uri : kSeeds) KAITO_CHECK(test::add_seed(owner, org.id, uri));
  KAITO_TRY(demo.api_key, test::make_api_key(owner, org.id, {"codes:read", "seeds:read"}));
  const std::string saved =
      json::serialize(json::object{{"org", demo.org_id}, {"password", demo.password}, {"api_key", demo.api_key}});
  KAITO_CHECK(write_file_atomically(state_file(options), as_bytes(saved)));
  return demo;
}

Result<Demo> load_demo(const Options& options) {
  KAITO_TRY(const std::string text, read_file(state_file(options), 1U << 16));
  json::error_code error;
  const auto saved = json::parse(text, error);
  if (error) return fail(Code::configuration, state_file(options).string() + " is damaged; delete it with the data");
  const auto member = [&saved](const char* name) { return std::string(saved.at(name).as_string()); };
  return Demo{.org_id = member("org"), .password = member("password"), .api_key = member("api_key")};
}

Status print_codes(cli::ApiClient& client, const Demo& demo) {
  const std::string seeds_path = fmt::format("/v1/orgs/{}/seeds", demo.org_id);
  KAITO_TRY(const auto seeds, client.call("GET", seeds_path));
  for (const auto& seed : seeds.at("items").as_array()) {
    if (seed.at("type") == "hotp") continue;  // would use a counter up
    KAITO_TRY(const auto code,
              client.call("GET", fmt::format("{}/{}/code", seeds_path, seed.at("id").as_string().c_str())));
    fmt::print("CODE {}:{} {}\n", seed.at("issuer").as_string().c_str(), seed.at("account").as_string().c_str(),
               code.at("code").as_string().c_str());
  }
  return {};
}

Status run(const Options& options) {
  KAITO_CHECK(make_private_directory(options.state_dir));
  std::error_code ignored;
  const bool known = std::filesystem::exists(state_file(options), ignored);
  KAITO_TRY(const Demo demo, known ? load_demo(options) : make_demo(options));
  KAITO_TRY(auto client, connect(options));
  client.use_api_key(Token::copy_of(demo.api_key));
  KAITO_CHECK(print_codes(client, demo));
  fmt::print(
      "\n"
      "org       {} ({})\n"
      "owner     {}, password {}\n"
      "API key   {} (codes:read, seeds:read)\n"
      "staff     demo-officer, with the software key {}\n"
      "\n"
      "curl --cacert {} -H 'Authorization: Bearer {}' {}/v1/orgs/{}/seeds\n",
      kOrg, demo.org_id, kOwner, demo.password, demo.api_key, (options.state_dir / "software-key.json").string(),
      (options.data_dir / "tls" / "ca.pem").string(), demo.api_key, options.url, demo.org_id);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto ready = init_secret_memory(); !ready) {
    fmt::print(stderr, "kaito-demo: {}\n", ready.error().describe());
    return traits(ready.error().code).exit_code;
  }
  const auto options = parse(argc, argv);
  const auto done = options ? run(*options) : Status(fail(options.error()));
  if (done) return 0;
  fmt::print(stderr, "kaito-demo: {}\n", done.error().describe());
  return traits(done.error().code).exit_code;
}
