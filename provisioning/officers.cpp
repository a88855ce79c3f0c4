#include "provisioning/officers.hpp"

#include <filesystem>

#include "luks/ways/enrolment.hpp"
#include "luks/ways/fido2_way.hpp"

namespace kaito::provisioning {
namespace {

// One that is plugged in: hidraw devices that speak CTAP open, others do not.
Result<luks::Fido2Key> plugged_key(const std::string& device, cli::Terminal& terminal, std::string_view whose) {
  if (!device.empty()) return luks::Fido2Key::open(device);
  KAITO_CHECK(terminal.ask(fmt::format("Plug in {} (and no other), then press Enter", whose)));
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/dev", ignored)) {
    if (!entry.path().filename().string().starts_with("hidraw")) continue;
    if (auto key = luks::Fido2Key::open(entry.path().string())) return key;
  }
  return fail(Code::not_found, "no security key is plugged in");
}

Result<std::optional<Pin>> ask_pin(bool wanted, cli::Terminal& terminal, std::string_view whose) {
  if (!wanted) return std::optional<Pin>{};
  KAITO_TRY(const auto typed, terminal.ask_secret(fmt::format("PIN of {}", whose)));
  return std::optional<Pin>(Pin::copy_of(typed.expose_secret()));
}

const Pin* pointer_to(const std::optional<Pin>& pin) { return pin ? &*pin : nullptr; }

std::vector<std::string> devices_of(const OfficersPlan::Officer& officer) {
  return officer.keys.empty() ? std::vector<std::string>(2) : officer.keys;
}

Status add_officer(luks::Fido2QuorumMaking& making, const OfficersPlan::Officer& officer, bool with_pin,
                   cli::Terminal& terminal, Random& random) {
  const auto devices = devices_of(officer);
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const std::string whose = fmt::format("{}'s key {}", officer.name, i + 1);
    KAITO_TRY(auto key, plugged_key(devices[i], terminal, whose));
    KAITO_TRY(const auto pin, ask_pin(with_pin, terminal, whose));
    terminal.note(fmt::format("Touch {} each time it blinks.", whose));
    auto added = i == 0 ? making.add(key, pointer_to(pin), officer.name, random)
                        : making.add_spare(key, pointer_to(pin), officer.name + ", spare", random);
    if (!added) return fail(std::move(added).error().within(whose));
  }
  return {};
}

Result<OpenedWay> ask_officers(const EnrolledWay& way, const std::vector<std::string>& devices,
                               cli::Terminal& terminal) {
  const auto& record = std::get<luks::Fido2QuorumRecord>(way.record);
  luks::Fido2QuorumOpening opening(record);
  for (std::size_t i = 0; opening.missing() > 0; ++i) {
    if (!devices.empty() && i == devices.size())
      return fail(Code::unauthenticated, fmt::format("{} more officers are needed", opening.missing()));
    const std::string device = devices.empty() ? std::string{} : devices[i];
    KAITO_TRY(auto key, plugged_key(device, terminal, "an officer's key"));
    KAITO_TRY(const auto pin, ask_pin(record.pin, terminal, "this key"));
    terminal.note("Touch the key when it blinks.");
    const auto member = opening.add(key, pointer_to(pin));
    if (!member && !devices.empty()) return fail(member.error());
    terminal.note(member ? fmt::format("{} was here; {} more", *member, opening.missing()) : member.error().describe());
  }
  KAITO_TRY(auto secret, opening.finish());
  return OpenedWay{.way = "fido2-quorum", .secret = std::move(secret), .keyslot = way.keyslot};
}

// The quorum's members are the officers' keys, in the order in which they were added.
OfficerKeys keys_of(const OfficersPlan& plan, const luks::Fido2QuorumMaking::Made& made) {
  OfficerKeys officers{.threshold = plan.threshold, .pin = plan.pin, .keys = {}};
  std::size_t next = 0;
  for (const auto& officer : plan.officers)
    for (std::size_t i = 0; i < devices_of(officer).size(); ++i, ++next)
      officers.keys.push_back({.officer = officer.name,
                               .credential = made.record.members.at(next).credential,
                               .public_key = made.public_keys.at(next)});
  return officers;
}

// The first keys of as many officers as it takes.
std::vector<std::string> test_devices(const OfficersPlan& plan) {
  std::vector<std::string> devices;
  for (unsigned i = 0; i < plan.threshold; ++i)
    if (!plan.officers[i].keys.empty()) devices.push_back(plan.officers[i].keys.front());
  return devices;
}

}  // namespace

Result<Facts> enrol_officers(luks::Volume& volume, const luks::VolumeKey& key, const OfficersPlan& plan,
                             cli::Terminal& terminal, Random& random) {
  KAITO_CHECK(remove_ways(volume, "fido2-quorum"));
  KAITO_TRY(auto making, luks::Fido2QuorumMaking::begin(plan.threshold, static_cast<unsigned>(plan.officers.size()),
                                                        plan.pin, random));
  for (const auto& officer : plan.officers) KAITO_CHECK(add_officer(making, officer, plan.pin, terminal, random));
  KAITO_TRY(const auto made, making.finish());
  KAITO_CHECK(luks::enrol(volume, key, made.secret, made.record, luks::KdfCost::for_random_secret()));
  const auto devices = test_devices(plan);
  if (devices.size() < plan.threshold) terminal.note("Now the test: the officers open the volume.");
  KAITO_TRY(const OpenedWay way,
            open_by_officers(volume, devices.size() < plan.threshold ? std::vector<std::string>{} : devices, terminal));
  KAITO_TRY(const auto proof, volume.unlock(way.secret, way.keyslot));
  if (proof != key) return fail(Code::integrity, "the officers' keys open another volume");
  Facts facts{{"quorum", fmt::format("{} of {}", plan.threshold, plan.officers.size())}};
  for (const auto& officer : plan.officers)
    facts.emplace_back("officer", fmt::format("{}, {} keys", officer.name, devices_of(officer).size()));
  facts.emplace_back("tested", "the officers' keys opened the volume");
  append_officer_keys(facts, keys_of(plan, made));
  return facts;
}

Result<OpenedWay> open_by_officers(const luks::Volume& volume, const std::vector<std::string>& devices,
                                   cli::Terminal& terminal) {
  KAITO_TRY(const auto ways, enrolled_ways(volume));
  const EnrolledWay* const way = find_way<luks::Fido2QuorumRecord>(ways);
  if (!way) return fail(Code::not_found, "no quorum of security keys is enrolled");
  return ask_officers(*way, devices, terminal);
}

Result<luks::Fido2Key::Signature> sign_by_officer(const OfficerKeys& officers, const LineHash& hash,
                                                  const std::string& device, cli::Terminal& terminal) {
  KAITO_TRY(auto key, plugged_key(device, terminal, "an officer's key"));
  KAITO_TRY(const auto pin, ask_pin(officers.pin, terminal, "this key"));
  terminal.note("Touch the key when it blinks: that signs.");
  std::vector<Bytes> credentials;
  for (const auto& one : officers.keys) credentials.push_back(one.credential);
  return key.sign({}, credentials, hash, pointer_to(pin));
}

}  // namespace kaito::provisioning
