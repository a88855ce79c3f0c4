#include "luks/header/header_inspection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "luks/header/json_fields.hpp"
#include "luks/header/strict_json.hpp"
#include "luks/ways/token_record.hpp"

namespace kaito::luks {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxObjects = 32;
constexpr std::string_view kCipher = "aes-xts-plain64";
constexpr std::string_view kRotationRequirement = "online-reencrypt-v2";

struct Area {
  int keyslot;
  std::uint64_t begin;
  std::uint64_t end;
};

// One metadata object on its way through the rules. Each method takes a part of it into `facts`.
class Inspection {
 public:
  Inspection(const InspectionLimits& limits, HeaderFacts& facts) : limits_(limits), facts_(facts) {}

  Status run(const json::object& root) {
    const JsonFields all(root, "metadata");
    KAITO_CHECK(all.only({"keyslots", "tokens", "segments", "digests", "config"}));
    KAITO_TRY(const JsonFields config, all.object("config"));
    KAITO_CHECK(take_config(config));
    KAITO_CHECK(each(all, "segments", &Inspection::take_segment));
    KAITO_CHECK(check_segments());
    KAITO_CHECK(each(all, "keyslots", &Inspection::take_keyslot));
    KAITO_CHECK(check_areas());
    KAITO_CHECK(each(all, "digests", &Inspection::take_digest));
    KAITO_CHECK(check_digests());
    return each(all, "tokens", &Inspection::take_token);
  }

 private:
  static std::unexpected<Error> refuse(std::string_view why) {
    return fail(Code::integrity, fmt::format("LUKS header refused: {}", why));
  }

  Status each(const JsonFields& all, std::string_view name, Status (Inspection::*take)(int, const JsonFields&)) {
    KAITO_TRY(const JsonFields objects, all.object(name));
    if (objects.json().size() > kMaxObjects) return objects.refuse("has more than 32 members");
    for (const auto& member : objects.json()) {
      KAITO_TRY(const int id, parse_id(member.key()));
      const json::object* const object = member.value().if_object();
      if (!object) return objects.refuse("has a member that is no object");
      KAITO_CHECK((this->*take)(id, JsonFields(*object, fmt::format("{}.{}", name, id))));
    }
    return {};
  }

  Status take_config(const JsonFields& config) {
    KAITO_CHECK(config.only({"json_size", "keyslots_size", "requirements"}));
    KAITO_TRY(const std::uint64_t json_size, config.decimal("json_size"));
    if (json_size != facts_.header_bytes - kBinaryBytes) return config.refuse("says another size than the header has");
    KAITO_TRY(keyslots_bytes_, config.decimal("keyslots_size"));
    if (keyslots_bytes_ % kBinaryBytes != 0 || keyslots_bytes_ > 128ULL * 1024 * 1024)
      return config.refuse("has a keyslots area of impossible size");
    if (!config.has("requirements")) return {};
    KAITO_TRY(const JsonFields requirements, config.object("requirements"));
    KAITO_CHECK(requirements.only({"mandatory"}));
    if (!requirements.has("mandatory")) return {};
    KAITO_TRY(const json::array* const mandatory, requirements.array("mandatory", 1));
    for (const json::value& element : *mandatory) {
      const json::string* const name = element.if_string();
      if (!name || std::string_view(*name) != kRotationRequirement)
        return requirements.refuse("names a requirement other than online-reencrypt-v2");
      facts_.rotating = true;
    }
    return {};
  }

