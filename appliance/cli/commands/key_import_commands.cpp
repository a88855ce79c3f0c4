// Keys that owners bring: the wrapping key and its certificate, the customer's side offline, and the import.
#include <sys/stat.h>

#include "appliance/base/file.hpp"
#include "appliance/base/random.hpp"
#include "appliance/cli/commands/commands.hpp"
#include "appliance/cli/commands/rotation_progress.hpp"
#include "appliance/cli/customer_key.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kMaxWrapped = 1024;
constexpr std::string_view kCertificatePath = "/v1/keys/wrapping-certificate";

Status make_wrapping_key(Context& context) {
  KAITO_TRY(const auto key, context.call("POST", "/v1/keys/wrapping-keys"));
  context.show_record(key);
  return {};
}

struct VersionOptions {
  std::string version;
};

Status destroy_wrapping_key(Context& context, const VersionOptions& options) {
  KAITO_TRY(const auto key, context.call("DELETE", "/v1/keys/wrapping-keys/" + options.version));
  context.show_record(key);
  return {};
}

struct WrappingCertificateOptions {
  std::string output = "-";
  std::optional<std::int64_t> version;
};

void declare_wrapping_certificate(Arguments& arguments, WrappingCertificateOptions& options) {
  arguments.option("-o,--output", options.output, "The file; stdout when not given");
  arguments.option("--version", options.version, "Of the wrapping key; the newest when not given");
  arguments.explain(
      "Lines before the certificate tell how to wrap. Whoever wraps by it must check it: "
      "kaito keys wrap-for-import does, with the verifier key noted from kaito audit keys.");
}

// X.509 programs pass over what stands before BEGIN (RFC 7468 §2).
std::string certificate_text(const json::value& certificate) {
  const auto& object = certificate.as_object();
  std::string text = fmt::format("wrapping-version: {}\nkey: RSA-{}\noaep-hash: {}, also of MGF1\n",
                                 object.at("version").to_number<std::uint32_t>(),
                                 object.at("bits").to_number<std::uint32_t>(), text_at(certificate, "oaep_hash"));
  for (const auto& mechanism : object.at("mechanisms").as_array())
    text += fmt::format("mechanism: {}\n", std::string_view(mechanism.as_string()));
  return text +
         fmt::format("signed-by: {}\n{}", text_at(certificate, "verifier_key"), text_at(certificate, "certificate"));
}

Status wrapping_certificate(Context& context, const WrappingCertificateOptions& options) {
  std::string path(kCertificatePath);
  if (options.version) path += fmt::format("?version={}", *options.version);
  KAITO_TRY(const auto certificate, context.call("GET", path));
  const std::string text = certificate_text(certificate);
  if (options.output != "-") return write_file_atomically(options.output, as_bytes(text), 0644);
  context.show(certificate, text);
  return {};
}

struct WrapOptions {
  std::string certificate;
  std::string key;
  std::vector<std::string> verifier_keys;
  std::string mechanism = "rsa_oaep";
  std::string output;
};

void declare_wrap(Arguments& arguments, WrapOptions& options) {
  arguments.option("--certificate", options.certificate, "What kaito keys wrapping-certificate has written");
  arguments.option("--key", options.key, "File with the key: 32 bytes, nothing else");
  arguments.option(
      "--verifier-key", options.verifier_keys,
      "Verifier key that the certificate must be signed with, noted from `kaito audit keys`; may be repeated");
  arguments.option("--mechanism", options.mechanism, "rsa_oaep (the default) or rsa_aes_key_wrap");
  arguments.option("-o,--output", options.output, "File for the wrapped key");
  arguments.explain(
      "Works offline, on the customer's own machine. Prints the key's check value, which the import asks for. "
      "Exit code 13: the certificate is of another appliance, or was changed.");
}

Result<CustomerKey> read_key(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0 && status.st_size != kKeySize)
    return fail(Code::usage, fmt::format("{} has {} bytes; an AES-256 key has {}", path, status.st_size, kKeySize));
  KAITO_TRY(std::string text, read_file(path, kKeySize));
  auto key = CustomerKey::copy_of(text);
  wipe(text);
  if (key.size() != kKeySize) return fail(Code::usage, fmt::format("{} has not {} bytes", path, kKeySize));
  return key;
}

Result<WrapMechanism> mechanism_of(std::string_view text) {
  if (text == "rsa_oaep") return WrapMechanism::rsa_oaep;
  if (text == "rsa_aes_key_wrap") return WrapMechanism::rsa_aes_key_wrap;
  return fail(Code::usage, "--mechanism is rsa_oaep or rsa_aes_key_wrap");
}

