// What the guest's scripts call to use the luks library: one verb a call, secrets in files. Exit status: 0, or the
// code's as `kaito` has it; 2 for a wrong command line.
#include <fmt/format.h>

#include <functional>
#include <map>

#include "appliance/base/file.hpp"
#include "luks/header_backup.hpp"
#include "luks/rotation.hpp"
#include "luks/ways/enrolment.hpp"
#include "luks/ways/fido2_way.hpp"
#include "luks/ways/recovery_key.hpp"
#include "luks/ways/tpm2.hpp"
#include "provisioning/session.hpp"
#include "tests/fakes/luks_header/header_editor.hpp"
#include "tests/fakes/luks_header/hostile_headers.hpp"

namespace kaito::luks {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

Result<Passphrase> read_secret(const fs::path& file) {
  KAITO_TRY(std::string text, read_file(file, 4096));
  auto secret = Passphrase::copy_of(text);
  wipe(text);
  return secret;
}

Result<Passphrase> recovery_words(const fs::path& file) {
  KAITO_TRY(const Passphrase typed, read_secret(file));
  KAITO_TRY(const RecoverySecret secret, parse_recovery_text(typed));
  return recovery_text(secret);
}

// DEVICE FILE [integrity]: the recovery key goes to FILE, its shares two of three to FILE.1 to FILE.3.
Status format(const Words& words) {
  SystemRandom random;
  KAITO_TRY(auto made, Volume::format(words.at(0), {.integrity = words.size() > 2}, random));
  const auto secret = RecoverySecret::random(32, random);
  KAITO_TRY(const auto shares, split_recovery(secret, 2, 3, random));
  const Passphrase text = recovery_text(secret);
  KAITO_CHECK(enrol(made.volume, made.key, text, record_of(shares), KdfCost::for_machine(256ULL << 20U, 2)));
  KAITO_CHECK(write_file_atomically(words.at(1), text.expose_secret()));
  for (const auto& share : shares)
    KAITO_CHECK(
        write_file_atomically(fmt::format("{}.{}", words.at(1), share.share.x), share_text(share).expose_secret()));
  return {};
}

Result<Passphrase> tpm_words(const Volume& volume) {
  for (const TokenFacts& token : volume.facts().tokens) {
    KAITO_TRY(const TokenRecord record, parse_token_record(token.record));
    if (const auto* const sealed = std::get_if<Tpm2Record>(&record)) {
      KAITO_TRY(Tpm2 tpm, Tpm2::connect());
      return tpm.unseal(*sealed);
    }
  }
  return fail(Code::not_found, "no TPM way is enrolled");
}

Status enrol_tpm(const Words& words) {
  SystemRandom random;
  KAITO_TRY(Volume volume, Volume::load(words.at(0)));
  KAITO_TRY(const Passphrase known, recovery_words(words.at(1)));
  KAITO_TRY(const VolumeKey key, volume.unlock(known));
  KAITO_TRY(Tpm2 tpm, Tpm2::connect());
  KAITO_CHECK(tpm.allow_for_power_cuts());
  KAITO_TRY(const Tpm2::Sealed sealed, tpm.seal({7}, random));
  KAITO_CHECK(enrol(volume, key, sealed.secret, sealed.record, KdfCost::for_random_secret()));
  return {};
}

// DEVICE RECOVERY-FILE HIDRAW: one key by touch, as systemd-cryptenroll enrols it.
Status enrol_fido2(const Words& words) {
  SystemRandom random;
  KAITO_TRY(Volume volume, Volume::load(words.at(0)));
  KAITO_TRY(const Passphrase known, recovery_words(words.at(1)));
  KAITO_TRY(const VolumeKey key, volume.unlock(known));
  KAITO_TRY(auto fido, Fido2Key::open(words.at(2)));
  KAITO_TRY(const Fido2Way way, make_fido2_way(fido, nullptr, random));
  KAITO_CHECK(enrol(volume, key, way.secret, way.record, KdfCost::for_random_secret()));
  return {};
}

Status open_with(const Words& words, const std::function<Result<Passphrase>(const Volume&)>& secret) {
  KAITO_TRY(Volume volume, Volume::load(words.at(0)));
  KAITO_TRY(const Passphrase opens, secret(volume));
  return volume.open(words.at(1), opens);
}

// The recovery key's text from the share files from word `first` on.
Result<Passphrase> combined(const Words& words, std::size_t first) {
  std::vector<RecoveryShare> shares;
  for (std::size_t i = first; i < words.size(); ++i) {
    KAITO_TRY(RecoveryShare share, provisioning::read_share_file(words[i]));
    shares.push_back(std::move(share));
  }
  KAITO_TRY(const RecoverySecret secret, combine_recovery(std::move(shares)));
  return recovery_text(secret);
}

Status open_by_shares(const Words& words) {
  return open_with(words, [&](const Volume&) { return combined(words, 2); });
}

// FILE SHARE-FILE…: what cryptsetup takes as a key file.
Status write_recovery_text(const Words& words) {
  KAITO_TRY(const Passphrase text, combined(words, 1));
  return write_file_atomically(words.at(0), text.expose_secret());
}

Status status(const Words& words) {
  KAITO_TRY(const VolumeStatus state, Volume::status(words.at(0)));
  fmt::print("cipher {}\nsize {}\nread-only {}\nin use {}\n", state.cipher, state.size_bytes, state.read_only,
             state.in_use);
  return {};
}

Status facts(const Words& words) {
  KAITO_TRY(const Volume volume, Volume::load(words.at(0)));
  const HeaderFacts& facts = volume.facts();
  fmt::print("rotating {}\nintegrity {}\nkeyslots {}\ntokens {}\norphans {}\nkey {}\n", facts.rotating, facts.integrity,
             facts.keyslots.size(), facts.tokens.size(), facts.orphan_keyslots().size() + facts.orphan_tokens().size(),
             to_hex(facts.data_digest()->digest));
  return {};
}

// A line for each percent that is passed; pauses after `pause_at`.
OnProgress progress_lines(int pause_at) {
  return [pause_at, shown = -1](const RotationProgress& at) mutable {
    const int percent = at.total_bytes == 0 ? 100 : static_cast<int>(at.done_bytes * 100 / at.total_bytes);
    while (shown < percent) fmt::print("rotating {}%\n", ++shown);
    std::fflush(stdout);
    return percent < pause_at;
  };
}

Status report(const Result<RotationEnd>& end) {
  KAITO_CHECK(end);
  fmt::print("rotation {}\n", *end == RotationEnd::complete ? "complete" : "paused");
  return {};
}

int pause_of(const Words& words) { return words.size() > 3 ? std::stoi(words[3]) : 101; }

// DEVICE NAME RECOVERY-FILE [PAUSE-AT-PERCENT]: keeps the recovery key and the TPM's way.
Status rotate(const Words& words) {
  SystemRandom random;
  KAITO_TRY(Volume volume, Volume::load(words.at(0)));
  RotationRequest request{.active_name = words.at(1)};
  for (const TokenFacts& token : volume.facts().tokens) {
    KAITO_TRY(Passphrase secret, token.type == "systemd-tpm2" ? tpm_words(volume) : recovery_words(words.at(2)));
    request.kept.push_back({.token = token.id, .secret = std::move(secret)});
  }
  return report(rotate_volume_key(volume, request, random, progress_lines(pause_of(words))));
}

Status resume(const Words& words) {
  KAITO_TRY(Volume volume, Volume::load(words.at(0)));
  KAITO_TRY(const Passphrase opens, recovery_words(words.at(2)));
  return report(resume_rotation(volume, words.at(1), opens, progress_lines(pause_of(words))));
}

Status resize(const Words& words) {
  KAITO_TRY(Volume volume, Volume::load(words.at(0)));
  KAITO_TRY(const Passphrase opens, recovery_words(words.at(2)));
  return volume.resize(words.at(1), opens);
}

Status back_up(const Words& words) {
  KAITO_TRY(const Volume volume, Volume::load(words.at(0)));
  return back_up_header(volume, words.at(1));
}

Status restore(const Words& words) { return restore_header(words.at(0), words.at(1), RestoreCheck::same_key); }

// DEVICE ATTACK: the header as somebody with the disk in hand would write it.
Status forge(const Words& words) {
  for (const auto& hostile : kaito::test::hostile_headers()) {
    if (hostile.name != words.at(1)) continue;
    KAITO_TRY(const auto honest, kaito::test::read_metadata(words[0]));
    return kaito::test::write_metadata(words[0], hostile.make(honest));
  }
  return fail(Code::usage, "no such attack");
}

Status list_attacks(const Words&) {
  for (const auto& hostile : kaito::test::hostile_headers()) fmt::print("{}\n", hostile.name);
  return {};
}

const std::map<std::string, std::function<Status(const Words&)>> kVerbs{
    {"format", format},
    {"enrol-tpm", enrol_tpm},
    {"enrol-fido2", enrol_fido2},
    {"recovery-text", write_recovery_text},
    {"open",
     [](const Words& words) { return open_with(words, [&](const Volume&) { return recovery_words(words.at(2)); }); }},
    {"open-tpm", [](const Words& words) { return open_with(words, tpm_words); }},
    {"open-shares", open_by_shares},
    {"close", [](const Words& words) { return Volume::close(words.at(0)); }},
    {"status", status},
    {"facts", facts},
    {"rotate", rotate},
    {"resume", resume},
    {"resize", resize},
    {"back-up", back_up},
    {"restore", restore},
    {"forge", forge},
    {"attacks", list_attacks},
};

int run(const Words& arguments) {
  const auto verb = arguments.empty() ? kVerbs.end() : kVerbs.find(arguments.front());
  if (verb == kVerbs.end()) {
    fmt::print(stderr, "usage: kaito-volume-tool VERB [ARGUMENT…]\n");
    return 2;
  }
  try {
    const Status done = verb->second(Words(arguments.begin() + 1, arguments.end()));
    if (done) return 0;
    fmt::print(stderr, "{}: {}\n", verb->first, done.error().describe());
    return traits(done.error().code).exit_code;
  } catch (const std::out_of_range&) {
    fmt::print(stderr, "{}: an argument is missing\n", verb->first);
    return 2;
  }
}

}  // namespace
}  // namespace kaito::luks

int main(int count, char** arguments) {
  if (!kaito::init_secret_memory()) return 1;
  return kaito::luks::run({arguments + 1, arguments + count});
}
