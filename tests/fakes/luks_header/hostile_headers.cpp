#include "tests/fakes/luks_header/hostile_headers.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace kaito::test {
namespace {

namespace json = boost::json;

json::object& in(json::object& parent, std::string_view name) {
  return parent[json::string_view(name.data(), name.size())].as_object();
}
json::object& keyslot(json::object& root) { return in(in(root, "keyslots"), "0"); }
json::object& segment(json::object& root) { return in(in(root, "segments"), "0"); }
json::object& digest(json::object& root) { return in(in(root, "digests"), "0"); }
json::object& token(json::object& root) { return in(in(root, "tokens"), "0"); }

template <class Edit>
std::string edited(const json::object& honest, Edit edit) {
  json::object copy = honest;
  edit(copy);
  return json::serialize(copy);
}

// `text` with a further member behind its opening brace.
std::string with_member(const json::object& honest, std::string_view member) {
  std::string text = json::serialize(honest);
  text.insert(1, std::string(member) + ",");
  return text;
}

void require(json::object& root, std::string_view requirement) {
  in(root, "config")["requirements"] =
      json::object{{"mandatory", json::array{json::string(requirement.data(), requirement.size())}}};
}

// CVE-2021-4122: the state of a decryption that nobody began. Whoever wrote it would have the volume decrypted in place
// as soon as it is next opened.
void begin_decryption(json::object& root, std::string_view requirement) {
  require(root, requirement);
  in(root, "keyslots")["1"] = json::object{
      {"type", "reencrypt"},
      {"key_size", 1},
      {"mode", "decrypt"},
      {"direction", "forward"},
      {"area",
       {{"type", "checksum"}, {"offset", "1048576"}, {"size", "1048576"}, {"hash", "sha256"}, {"sector_size", 4096}}}};
  json::object& segments = in(root, "segments");
  json::object before = segments.at("0").as_object();
  before["flags"] = json::array{"backup-previous"};
  segments["1"] = before;
  segments["2"] = json::object{
      {"type", "linear"}, {"offset", "16777216"}, {"size", "dynamic"}, {"flags", json::array{"backup-final"}}};
  digest(root)["segments"] = json::array{"0", "1"};
}

// A re-encryption as an honest one looks, in both keys of which only the attacker's digest is different.
void begin_forged_rotation(json::object& root) {
  begin_decryption(root, "online-reencrypt-v2");
  in(in(root, "keyslots"), "1")["mode"] = "reencrypt";
  json::object& after = in(in(root, "segments"), "2");
  after = in(in(root, "segments"), "1");
  after["flags"] = json::array{"backup-final"};
  json::object second = digest(root);
  second["keyslots"] = json::array{};
  second["segments"] = json::array{"2"};
  in(root, "digests")["1"] = second;
}

constexpr auto kHostile = std::to_array<HostileHeader>({
    {"null-segment-cipher",  // CVE-2025-59054
     [](const json::object& h) { return edited(h, [](json::object& r) { segment(r)["encryption"] = "cipher_null-ecb"; }); }},
    {"null-keyslot-cipher",  // CVE-2025-59054: the keyslot gives a key that the attacker knows
     [](const json::object& h) {
       return edited(h, [](json::object& r) { in(keyslot(r), "area")["encryption"] = "cipher_null-ecb"; });
     }},
    {"weak-segment-cipher",
     [](const json::object& h) { return edited(h, [](json::object& r) { segment(r)["encryption"] = "aes-ecb"; }); }},
    {"linear-segment",
     [](const json::object& h) {
       return edited(h, [](json::object& r) {
         segment(r) = {{"type", "linear"}, {"offset", "16777216"}, {"size", "dynamic"}};
       });
     }},
    {"decryption-begun", [](const json::object& h) {
       return edited(h, [](json::object& r) { begin_decryption(r, "online-reencrypt-v2"); });
     }},
    {"decryption-begun-old-form", [](const json::object& h) {
       return edited(h, [](json::object& r) { begin_decryption(r, "online-reencrypt"); });
     }},
    {"forged-rotation", [](const json::object& h) { return edited(h, begin_forged_rotation); }},
    {"requirement-without-rotation", [](const json::object& h) {
       return edited(h, [](json::object& r) { require(r, "online-reencrypt-v2"); });
     }},
    {"offline-reencryption", [](const json::object& h) {
       return edited(h, [](json::object& r) { require(r, "offline-reencrypt"); });
     }},
    {"unknown-requirement", [](const json::object& h) {
       return edited(h, [](json::object& r) { require(r, "quantum-reencrypt"); });
     }},
    {"activation-flags", [](const json::object& h) {
       return edited(h, [](json::object& r) { in(r, "config")["flags"] = json::array{"allow-discards"}; });
     }},
    {"absurd-argon2-memory", [](const json::object& h) {
       return edited(h, [](json::object& r) { in(keyslot(r), "kdf")["memory"] = 4'194'304; });
     }},
    {"absurd-argon2-passes", [](const json::object& h) {
       return edited(h, [](json::object& r) { in(keyslot(r), "kdf")["time"] = 4'000'000'000U; });
     }},
    {"absurd-argon2-work", [](const json::object& h) {
       return edited(h, [](json::object& r) {
         in(keyslot(r), "kdf")["time"] = 999;
         in(keyslot(r), "kdf")["memory"] = 1'048'576;
       });
     }},
    {"absurd-pbkdf2-iterations", [](const json::object& h) {
       return edited(h, [](json::object& r) {
         in(keyslot(r), "kdf") = {{"type", "pbkdf2"},
                                  {"hash", "sha256"},
                                  {"iterations", 4'000'000'000U},
                                  {"salt", keyslot(r).at("kdf").at("salt")}};
       });
     }},
    {"absurd-digest-iterations", [](const json::object& h) {
       return edited(h, [](json::object& r) { digest(r)["iterations"] = 4'000'000'000U; });
     }},
    {"negative-argon2-passes", [](const json::object& h) {
       return edited(h, [](json::object& r) { in(keyslot(r), "kdf")["time"] = -1; });
     }},
    {"short-volume-key", [](const json::object& h) {
       return edited(h, [](json::object& r) { keyslot(r)["key_size"] = 16; });
     }},
    {"keyslot-area-outside", [](const json::object& h) {
       return edited(h, [](json::object& r) { in(keyslot(r), "area")["offset"] = "16777216"; });
     }},
    {"keyslot-area-overflow", [](const json::object& h) {
       return edited(h, [](json::object& r) { in(keyslot(r), "area")["size"] = "18446744073709551615"; });
     }},
    {"keyslots-overlap", [](const json::object& h) {
       return edited(h, [](json::object& r) {
         const json::object copy = keyslot(r);
         in(r, "keyslots")["1"] = copy;
         digest(r)["keyslots"] = json::array{"0", "1"};
       });
     }},
    {"segment-over-header", [](const json::object& h) {
       return edited(h, [](json::object& r) { segment(r)["offset"] = "4096"; });
     }},
    {"second-segment", [](const json::object& h) {
       return edited(h, [](json::object& r) {
         const json::object copy = segment(r);
         in(r, "segments")["1"] = copy;
         digest(r)["segments"] = json::array{"0", "1"};
       });
     }},
    {"tweaked-iv", [](const json::object& h) {
       return edited(h, [](json::object& r) { segment(r)["iv_tweak"] = "8"; });
     }},
    {"unknown-token", [](const json::object& h) {
       return edited(h, [](json::object& r) { token(r)["type"] = "load-my-plugin"; });
     }},
    {"keyring-token", [](const json::object& h) {
       return edited(h, [](json::object& r) {
         token(r) = {{"type", "luks2-keyring"}, {"keyslots", json::array{"0"}}, {"key_description", "mine"}};
       });
     }},
    {"two-tokens-for-one-keyslot", [](const json::object& h) {
       return edited(h, [](json::object& r) {
         const json::object copy = token(r);
         in(r, "tokens")["1"] = copy;
       });
     }},
    {"token-of-no-keyslot", [](const json::object& h) {
       return edited(h, [](json::object& r) { token(r)["keyslots"] = json::array{"9"}; });
     }},
    {"keyslot-of-two-digests", [](const json::object& h) {
       return edited(h, [](json::object& r) {
         json::object copy = digest(r);
         copy["segments"] = json::array{};
         in(r, "digests")["1"] = copy;
       });
     }},
    {"keyslot-of-no-digest", [](const json::object& h) {
       return edited(h, [](json::object& r) { digest(r)["keyslots"] = json::array{}; });
     }},
    {"unknown-member", [](const json::object& h) {
       return edited(h, [](json::object& r) { r["extension"] = json::object{}; });
     }},
    {"member-twice", [](const json::object& h) { return with_member(h, R"("segments":{})"); }},
    {"comment", [](const json::object& h) { return with_member(h, R"(/* hidden */"x":0)"); }},
    {"text-after-the-json", [](const json::object& h) { return json::serialize(h) + "{}"; }},
    {"deep-nesting", [](const json::object& h) {
       return edited(h, [](json::object& r) {
         json::value nested = json::object{};
         for (int i = 0; i < 30; ++i) nested = json::object{{"a", nested}};
         token(r)["deep"] = nested;
       });
     }},
    {"oversized-token", [](const json::object& h) {
       return edited(h, [](json::object& r) { token(r)["bulk"] = json::string(40'000, 'x'); });
     }},
});

}  // namespace

std::span<const HostileHeader> hostile_headers() { return kHostile; }

}  // namespace kaito::test