Status wrap(Context& context, const WrapOptions& options) {
  for (const auto* given : {&options.certificate, &options.key, &options.output})
    if (given->empty()) return fail(Code::usage, "--certificate, --key and --output are needed");
  if (options.verifier_keys.empty())
    return fail(Code::usage, "--verifier-key is needed: a certificate does not vouch for its own issuer");
  KAITO_TRY(const WrapMechanism mechanism, mechanism_of(options.mechanism));
  std::vector<audit::VerifierKey> trusted;
  for (const auto& text : options.verifier_keys) {
    KAITO_TRY(auto key, audit::VerifierKey::parse(text));
    trusted.push_back(std::move(key));
  }
  KAITO_TRY(const std::string pem, read_file(options.certificate, audit::kMaxWrappingCertificate));
  KAITO_TRY(const auto certificate, audit::open_wrapping_certificate(pem, trusted, SystemClock().now()));
  KAITO_TRY(const CustomerKey key, read_key(options.key));
  SystemRandom random;
  KAITO_TRY(const Bytes wrapped, wrap_for_import(certificate, mechanism, key, random));
  KAITO_TRY(const std::string check_value, check_value_of(key));
  KAITO_CHECK(write_file_atomically(options.output, wrapped));
  const json::object told{{"check_value", check_value},
                          {"wrapping_version", certificate.version},
                          {"mechanism", options.mechanism},
                          {"verified_with", certificate.signer.str()}};
  context.show(told, record(told));
  return {};
}

struct ImportKeyOptions {
  std::string file;
  std::string check_value;
  std::string mechanism = "rsa_oaep";
  std::optional<std::int64_t> version;
  bool destroy_old = false;
  bool wait = false;
};

void declare_import_key(Arguments& arguments, ImportKeyOptions& options) {
  arguments.positional("FILE", options.file, "The wrapped key, as wrap-for-import or openssl has written it");
  arguments.option("--check-value", options.check_value,
                   "Six hexadecimal digits: what the key makes of a block of zeros");
  arguments.option("--mechanism", options.mechanism, "rsa_oaep (the default) or rsa_aes_key_wrap");
  arguments.option("--wrapping-version", options.version, "Of the wrapping key; the newest when not given");
  arguments.flag("--destroy-old", options.destroy_old, "Destroy the org's older keys as the last step");
  arguments.flag("--wait", options.wait, "Show the progress until the org has gone over to the key");
}

Result<std::int64_t> wrapping_version(Context& context, const ImportKeyOptions& options) {
  if (options.version) return *options.version;
  KAITO_TRY(const auto certificate, context.call("GET", kCertificatePath));
  return certificate.at("version").to_number<std::int64_t>();
}

Status import_key(Context& context, const ImportKeyOptions& options) {
  if (options.check_value.empty()) return fail(Code::usage, "--check-value is needed");
  KAITO_CHECK(mechanism_of(options.mechanism));
  KAITO_TRY(const std::string wrapped, read_file(options.file, kMaxWrapped));
  KAITO_TRY(const auto path, context.org_path("/key"));
  KAITO_TRY(const std::int64_t version, wrapping_version(context, options));
  json::object body{{"wrapping_version", version},
                    {"mechanism", options.mechanism},
                    {"wrapped_key", to_base64(as_bytes(wrapped))},
                    {"check_value", options.check_value}};
  if (options.destroy_old) body["destroy_old"] = true;
  KAITO_TRY(const auto rotation, context.call("POST", path + "/imports", std::move(body)));
  if (options.wait) return follow_rotation(context, fmt::format("{}/rotations/{}", path, text_at(rotation, "id")));
  context.show_record(rotation);
  return {};
}

}  // namespace

void add_key_import_commands(CommandLine& line, CommandLine::Group keys) {
  line.add(keys, "make-wrapping-key", "Make the next pair by which owners send keys (security officers)",
           &make_wrapping_key);
  line.add<VersionOptions>(
      keys, "destroy-wrapping-key", "Destroy a wrapping key (security officers)",
      [](Arguments& arguments, VersionOptions& options) {
        arguments.positional("VERSION", options.version, "Of the wrapping key, as `kaito keys list` lists it");
      },
      &destroy_wrapping_key);
  line.add<WrappingCertificateOptions>(keys, "wrapping-certificate", "Write the certificate of the wrapping key",
                                       &declare_wrapping_certificate, &wrapping_certificate);
  line.add<WrapOptions>(keys, "wrap-for-import", "Wrap a key of your own for the appliance, offline", &declare_wrap,
                        &wrap);
  line.add<ImportKeyOptions>(keys, "import", "Let the org go over to a key of your own (owners)", &declare_import_key,
                             &import_key);
}

}  // namespace kaito::cli
