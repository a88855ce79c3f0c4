#include "appliance/audit/checkpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/audit/software_signer.hpp"

namespace kaito::audit {
namespace {

using testing::StartsWith;

// The example of golang.org/x/mod/sumdb/note, the reference implementation of C2SP signed-note.
constexpr std::string_view kNeumann = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kNeumannText =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
constexpr std::string_view kNeumannSignature =
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";

TEST(VerifierKey, ReadsAndWritesTheReferenceKey) {
  const auto key = VerifierKey::parse(kNeumann);
  ASSERT_TRUE(key) << key.error().reason;
  EXPECT_EQ(key->name(), "PeterNeumann");
  EXPECT_EQ(key->str(), kNeumann);
}

TEST(VerifierKey, VerifiesTheReferenceNote) {
  const auto key = *VerifierKey::parse(kNeumann);
  const Bytes line = *from_base64(kNeumannSignature);
  EXPECT_TRUE(std::ranges::equal(key.hash(), ByteView(line).first(4)));
  EXPECT_TRUE(key.verifies(as_bytes(kNeumannText), ByteView(line).subspan(4)));
  EXPECT_FALSE(key.verifies(as_bytes(kNeumannText.substr(1)), ByteView(line).subspan(4)));
  EXPECT_FALSE(key.verifies(as_bytes(kNeumannText), ByteView(line).subspan(5)));
}

TEST(VerifierKey, RefusesMalformedText) {
  const std::string good(kNeumann);
  for (const std::string& bad : {std::string(), std::string("PeterNeumann"), "+" + good.substr(12),
                                 good.substr(0, good.size() - 1), "Peter Neumann" + good.substr(12),
                                 "PeterNeumann+c74f20a4" + good.substr(21), "PeterNeumann+C74F20A3" + good.substr(21),
                                 std::string("PeterNeumann+c74f20a3+BRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")})
    EXPECT_FALSE(VerifierKey::parse(bad)) << bad;
}

class CheckpointNote : public testing::Test {
 protected:
  SoftwareSigner signer{1};
  SoftwareSigner other{2};
  VerifierKey key = *VerifierKey::make("log.example/audit", signer.public_key());
  VerifierKey other_key = *VerifierKey::make("log.example/audit", other.public_key());
  Checkpoint head{.origin = "log.example/audit", .size = 20852163, .root = leaf_hash(as_bytes("x"))};

  std::string signed_body(const std::string& body) const {
    const std::string probe = make_note(head, key, signer.signature(as_bytes(body)));
    return body + probe.substr(head.body().size());
  }
};

TEST_F(CheckpointNote, HasTheFormOfTlogCheckpoint) {
  const std::string note = make_note(head, key, signer.signature(as_bytes(head.body())));
  EXPECT_THAT(note, StartsWith("log.example/audit\n20852163\n" + to_base64(head.root) + "\n\n— log.example/audit "));
  EXPECT_EQ(note.back(), '\n');
}

TEST_F(CheckpointNote, OpensUnderItsKeyOnly) {
  const std::string note = make_note(head, key, signer.signature(as_bytes(head.body())));
  const auto opened = open_note(note, std::vector{other_key, key});
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ(opened->checkpoint.size, head.size);
  EXPECT_EQ(opened->checkpoint.root, head.root);
  EXPECT_EQ(opened->key, key);
  const auto foreign = open_note(note, std::vector{other_key});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, Code::integrity);
}

TEST_F(CheckpointNote, RefusesEveryFlippedBit) {
  const std::string note = make_note(head, key, signer.signature(as_bytes(head.body())));
  for (std::size_t bit = 0; bit < note.size() * 8; ++bit) {
    std::string flipped = note;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(open_note(flipped, std::vector{key})) << "bit " << bit;
  }
}

TEST_F(CheckpointNote, IgnoresUnknownSignaturesAndAllowsExtensionLines) {
  const std::string body = head.body() + "an extension\n";
  const std::string witness = "— witness.example " + to_base64(Bytes(76, 7)) + "\n";
  EXPECT_TRUE(open_note(signed_body(body) + witness, std::vector{key}));
}

TEST_F(CheckpointNote, RefusesMalformedBodiesEvenWhenSigned) {
  const std::string root = to_base64(head.root);
  for (const std::string& body :
       {std::string("log.example/audit\n1\n"), "\n1\n" + root + "\n", "log.example/audit\n01\n" + root + "\n",
        "log.example/audit\n-1\n" + root + "\n", "log.example/audit\n1 \n" + root + "\n",
        "log.example/audit\n99999999999999999999\n" + root + "\n", "log.example/audit\n1\n" + root.substr(4) + "\n",
        std::string("log.example/audit\n1\nnot base64!\n")}) {
    const auto opened = open_note(signed_body(body), std::vector{key});
    EXPECT_FALSE(opened) << body;
  }
}

TEST_F(CheckpointNote, RefusesACheckpointOfAnotherLog) {
  const auto opened = open_note(signed_body("other.example\n1\n" + to_base64(head.root) + "\n"), std::vector{key});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::integrity);
}

TEST_F(CheckpointNote, RefusesTooManySignaturesAndTooMuchText) {
  std::string note = make_note(head, key, signer.signature(as_bytes(head.body())));
  for (std::size_t i = 0; i < kMaxSignatures; ++i) note += "— witness.example " + to_base64(Bytes(76, 7)) + "\n";
  EXPECT_FALSE(open_note(note, std::vector{key}));
  EXPECT_FALSE(open_note(std::string(kMaxNote + 1, 'a'), std::vector{key}));
}

}  // namespace
}  // namespace kaito::audit
