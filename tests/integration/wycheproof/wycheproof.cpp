#include "tests/integration/wycheproof/wycheproof.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <functional>
#include <optional>

#include "appliance/base/file.hpp"

namespace kaito::wycheproof {
namespace {

namespace json = boost::json;

// One test case with what it takes from its group.
struct Vector {
  std::int64_t id = 0;
  std::string comment;
  std::string expected;      // "valid", "invalid" or "acceptable"
  std::size_t tag_size = 0;  // bytes
  const json::object* fields = nullptr;
  const json::object* group = nullptr;

  [[nodiscard]] Bytes bytes(const char* name) const { return decode(fields->at(name)); }
  [[nodiscard]] static Bytes decode(const json::value& value) {
    auto result = from_hex(std::string_view(value.as_string()));
    if (!result) throw std::invalid_argument(result.error().detail);
    return *std::move(result);
  }
};

struct Verdict {
  enum class Kind : std::uint8_t { right, wrong, unsupported };
  Kind kind;
  std::string text;  // wrong: what happened; unsupported: the rule
};

Verdict right() { return {Verdict::Kind::right, {}}; }
Verdict wrong(std::string text) { return {Verdict::Kind::wrong, std::move(text)}; }

// Judges one operation whose right result is `output`. An "acceptable" vector may be refused, but not answered wrongly.
Verdict judge(const Vector& vector, const Answer& answer, ByteView output, std::string_view operation) {
  if (answer.kind == Answer::Kind::unsupported) return {Verdict::Kind::unsupported, answer.rule};
  const bool accepted = answer.kind == Answer::Kind::accepted;
  if (vector.expected == "invalid")
    return accepted ? wrong(fmt::format("{} accepted an invalid vector", operation)) : right();
  if (!accepted)
    return vector.expected == "acceptable" ? right() : wrong(fmt::format("{} refused a valid vector", operation));
  if (!std::ranges::equal(answer.output, output)) return wrong(fmt::format("{} gave another result", operation));
  return right();
}

// Both directions; the worse verdict counts, and unsupported in one direction is not hidden by the other.
Verdict both(Verdict first, Verdict second) {
  if (first.kind == Verdict::Kind::wrong) return first;
  if (second.kind == Verdict::Kind::wrong) return second;
  return first.kind == Verdict::Kind::unsupported ? first : second;
}

Verdict run_gcm(const Vector& vector, Subject& subject) {
  const Bytes key = vector.bytes("key"), iv = vector.bytes("iv"), aad = vector.bytes("aad");
  const Bytes message = vector.bytes("msg");
  Bytes sealed = vector.bytes("ct");
  append(sealed, vector.bytes("tag"));
  Verdict opened = judge(vector, subject.gcm_open(key, iv, aad, sealed, vector.tag_size), message, "opening");
  // An invalid vector's message says nothing about what sealing it should give.
  if (vector.expected == "invalid") return opened;
  return both(std::move(opened),
              judge(vector, subject.gcm_seal(key, iv, aad, message, vector.tag_size), sealed, "sealing"));
}

template <auto Wrap, auto Unwrap>
Verdict run_key_wrap(const Vector& vector, Subject& subject) {
  const Bytes kek = vector.bytes("key"), key = vector.bytes("msg"), wrapped = vector.bytes("ct");
  Verdict unwrapped = judge(vector, (subject.*Unwrap)(kek, wrapped), key, "unwrapping");
  if (vector.expected == "invalid") return unwrapped;
  return both(std::move(unwrapped), judge(vector, (subject.*Wrap)(kek, key), wrapped, "wrapping"));
}

template <Hash kHash>
Verdict run_hmac(const Vector& vector, Subject& subject) {
  Answer answer = subject.hmac(kHash, vector.bytes("key"), vector.bytes("msg"), vector.tag_size);
  const Bytes tag = vector.bytes("tag");
  // Verification is comparison: a MAC that differs from an invalid vector's tag refuses it.
  if (answer.kind == Answer::Kind::accepted && answer.output != tag && vector.expected == "invalid") return right();
  return judge(vector, answer, tag, "the MAC");
}

Verdict run_ed25519(const Vector& vector, Subject& subject) {
  const json::object& group = *vector.group;
  const auto& key = group.contains("publicKey") ? group.at("publicKey").as_object() : group.at("key").as_object();
  if (key.at("curve").as_string() != "edwards25519")
    return {Verdict::Kind::unsupported, fmt::format("curve {}", std::string_view(key.at("curve").as_string()))};
  return judge(vector, subject.ed25519_verify(Vector::decode(key.at("pk")), vector.bytes("msg"), vector.bytes("sig")),
               {}, "verifying");
}

using Runner = Verdict (*)(const Vector&, Subject&);

Runner runner_for(std::string_view algorithm) {
  // Names as Wycheproof's files spell them, old and new.
  static const std::map<std::string_view, Runner> table{
      {"AES-GCM", run_gcm},
      {"KW", run_key_wrap<&Subject::kw_wrap, &Subject::kw_unwrap>},
      {"AES-WRAP", run_key_wrap<&Subject::kw_wrap, &Subject::kw_unwrap>},
      {"KWP", run_key_wrap<&Subject::kwp_wrap, &Subject::kwp_unwrap>},
      {"AES-KWP", run_key_wrap<&Subject::kwp_wrap, &Subject::kwp_unwrap>},
      {"HMACSHA1", run_hmac<Hash::sha1>},
      {"HMACSHA224", run_hmac<Hash::sha224>},
      {"HMACSHA256", run_hmac<Hash::sha256>},
      {"HMACSHA384", run_hmac<Hash::sha384>},
      {"HMACSHA512", run_hmac<Hash::sha512>},
      {"EDDSA", run_ed25519},
      {"ED25519", run_ed25519},
  };
  const auto found = table.find(algorithm);
  return found == table.end() ? nullptr : found->second;
}

void add(Report& report, const std::string& file, const Vector& vector, const Verdict& verdict) {
  ++report.vectors;
  switch (verdict.kind) {
    case Verdict::Kind::right: ++report.right; return;
    case Verdict::Kind::unsupported: ++report.unsupported[verdict.text]; return;
    case Verdict::Kind::wrong:
      report.wrong.push_back(
          fmt::format("{} tcId {} ({}, {}): {}", file, vector.id, vector.expected, vector.comment, verdict.text));
      return;
  }
}

Report run_document(const std::string& name, const json::object& document, Subject& subject) {
  Report report;
  const std::string algorithm(document.at("algorithm").as_string());
  const Runner runner = runner_for(algorithm);
  for (const auto& group_value : document.at("testGroups").as_array()) {
    const auto& group = group_value.as_object();
    const auto* tag_bits = group.if_contains("tagSize");
    for (const auto& test_value : group.at("tests").as_array()) {
      const auto& test = test_value.as_object();
      const auto* comment = test.if_contains("comment");
      const Vector vector{.id = test.at("tcId").as_int64(),
                          .comment = comment ? std::string(comment->as_string()) : std::string(),
                          .expected = std::string(test.at("result").as_string()),
                          .tag_size = tag_bits ? tag_bits->to_number<std::size_t>() / 8 : 0,
                          .fields = &test,
                          .group = &group};
      add(report, name, vector,
          runner ? runner(vector, subject)
                 : Verdict{Verdict::Kind::unsupported, fmt::format("algorithm {} is not used", algorithm)});
    }
  }
  return report;
}

}  // namespace

void Report::merge(Report other) {
  vectors += other.vectors;
  right += other.right;
  std::ranges::move(other.wrong, std::back_inserter(wrong));
  std::ranges::move(other.unreadable, std::back_inserter(unreadable));
  for (const auto& [rule, count] : other.unsupported) unsupported[rule] += count;
}

std::string Report::str() const {
  std::size_t skipped = 0;
  for (const auto& [rule, count] : unsupported) skipped += count;
  std::string text =
      fmt::format("{} vectors: {} right, {} wrong, {} unsupported by rule\n", vectors, right, wrong.size(), skipped);
  for (const auto& [rule, count] : unsupported) text += fmt::format("  unsupported {:6}  {}\n", count, rule);
  for (const auto& line : wrong) text += fmt::format("  WRONG {}\n", line);
  for (const auto& line : unreadable) text += fmt::format("  UNREADABLE {}\n", line);
  return text;
}

Report run_file(const std::filesystem::path& file, Subject& subject) {
  constexpr std::size_t kLimit = std::size_t{64} << 20;
  const std::string name = file.filename().string();
  Report report;
  const auto text = read_file(file, kLimit);
  if (!text) {
    report.unreadable.push_back(text.error().describe());
    return report;
  }
  try {
    return run_document(name, json::parse(*text).as_object(), subject);
  } catch (const std::exception& error) {
    report.unreadable.push_back(fmt::format("{}: {}", name, error.what()));
    return report;
  }
}

Report run_directory(const std::filesystem::path& directory, Subject& subject) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::ranges::sort(files);
  Report report;
  if (error || files.empty())
    report.unreadable.push_back(fmt::format("{}: no *.json in it {}", directory.string(), error.message()));
  for (const auto& file : files) report.merge(run_file(file, subject));
  return report;
}

}  // namespace kaito::wycheproof
