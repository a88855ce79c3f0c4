// What the offline verifier says of an export that somebody has worked on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "appliance/audit/export_lines.hpp"
#include "appliance/audit/record.hpp"
#include "tests/unit/audit/test_log.hpp"

namespace kaito::audit {
namespace {

using Lines = std::vector<std::string>;

// Fifty records with a checkpoint after every tenth, and their export.
class Tamper : public testing::Test {
 protected:
  Tamper() {
    for (int i = 0; i < 5; ++i) {
      log.add(10);
      notes.push_back(log.checkpoint());
    }
    lines = log.export_lines();
  }

  // Where the record with this number stands among the lines.
  [[nodiscard]] static std::size_t at(std::uint64_t sequence) { return 1 + sequence + sequence / 10; }

  [[nodiscard]] Failure failure_of(const Lines& tampered, const VerifyOptions& options) const {
    const auto report = verify_lines(tampered, options);
    EXPECT_TRUE(report) << report.error().describe();
    if (!report || report->ok()) {
      ADD_FAILURE() << "nothing was noticed";
      return {};
    }
    return *report->failure;
  }
  [[nodiscard]] Failure failure_of(const Lines& tampered) const {
    return failure_of(tampered, {.pinned = {log.key()}});
  }

  [[nodiscard]] static bool names(const Failure& failure, std::uint64_t sequence) {
    return failure.sequence == sequence && failure.until == sequence + 1;
  }

  static void replace(std::string& line, std::string_view from, std::string_view to) {
    const auto place = line.find(from);
    ASSERT_NE(place, std::string::npos);
    line.replace(place, from.size(), to);
  }

