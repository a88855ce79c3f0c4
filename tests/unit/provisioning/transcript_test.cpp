#include <gtest/gtest.h>
#include <sodium.h>

#include "provisioning/transcript/summary.hpp"
#include "provisioning/transcript/verification.hpp"

namespace kaito::provisioning {
namespace {

struct SigningKey {
  SigningKey() { crypto_sign_keypair(public_half.data(), secret_half.data()); }
  [[nodiscard]] audit::VerifierKey verifier() const {
    return *audit::VerifierKey::make("kaito.local/box", public_half);
  }
  ByteArray<32> public_half{};
  ByteArray<64> secret_half{};
};

std::string add(std::string text, TranscriptEvent event, std::int64_t at) {
  const auto chain = read_transcript(text);
  const TranscriptLine line{
      .seq = chain.lines.size(), .previous = chain.head, .time = from_unix_ms(at), .event = std::move(event)};
  return text + to_text(line) + "\n";
}

std::string sign(const std::string& text, const SigningKey& key) {
  const auto chain = read_transcript(text);
  const std::string statement = transcript_statement("kaito.local/box", chain);
  audit::NoteSignature signature{.key = key.verifier(), .signature = {}};
  crypto_sign_detached(signature.signature.data(), nullptr, as_bytes(statement).data(), statement.size(),
                       key.secret_half.data());
  return add(text, {.event = "signed", .step = {}, .facts = {{"note", audit::sign_note(statement, {&signature, 1})}}},
             to_unix_ms(chain.lines.back().time));
}

class Transcript : public testing::Test {
 protected:
  Transcript() {
    std::string lines = add({}, {.event = "begin", .step = {}, .facts = {{"ceremony", "provisioning"}}}, 1000);
    lines = add(lines, {.event = "step-begun", .step = "volume", .facts = {}}, 2000);
    lines =
        add(lines, {.event = "step-done", .step = "volume", .facts = {{"uuid", "4711"}, {"set", "a \"b\"\n"}}}, 3000);
    text_ = sign(lines, key_);
  }
  [[nodiscard]] TranscriptReport verify(const std::string& text) const {
    const audit::VerifierKey trusted = key_.verifier();
    return verify_transcript(text, {&trusted, 1});
  }
  // The line that the byte lies in; a newline belongs to the line that it ends.
  [[nodiscard]] std::size_t line_of(std::size_t byte) const {
    return 1 +
           static_cast<std::size_t>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(byte), '\n'));
  }

  SigningKey key_;
  std::string text_;
};

TEST_F(Transcript, IsSummedUpByKindHostVolumeAndSteps) {
  std::string text =
      add({}, {.event = "begin", .step = {}, .facts = {{"ceremony", "provisioning"}, {"host_name", "h"}}}, 1000);
  for (const auto* const uuid : {"first", "second"}) {
    text = add(text, {.event = "step-done", .step = "disk", .facts = {}}, 2000);
    text = add(text, {.event = "step-done", .step = "volume", .facts = {{"uuid", uuid}}}, 3000);
    text = add(text, {.event = "step-failed", .step = "tpm2", .facts = {}}, 4000);
  }
  const auto summary = summary_of(read_transcript(text).lines);
  EXPECT_EQ(summary.ceremony, "provisioning");
  EXPECT_EQ(summary.host_name, "h");
  EXPECT_EQ(summary.volume, "second");
  EXPECT_EQ(to_unix_ms(summary.begun), 1000);
  EXPECT_EQ(to_unix_ms(summary.ended), 4000);
  EXPECT_EQ(summary.steps, (std::vector<std::string>{"disk", "volume"}));
}

TEST_F(Transcript, C5VerifiesWithTheAuditKeyThatSignedIt) {
  const auto report = verify(text_);
  ASSERT_FALSE(report.chain.fault) << describe(*report.chain.fault);
  EXPECT_EQ(*report.signer, key_.verifier());
  EXPECT_EQ(report.chain.lines.size(), 4U);
  EXPECT_EQ(fact(report.chain.lines[2].event.facts, "set"), "a \"b\"\n");
}

TEST_F(Transcript, C5NamesTheLineOfEveryByteThatIsChanged) {
  for (std::size_t byte = 0; byte < text_.size(); ++byte) {
    for (const int change : {1, 0x20}) {
      std::string altered = text_;
      altered[byte] = static_cast<char>(altered[byte] ^ change);
      const auto report = verify(altered);
      ASSERT_TRUE(report.chain.fault) << "byte " << byte;
      EXPECT_EQ(report.chain.fault->line, line_of(byte)) << "byte " << byte << ": " << describe(*report.chain.fault);
    }
  }
}

TEST_F(Transcript, C5IsRefusedWhenALineIsMissing) {
  for (std::size_t line = 0; line < 4; ++line) {
    std::string cut;
    std::size_t number = 0;
    for (std::size_t at = 0; at < text_.size(); ++number) {
      const auto end = text_.find('\n', at) + 1;
      if (number != line) cut += text_.substr(at, end - at);
      at = end;
    }
    EXPECT_TRUE(verify(cut).chain.fault) << "without line " << line + 1;
  }
}

TEST_F(Transcript, C5IsRefusedWhenItWasWrittenAnewUnderAnotherKey) {
  const auto unsigned_part = text_.substr(0, text_.rfind("{\"seq\":3"));
  EXPECT_TRUE(verify(sign(unsigned_part, SigningKey{})).chain.fault);
}

TEST_F(Transcript, C5IsRefusedWhenItsChainWasRecomputedButNotItsSignature) {
  auto lines = add({}, {.event = "begin", .step = {}, .facts = {{"ceremony", "provisioning"}}}, 1000);
  const auto note = read_transcript(text_).lines.back().event.facts;
  lines = add(lines, {.event = "signed", .step = {}, .facts = note}, 1000);
  EXPECT_TRUE(verify(lines).chain.fault);
}

TEST_F(Transcript, IsRefusedUnsigned) {
  EXPECT_TRUE(verify(text_.substr(0, text_.rfind("{\"seq\":3"))).chain.fault);
  EXPECT_TRUE(verify({}).chain.fault);
}

}  // namespace
}  // namespace kaito::provisioning