  Status take_segment(int id, const JsonFields& segment) {
    KAITO_CHECK(
        segment.only({"type", "offset", "size", "iv_tweak", "encryption", "sector_size", "integrity", "flags"}));
    KAITO_CHECK(segment.equals("type", "crypt"));  // "linear" would be data in clear
    KAITO_CHECK(segment.equals("encryption", kCipher));
    KAITO_TRY(const std::uint64_t offset, segment.decimal("offset"));
    KAITO_TRY(const std::uint64_t tweak, segment.decimal("iv_tweak"));
    KAITO_TRY(const std::string size, segment.text("size"));
    if (size != "dynamic") KAITO_CHECK(segment.decimal("size"));
    KAITO_TRY(const std::uint64_t sector, segment.number("sector_size", 512, 4096));
    if ((sector & (sector - 1)) != 0) return segment.refuse("has a sector size that is no power of two");
    if (offset < 2 * facts_.header_bytes + keyslots_bytes_) return segment.refuse("overlaps the header");
    bool backup = false;
    if (segment.has("flags")) {
      if (!facts_.rotating) return segment.refuse("has flags outside a rotation");
      KAITO_TRY(backup, take_segment_flags(segment));
    }
    if (segment.has("integrity")) KAITO_CHECK(take_integrity(segment));
    if (!facts_.rotating && (id != 0 || tweak != 0 || size != "dynamic"))
      return segment.refuse("is not the one segment that spans the device");
    if (!backup) live_segments_.push_back(id);
    segments_.push_back(id);
    facts_.data_offset = facts_.data_offset == 0 ? offset : std::min(facts_.data_offset, offset);
    facts_.sector_bytes = static_cast<std::uint32_t>(sector);
    return {};
  }

  static Result<bool> take_segment_flags(const JsonFields& segment) {
    KAITO_TRY(const json::array* const flags, segment.array("flags", 1));
    bool backup = false;
    for (const json::value& element : *flags) {
      const std::string_view flag = element.is_string() ? std::string_view(element.get_string()) : "";
      if (flag == "backup-previous" || flag == "backup-final")
        backup = true;
      else if (flag != "in-reencryption")
        return segment.refuse("has an unknown flag");
    }
    return backup;
  }

  Status take_integrity(const JsonFields& segment) {
    KAITO_TRY(const JsonFields integrity, segment.object("integrity"));
    KAITO_CHECK(integrity.only({"type", "journal_encryption", "journal_integrity"}));
    KAITO_CHECK(integrity.equals("type", "hmac(sha256)"));
    KAITO_CHECK(integrity.equals("journal_encryption", "none"));
    KAITO_CHECK(integrity.equals("journal_integrity", "none"));
    facts_.integrity = true;
    return {};
  }

  Status check_segments() {
    if (live_segments_.empty()) return refuse("segments: none holds data");
    if (facts_.rotating && facts_.integrity) return refuse("segments: re-encryption with dm-integrity is not possible");
    return {};
  }

  Status take_keyslot(int id, const JsonFields& keyslot) {
    KAITO_TRY(const std::string type, keyslot.text("type"));
    KAITO_TRY(const JsonFields area, keyslot.object("area"));
    KAITO_TRY(const std::uint64_t offset, area.decimal("offset"));
    KAITO_TRY(const std::uint64_t size, area.decimal("size"));
    const std::uint64_t begin = 2 * facts_.header_bytes;
    if (offset < begin || size == 0 || size > keyslots_bytes_ || offset - begin > keyslots_bytes_ - size)
      return area.refuse("lies outside the keyslots area");
    areas_.push_back({.keyslot = id, .begin = offset, .end = offset + size});
    if (type == "reencrypt") return take_rotation(id, keyslot, area);

    KAITO_CHECK(keyslot.equals("type", "luks2"));
    KAITO_CHECK(keyslot.only({"type", "key_size", "af", "area", "kdf", "priority"}));
    const std::uint64_t key_bytes = kXtsKeyBytes + (facts_.integrity ? kIntegrityKeyBytes : 0);
    KAITO_CHECK(keyslot.number("key_size", key_bytes, key_bytes));
    if (keyslot.has("priority")) KAITO_CHECK(keyslot.number("priority", 0, 2));
    KAITO_CHECK(area.only({"type", "offset", "size", "encryption", "key_size"}));
    KAITO_CHECK(area.equals("type", "raw"));
    KAITO_CHECK(area.equals("encryption", kCipher));
    KAITO_CHECK(area.number("key_size", kXtsKeyBytes, kXtsKeyBytes));
    KAITO_TRY(const JsonFields split, keyslot.object("af"));
    KAITO_CHECK(split.only({"type", "stripes", "hash"}));
    KAITO_CHECK(split.equals("type", "luks1"));
    KAITO_CHECK(split.number("stripes", 4000, 4000));
    KAITO_CHECK(split.equals("hash", "sha256"));
    KeyslotFacts slot{.id = id};
    KAITO_TRY(const JsonFields kdf, keyslot.object("kdf"));
    KAITO_CHECK(take_kdf(kdf, slot));
    facts_.keyslots.push_back(std::move(slot));
    return {};
  }