  TestLog log;
  std::vector<std::string> notes;
  Lines lines;
};

// As an attacker without the key would: links and numbers made right again from `first` on, checkpoints left as they
// are, the last line made to fit.
Lines recomputed(const Lines& lines) {
  Lines out;
  Hash previous{};
  std::uint64_t sequence = 0;
  for (std::string line : lines) {
    if (kind_of(line) == LineKind::record) {
      const auto comma = line.find(R"(,"time":)");
      const auto prev = line.find(R"("prev":")") + 8;
      line.replace(prev, 64, to_hex(previous));
      line.replace(0, comma, R"({"v":1,"seq":)" + std::to_string(sequence++));
      previous = leaf_hash(as_bytes(std::string_view(line).substr(0, line.size() - 1)));
    } else if (kind_of(line) == LineKind::end) {
      line = format_end({sequence, previous}) + '\n';
    }
    out.push_back(std::move(line));
  }
  return out;
}

TEST_F(Tamper, TheExportIsGoodBeforeAnythingIsDoneToIt) {
  EXPECT_TRUE(verify_lines(lines, {.pinned = {log.key()}, .earlier = notes})->ok());
  EXPECT_EQ(recomputed(lines), lines);
}

TEST_F(Tamper, F63NamesEveryEditedRecord) {
  for (std::uint64_t i = 0; i < 50; ++i) {
    Lines tampered = lines;
    replace(tampered[at(i)], "\"ada\"", "\"eve\"");
    EXPECT_TRUE(names(failure_of(tampered), i)) << i << ": " << failure_of(tampered).what;
  }
}

TEST_F(Tamper, F63NamesEveryRecordWhoseTextIsNoLongerCanonical) {
  for (std::uint64_t i = 0; i < 50; ++i) {
    Lines tampered = lines;
    replace(tampered[at(i)], "\"ada\"", " \"ada\"");
    EXPECT_TRUE(names(failure_of(tampered), i)) << i << ": " << failure_of(tampered).what;
  }
}

TEST_F(Tamper, F63EveryEditedLinkIsNamedOrOneOfTwo) {
  for (std::uint64_t i = 0; i < 50; ++i) {
    Lines tampered = lines;
    const auto digit = tampered[at(i)].find(R"("prev":")") + 8;
    tampered[at(i)][digit] = tampered[at(i)][digit] == 'a' ? 'b' : 'a';
    const Failure failure = failure_of(tampered);
    EXPECT_LE(failure.sequence, i) << failure.what;
    EXPECT_EQ(failure.until, i + 1) << failure.what;
    EXPECT_LE(failure.until - failure.sequence, 2U) << failure.what;
  }
}

TEST_F(Tamper, F63NamesEveryDeletedRecord) {
  for (std::uint64_t i = 0; i < 50; ++i) {
    Lines tampered = lines;
    tampered.erase(tampered.begin() + static_cast<std::ptrdiff_t>(at(i)));
    EXPECT_EQ(failure_of(tampered).sequence, i) << failure_of(tampered).what;
  }
}

TEST_F(Tamper, F63NamesEveryInsertedRecord) {
  for (std::uint64_t i = 0; i < 50; ++i) {
    Lines tampered = lines;
    std::string copy = tampered[at(i)];
    replace(copy, "\"ada\"", "\"eve\"");
    tampered.insert(tampered.begin() + static_cast<std::ptrdiff_t>(at(i)), copy);
    EXPECT_TRUE(names(failure_of(tampered), i)) << i << ": " << failure_of(tampered).what;
  }
}

TEST_F(Tamper, F63NamesTheFirstOfTwoSwappedRecords) {
  for (std::uint64_t i = 0; i + 1 < 50; ++i)
    for (std::uint64_t j = i + 1; j < 50; j += 7) {
      Lines tampered = lines;
      std::swap(tampered[at(i)], tampered[at(j)]);
      EXPECT_TRUE(names(failure_of(tampered), i)) << i << " and " << j << ": " << failure_of(tampered).what;
    }
}

TEST_F(Tamper, F63ARecomputedChainFailsAtTheFirstCheckpointAfterIt) {
  for (std::uint64_t i = 0; i < 50; ++i) {
    Lines tampered = lines;
    replace(tampered[at(i)], "\"ada\"", "\"eve\"");
    const Failure failure = failure_of(recomputed(tampered));
    EXPECT_EQ(failure.finding, Finding::rewritten) << failure.what;
    EXPECT_EQ(failure.sequence, i / 10 * 10);
    EXPECT_EQ(failure.until, i / 10 * 10 + 10);
  }
}

TEST_F(Tamper, F63ARecomputedChainWithARecordLessOrMoreFailsToo) {
  for (std::uint64_t i = 0; i < 50; ++i) {
    Lines removed = lines;
    removed.erase(removed.begin() + static_cast<std::ptrdiff_t>(at(i)));
    EXPECT_EQ(failure_of(recomputed(removed)).until, i / 10 * 10 + 10);
    Lines inserted = lines;
    inserted.insert(inserted.begin() + static_cast<std::ptrdiff_t>(at(i)), lines[at(3)]);
    const Failure failure = failure_of(recomputed(inserted));
    EXPECT_EQ(failure.finding, Finding::rewritten);
    EXPECT_EQ(failure.sequence, i / 10 * 10);
  }
}

TEST_F(Tamper, F64NoticesATailThatWasCutAtAnyPoint) {
  for (std::uint64_t kept = 0; kept < 50; ++kept) {
    // As found on disk: the file just ends.
    Lines tampered(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(at(kept)));
    EXPECT_EQ(failure_of(tampered).finding, Finding::incomplete);
    EXPECT_EQ(failure_of(tampered).sequence, kept);
    // As forged: with a last line that fits. Only a checkpoint from elsewhere can tell.
    tampered.push_back(lines.back());
    tampered = recomputed(tampered);
    EXPECT_TRUE(verify_lines(tampered, {.pinned = {log.key()}})->ok());
    const Failure failure = failure_of(tampered, {.pinned = {log.key()}, .earlier = {notes.back()}});
    EXPECT_EQ(failure.finding, Finding::cut);
    EXPECT_EQ(failure.sequence, kept);
    EXPECT_EQ(failure.until, 50U);
  }
}

TEST_F(Tamper, F64NoticesAKeptCheckpointThatCoversMoreThanTheRecords) {
  Lines tampered = lines;
  tampered.erase(tampered.begin() + static_cast<std::ptrdiff_t>(at(43)),
                 tampered.begin() + static_cast<std::ptrdiff_t>(at(50)) - 1);
  const Failure failure = failure_of(recomputed(tampered));
  EXPECT_EQ(failure.finding, Finding::cut);
  EXPECT_EQ(failure.sequence, 43U);
}

TEST_F(Tamper, F64NoticesASplitView) {
  // The log's own key signs another history: only a checkpoint from before can tell.
  TestLog other;
  other.add(3);
  other.add(1, org_number(1));
  other.add(56);
  other.checkpoint();
  const auto forged = other.export_lines();
  ASSERT_TRUE(verify_lines(forged, {.pinned = {log.key()}})->ok());
  for (const auto& note : notes) {
    const Failure failure = failure_of(forged, {.pinned = {log.key()}, .earlier = {note}});
    EXPECT_EQ(failure.finding, Finding::rewritten) << failure.what;
    EXPECT_EQ(failure.sequence, 0U);
  }
}

TEST_F(Tamper, AnEarlierCheckpointThatAgreesIsCounted) {
  const auto report = verify_lines(log.export_lines({.first = 20}), {.pinned = {log.key()}, .earlier = notes});
  ASSERT_TRUE(report->ok()) << report->failure->what;
  EXPECT_EQ(report->earlier_unchecked, 1U);  // the one of size 10
  EXPECT_EQ(report->earlier_checked, 4U);
}

TEST_F(Tamper, AForeignKeyIsNotTrusted) {
  const SoftwareSigner attacker(66);
  const VerifierKey foreign = *VerifierKey::make(kOrigin, attacker.public_key());
  EXPECT_EQ(failure_of(lines, {.pinned = {foreign}}).finding, Finding::untrusted);
  // The attacker signs a log of his own under the same name and puts his key into the header.
  TestLog forged;
  forged.signer = SoftwareSigner(66);
  forged.add(50);
  forged.checkpoint();
  EXPECT_TRUE(verify_lines(forged.export_lines())->ok());
  EXPECT_EQ(failure_of(forged.export_lines()).finding, Finding::untrusted);
  // Without a pinned key, a checkpoint that the operator kept is enough to see it.
  EXPECT_EQ(failure_of(forged.export_lines(), {.earlier = {notes[0]}}).finding, Finding::untrusted);
}

TEST_F(Tamper, ASignatureOrRootThatWasEditedIsNotTrusted) {
  for (const std::size_t place : {std::size_t{40}, std::size_t{180}}) {
    Lines tampered = lines;
    std::string& line = tampered[at(9) + 1];
    ASSERT_EQ(kind_of(line), LineKind::checkpoint);
    line[place] = line[place] == 'A' ? 'B' : 'A';
    const Failure failure = failure_of(tampered);
    EXPECT_EQ(failure.finding, Finding::untrusted) << failure.what;
  }
}

TEST_F(Tamper, EveryFlippedByteIsNoticed) {
  const std::string good = joined(log.export_lines({.first = 38}));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1 << i % 7);
    const auto report = verify_text(bad, {.pinned = {log.key()}});
    EXPECT_TRUE(!report || !report->ok()) << "byte " << i << ": " << good.substr(i < 20 ? 0 : i - 20, 40);
  }
}

