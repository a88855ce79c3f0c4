#include "hsm/token_uri.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "appliance/base/unique_fd.hpp"

namespace kaito::hsm {
namespace {

constexpr std::size_t kMaxUri = 1024;
constexpr std::size_t kMinPin = 4;
constexpr std::size_t kMaxPin = 255;

Error wrong_token_uri(std::string_view text, std::string_view why) {
  return {.code = Code::configuration, .detail = fmt::format("token URI {}: {}", text, why)};
}

}  // namespace

void TokenUri::Free::operator()(p11_kit_uri* uri) const noexcept { p11_kit_uri_free(uri); }

Result<TokenUri> TokenUri::parse(std::string_view text) {
  // Before anything is repeated in a message: a PIN must not reach the log.
  if (text.find("pin-value") != std::string_view::npos)
    return fail(Code::configuration,
                "token URI: pin-value is refused; put the PIN into a file and name it by pin-source");
  if (text.size() > kMaxUri) return fail(Code::configuration, "token URI is too long");
  TokenUri uri;
  uri.text_ = text;
  uri.uri_.reset(p11_kit_uri_new());
  const int parsed = p11_kit_uri_parse(uri.text_.c_str(), P11_KIT_URI_FOR_ANY, uri.uri_.get());
  if (parsed != P11_KIT_URI_OK) return fail(wrong_token_uri(text, p11_kit_uri_message(parsed)));
  if (p11_kit_uri_any_unrecognized(uri.uri_.get())) return fail(wrong_token_uri(text, "an attribute is not known"));

  const CK_TOKEN_INFO* token = p11_kit_uri_get_token_info(uri.uri_.get());
  // All zero bytes where the URI has no `token`.
  if (token->label[0] != 0)
    uri.label_.assign(reinterpret_cast<const char*>(token->label),
                      p11_kit_space_strlen(token->label, sizeof token->label));
  if (uri.label_.empty()) return fail(wrong_token_uri(text, "`token` is missing"));
  const char* source = p11_kit_uri_get_pin_source(uri.uri_.get());
  if (!source) return fail(wrong_token_uri(text, "`pin-source` is missing"));
  std::string_view path(source);
  if (path.starts_with("file:")) path.remove_prefix(5);
  if (path.starts_with("///")) path.remove_prefix(2);  // RFC 8089: an empty authority
  if (!path.starts_with("/")) return fail(wrong_token_uri(text, "`pin-source` must be file: and an absolute path"));
  uri.pin_file_ = path;
  return uri;
}

bool TokenUri::matches(const CK_TOKEN_INFO& token) const {
  return p11_kit_uri_match_token_info(uri_.get(), &token) == 1;
}

Result<Pin> read_pin_file(const std::filesystem::path& file) {
  const auto refuse = [&](std::string_view why) {
    return fail(Code::configuration, fmt::format("PIN file {}: {}", file.string(), why));
  };
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return refuse(std::strerror(errno));
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return refuse(std::strerror(errno));
  if (!S_ISREG(info.st_mode)) return refuse("is not a file");
  if ((info.st_mode & 077) != 0) return refuse("must be readable by its owner only (chmod 600)");

  std::array<std::uint8_t, kMaxPin + 2> buffer{};
  const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
  if (count < 0) return refuse(std::strerror(errno));
  auto line = std::span(buffer).first(static_cast<std::size_t>(count));
  if (!line.empty() && line.back() == '\n') line = line.first(line.size() - 1);
  const bool fits = line.size() >= kMinPin && line.size() <= kMaxPin && std::ranges::find(line, '\n') == line.end();
  Pin pin = fits ? Pin::copy_of(line) : Pin();
  wipe(buffer);
  if (!fits) return refuse(fmt::format("must hold one line of {} to {} bytes", kMinPin, kMaxPin));
  return pin;
}

}  // namespace kaito::hsm