  Status take_kdf(const JsonFields& kdf, KeyslotFacts& slot) const {
    KAITO_TRY(slot.kdf, kdf.text("type"));
    KAITO_TRY(const Bytes salt, kdf.base64("salt", 64));
    if (salt.size() < 16) return kdf.refuse("has a short salt");
    if (slot.kdf == "pbkdf2") {  // systemd-cryptenroll's, for secrets that are random already
      KAITO_CHECK(kdf.only({"type", "hash", "iterations", "salt"}));
      KAITO_TRY(const std::string hash, kdf.text("hash"));
      if (hash != "sha256" && hash != "sha512") return kdf.refuse("has an unknown hash");
      KAITO_TRY(slot.kdf_cost, kdf.number("iterations", 1000, limits_.pbkdf2_iterations));
      return {};
    }
    KAITO_CHECK(kdf.equals("type", "argon2id"));
    KAITO_CHECK(kdf.only({"type", "time", "memory", "cpus", "salt"}));
    KAITO_TRY(slot.kdf_cost, kdf.number("time", 1, limits_.argon2_passes));
    KAITO_TRY(slot.memory_kib, kdf.number("memory", 32, limits_.argon2_memory_kib));
    KAITO_CHECK(kdf.number("cpus", 1, 4));
    if (slot.kdf_cost * slot.memory_kib > limits_.argon2_work_kib)
      return kdf.refuse("costs more time than any honest header would");
    return {};
  }

  // The keyslot that holds the state of a rotation (LUKS2 On-Disk Format, section 3.4.2).
  Status take_rotation(int id, const JsonFields& keyslot, const JsonFields& area) {
    if (!facts_.rotating) return keyslot.refuse("is of a rotation that the requirements do not name");
    if (rotation_keyslot_) return keyslot.refuse("is a second keyslot of a rotation");
    KAITO_CHECK(keyslot.only({"type", "key_size", "mode", "direction", "area", "priority"}));
    KAITO_CHECK(keyslot.equals("mode", "reencrypt"));  // not "encrypt" or "decrypt": CVE-2021-4122
    KAITO_CHECK(keyslot.equals("direction", "forward"));
    KAITO_CHECK(keyslot.number("key_size", 1, 1));
    if (keyslot.has("priority")) KAITO_CHECK(keyslot.number("priority", 0, 0));
    KAITO_TRY(const std::string type, area.text("type"));
    if (type == "checksum") {
      KAITO_CHECK(area.only({"type", "offset", "size", "hash", "sector_size"}));
      KAITO_CHECK(area.equals("hash", "sha256"));
      KAITO_CHECK(area.number("sector_size", 512, 4096));
    } else {
      KAITO_CHECK(area.equals("type", "journal"));
      KAITO_CHECK(area.only({"type", "offset", "size"}));
    }
    rotation_keyslot_ = id;
    return {};
  }

  Status check_areas() {
    std::ranges::sort(areas_, {}, &Area::begin);
    for (std::size_t i = 1; i < areas_.size(); ++i)
      if (areas_[i].begin < areas_[i - 1].end)
        return refuse(fmt::format("keyslots {} and {} overlap", areas_[i - 1].keyslot, areas_[i].keyslot));
    if (facts_.rotating && !rotation_keyslot_) return refuse("a rotation without the keyslot that holds its state");
    return {};
  }

  Status take_digest(int id, const JsonFields& object) {
    KAITO_CHECK(object.only({"type", "keyslots", "segments", "hash", "iterations", "salt", "digest"}));
    KAITO_CHECK(object.equals("type", "pbkdf2"));
    KAITO_CHECK(object.equals("hash", "sha256"));
    KAITO_CHECK(object.number("iterations", 1000, limits_.pbkdf2_iterations));
    KAITO_CHECK(object.base64("salt", 64));
    DigestFacts digest{.id = id};
    KAITO_TRY(digest.digest, object.base64("digest", 64));
    KAITO_TRY(digest.keyslots, object.ids("keyslots"));
    KAITO_TRY(digest.segments, object.ids("segments"));
    for (const int keyslot : digest.keyslots)
      if (++digests_of_keyslot_[keyslot] > 1) return object.refuse("claims a keyslot that another digest has");
    for (const int segment : digest.segments) {
      if (std::ranges::find(segments_, segment) == segments_.end()) return object.refuse("names no segment");
      ++digests_of_segment_[segment];
    }
    facts_.digests.push_back(std::move(digest));
    return {};
  }

