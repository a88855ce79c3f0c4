#include "appliance/audit/verify.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "appliance/audit/export_verifier.hpp"
#include "appliance/base/invariant.hpp"
#include "appliance/base/unique_fd.hpp"

namespace kaito::audit {
namespace {

// The longest of all lines is a record's.
constexpr std::size_t kMaxLine = kMaxRecord;

Result<std::size_t> read_some(int descriptor, std::span<char> out) {
  for (;;) {
    const ssize_t count = ::read(descriptor, out.data(), out.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return fail(Code::storage_failed, fmt::format("read: {}", std::strerror(errno)));
  }
}

bool is_about_the_line(const Error& error) {
  return error.code == Code::payload_too_large || error.code == Code::integrity;
}

}  // namespace

std::string_view to_string(Finding finding) noexcept {
  switch (finding) {
    case Finding::malformed: return "malformed";
    case Finding::changed: return "changed";
    case Finding::missing: return "missing";
    case Finding::repeated: return "repeated";
    case Finding::rewritten: return "rewritten";
    case Finding::cut: return "cut";
    case Finding::untrusted: return "untrusted";
    case Finding::incomplete: return "incomplete";
  }
  KAITO_INVARIANT(false);
}

Result<VerifyReport> verify_export(ReadBytes read, const VerifyOptions& options) {
  LineReader lines(std::move(read), kMaxLine);
  KAITO_TRY(const auto header, lines.next());
  KAITO_TRY(ExportVerifier verifier, ExportVerifier::begin(header.value_or(std::string_view()), options));
  while (!verifier.failed()) {
    const auto line = lines.next();
    if (!line) {
      if (!is_about_the_line(line.error())) return fail(line.error());
      verifier.broken_line(line.error().detail);
      break;
    }
    if (!*line) {
      verifier.finish();
      break;
    }
    verifier.line(**line);
  }
  return std::move(verifier).report();
}

Result<VerifyReport> verify_export_file(const std::filesystem::path& path, const VerifyOptions& options) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return fail(Code::usage, fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)));
  return verify_export([&file](std::span<char> out) { return read_some(file.get(), out); }, options);
}

}  // namespace kaito::audit