TEST_F(Tamper, NothingMayFollowTheLastLine) {
  Lines tampered = lines;
  tampered.push_back(lines[at(7)]);
  EXPECT_EQ(failure_of(tampered).finding, Finding::malformed);
}

TEST_F(Tamper, APartWithAForgedBeginningFailsAtItsFirstCheckpoint) {
  Lines part = log.export_lines({.first = 13});
  replace(part[0], R"("tree":[")", R"("tree":[")");
  const auto digit = part[0].find(R"("tree":[")") + 9;
  part[0][digit] = part[0][digit] == 'a' ? 'b' : 'a';
  const Failure failure = failure_of(part);
  EXPECT_EQ(failure.finding, Finding::rewritten);
  EXPECT_EQ(failure.sequence, 13U);
  EXPECT_EQ(failure.until, 20U);
}

TEST_F(Tamper, WithheldRunsCannotHideARecord) {
  log.add(5, org_number(1));
  log.add(5, org_number(2));
  log.checkpoint();
  const Lines own = log.export_lines({.org = org_number(1)});
  ASSERT_TRUE(verify_lines(own, {.pinned = {log.key()}})->ok());
  for (std::size_t i = 1; i + 1 < own.size(); ++i) {
    if (kind_of(own[i]) == LineKind::checkpoint) continue;
    Lines tampered = own;
    tampered.erase(tampered.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(verify_lines(tampered, {.pinned = {log.key()}})->ok()) << own[i];
  }
}

TEST_F(Tamper, EveryHashOfAWithheldRunThatProvesAnythingIsChecked) {
  log.add(5, org_number(1));
  log.add(5, org_number(2));
  log.checkpoint();
  const Lines own = log.export_lines({.org = org_number(1)});
  int flipped = 0;
  for (std::size_t i = 1; i + 1 < own.size(); ++i) {
    if (kind_of(own[i]) != LineKind::withheld) continue;
    // The last leaf hash serves to link the next entry; before a checkpoint and another run it serves nothing.
    const bool links = kind_of(own[i + 1]) == LineKind::record || kind_of(own[i + 2]) == LineKind::end;
    const std::size_t stop = links ? own[i].size() : own[i].rfind(R"("last":)");
    for (std::size_t place = own[i].find('['); place < stop; ++place) {
      if (std::isxdigit(static_cast<unsigned char>(own[i][place])) == 0) continue;
      if (own[i].compare(place, 6, R"("last")") == 0) place += 6;
      Lines tampered = own;
      tampered[i][place] = own[i][place] == '1' ? '2' : '1';
      EXPECT_FALSE(verify_lines(tampered, {.pinned = {log.key()}})->ok()) << own[i] << place;
      ++flipped;
    }
  }
  EXPECT_GT(flipped, 500);
}

}  // namespace
}  // namespace kaito::audit
