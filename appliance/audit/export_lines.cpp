#include "appliance/audit/export_lines.hpp"

#include "appliance/audit/json_cursor.hpp"
#include "appliance/base/json_text.hpp"

namespace kaito::audit {
namespace {

constexpr std::string_view kExportHeader = R"({"format":"kaito-audit-export","v":1,"origin":)";
constexpr std::string_view kRecord = R"({"v":)";
constexpr std::string_view kWithheld = R"({"withheld":)";
constexpr std::string_view kCheckpoint = R"({"checkpoint":)";
constexpr std::string_view kEnd = R"({"end":)";
constexpr std::size_t kMaxNodes = 128;  // more than any tree or run needs

void append_hash(std::string& out, const Hash& hash) { ((out += '"') += to_hex(hash)) += '"'; }

void append_hashes(std::string& out, std::span<const Hash> hashes) {
  out += '[';
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (i > 0) out += ',';
    append_hash(out, hashes[i]);
  }
  out += ']';
}

Result<std::vector<Hash>> read_hashes(JsonCursor& cursor) {
  KAITO_CHECK(cursor.expect("["));
  std::vector<Hash> hashes;
  if (cursor.take("]")) return hashes;
  do {
    if (hashes.size() == kMaxNodes) return cursor.wrong("too many hashes");
    KAITO_TRY(const Hash hash, cursor.hash());
    hashes.push_back(hash);
  } while (cursor.take(","));
  KAITO_CHECK(cursor.expect("]"));
  return hashes;
}

Result<std::vector<VerifierKey>> read_keys(JsonCursor& cursor) {
  KAITO_CHECK(cursor.expect("["));
  std::vector<VerifierKey> keys;
  if (cursor.take("]")) return keys;
  do {
    if (keys.size() == kMaxKeys) return cursor.wrong("too many keys");
    KAITO_TRY(const std::string text, cursor.text());
    auto key = VerifierKey::parse(text);
    if (!key) return cursor.wrong("a verifier key is malformed");
    keys.push_back(*std::move(key));
  } while (cursor.take(","));
  KAITO_CHECK(cursor.expect("]"));
  return keys;
}

Status close(JsonCursor& cursor) {
  KAITO_CHECK(cursor.expect("}"));
  return cursor.finish();
}

}  // namespace

LineKind kind_of(std::string_view line) noexcept {
  if (line.starts_with(kRecord)) return LineKind::record;
  if (line.starts_with(kWithheld)) return LineKind::withheld;
  if (line.starts_with(kCheckpoint)) return LineKind::checkpoint;
  if (line.starts_with(kEnd)) return LineKind::end;
  return LineKind::unknown;
}

std::string format_header(const ExportHeader& header) {
  std::string line(kExportHeader);
  append_json_string(line, header.origin);
  std::string_view before = R"(,"keys":[)";
  for (const VerifierKey& key : header.keys) {
    line += before;
    append_json_string(line, key.str());
    before = ",";
  }
  if (header.keys.empty()) line += before;
  line += fmt::format(R"(],"first":{},"prev":)", header.tree.size());
  append_hash(line, header.previous);
  line += R"(,"tree":)";
  append_hashes(line, header.tree.peaks());
  return line += '}';
}

std::string format_withheld(const WithheldRun& run) {
  std::string line = fmt::format(R"({}{},"nodes":)", kWithheld, run.count);
  append_hashes(line, run.nodes);
  line += R"(,"last":)";
  append_hash(line, run.last);
  return line += '}';
}

std::string format_checkpoint(std::string_view note) {
  std::string line(kCheckpoint);
  append_json_string(line, note);
  return line += '}';
}

std::string format_end(const ExportEnd& end) {
  std::string line = fmt::format(R"({}{},"last":)", kEnd, end.size);
  append_hash(line, end.last);
  return line += '}';
}

Result<ExportHeader> parse_header(std::string_view line) {
  JsonCursor cursor(line);
  ExportHeader header;
  KAITO_CHECK(cursor.expect(kExportHeader));
  KAITO_TRY(header.origin, cursor.text());
  if (header.origin.size() > kMaxOrigin) return cursor.wrong("the origin is too long");
  KAITO_CHECK(cursor.expect(R"(,"keys":)"));
  KAITO_TRY(header.keys, read_keys(cursor));
  KAITO_CHECK(cursor.expect(R"(,"first":)"));
  KAITO_TRY(const std::uint64_t first, cursor.number());
  if (first > kMaxEntries) return cursor.wrong("no log has so many entries");
  KAITO_CHECK(cursor.expect(R"(,"prev":)"));
  KAITO_TRY(header.previous, cursor.hash());
  if (first == 0 && header.previous != Hash{}) return cursor.wrong("nothing comes before the first entry");
  KAITO_CHECK(cursor.expect(R"(,"tree":)"));
  KAITO_TRY(auto peaks, read_hashes(cursor));
  KAITO_TRY(header.tree, Frontier::from_peaks(first, std::move(peaks)));
  KAITO_CHECK(close(cursor));
  return header;
}

Result<WithheldRun> parse_withheld(std::string_view line) {
  JsonCursor cursor(line);
  WithheldRun run;
  KAITO_CHECK(cursor.expect(kWithheld));
  KAITO_TRY(run.count, cursor.number());
  KAITO_CHECK(cursor.expect(R"(,"nodes":)"));
  KAITO_TRY(run.nodes, read_hashes(cursor));
  KAITO_CHECK(cursor.expect(R"(,"last":)"));
  KAITO_TRY(run.last, cursor.hash());
  KAITO_CHECK(close(cursor));
  return run;
}

Result<std::string> parse_checkpoint_line(std::string_view line) {
  JsonCursor cursor(line);
  KAITO_CHECK(cursor.expect(kCheckpoint));
  KAITO_TRY(auto note, cursor.text());
  KAITO_CHECK(close(cursor));
  return note;
}

Result<ExportEnd> parse_end(std::string_view line) {
  JsonCursor cursor(line);
  ExportEnd end;
  KAITO_CHECK(cursor.expect(kEnd));
  KAITO_TRY(end.size, cursor.number());
  KAITO_CHECK(cursor.expect(R"(,"last":)"));
  KAITO_TRY(end.last, cursor.hash());
  KAITO_CHECK(close(cursor));
  return end;
}

}  // namespace kaito::audit