  Status check_digests() {
    for (const int segment : segments_) {
      // The slice that is being rewritten has the old key and the new one.
      const int most = facts_.rotating ? 2 : 1;
      const int count = digests_of_segment_[segment];
      if (count < 1 || count > most) return refuse(fmt::format("segment {} has {} digests", segment, count));
    }
    for (auto& slot : facts_.keyslots) {
      const auto digest = std::ranges::find_if(facts_.digests, [&](const DigestFacts& each) {
        return std::ranges::find(each.keyslots, slot.id) != each.keyslots.end();
      });
      if (digest == facts_.digests.end()) return refuse(fmt::format("keyslot {} has no digest", slot.id));
      slot.opens_data = !digest->segments.empty();
    }
    for (const auto& [keyslot, count] : digests_of_keyslot_)
      if (!facts_.keyslot(keyslot) && keyslot != rotation_keyslot_)
        return refuse(fmt::format("a digest names keyslot {}, which is not there", keyslot));
    // The digest over the rotation's state, keyed with both volume keys, is what version 2 of the requirement is about.
    if (rotation_keyslot_ && digests_of_keyslot_[*rotation_keyslot_] != 1)
      return refuse("the state of a rotation has no digest");
    return {};
  }

  Status take_token(int id, const JsonFields& object) {
    TokenFacts token{.id = id};
    KAITO_TRY(token.type, object.text("type"));
    KAITO_TRY(token.keyslots, object.ids("keyslots"));
    if (token.keyslots.size() > 2) return object.refuse("names more than two keyslots");
    for (const int keyslot : token.keyslots) {
      if (!facts_.keyslot(keyslot)) return object.refuse("names a keyslot that is not there");
      if (facts_.token_of(keyslot)) return object.refuse("names a keyslot that another token has");
    }
    KAITO_CHECK(parse_token_record(object));
    token.record = object.json();
    facts_.tokens.push_back(std::move(token));
    return {};
  }

  const InspectionLimits& limits_;
  HeaderFacts& facts_;
  std::uint64_t keyslots_bytes_ = 0;
  std::vector<int> segments_;
  std::vector<int> live_segments_;
  std::vector<Area> areas_;
  std::optional<int> rotation_keyslot_;
  std::map<int, int> digests_of_keyslot_;
  std::map<int, int> digests_of_segment_;
};

}  // namespace

Result<HeaderFacts> inspect_metadata(std::string_view text, std::uint64_t header_bytes,
                                     const InspectionLimits& limits) {
  auto root = parse_strict_json(text, kMaxHeaderBytes - kBinaryBytes);
  if (!root) return fail(std::move(root).error().within("LUKS header refused"));
  HeaderFacts facts;
  facts.header_bytes = header_bytes;
  KAITO_CHECK(Inspection(limits, facts).run(*root));
  return facts;
}

Result<HeaderFacts> inspect_header(const HeaderCopies& copies, const InspectionLimits& limits) {
  std::optional<HeaderFacts> in_force;
  std::uint64_t highest = 0;
  int damaged = 0;
  for (const auto& copy : copies) {
    if (!copy) {
      ++damaged;
      continue;
    }
    KAITO_TRY(HeaderFacts facts, inspect_metadata(copy->json, copy->header_bytes, limits));
    facts.uuid = copy->uuid;
    if (in_force && copy->sequence <= highest) continue;
    highest = copy->sequence;
    in_force = std::move(facts);
  }
  if (!in_force) return fail(Code::integrity, "LUKS header refused: both copies are damaged");
  in_force->damaged_copies = damaged;
  return std::move(*in_force);
}

Result<HeaderFacts> inspect_header(int fd, const InspectionLimits& limits) {
  KAITO_TRY(const HeaderCopies copies, read_header_copies(fd));
  return inspect_header(copies, limits);
}

}  // namespace kaito::luks
