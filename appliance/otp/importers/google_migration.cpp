#include "appliance/otp/importers/google_migration.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sodium.h>

#include <algorithm>
#include <protozero/pbf_message.hpp>
#include <utility>

#include "appliance/otp/label_text.hpp"
#include "appliance/otp/percent_encoding.hpp"

namespace kaito::otp {
namespace {

constexpr std::string_view kPrefix = "otpauth-migration://";
constexpr std::int32_t kMaxParts = 1000;

// message MigrationPayload
enum class PayloadField : protozero::pbf_tag_type { otp_parameters = 1, version, batch_size, batch_index, batch_id };
// message OtpParameters
enum class EntryField : protozero::pbf_tag_type { secret = 1, name, issuer, algorithm, digits, type, counter };

constexpr auto kVarint = protozero::pbf_wire_type::varint;
constexpr auto kBytes = protozero::pbf_wire_type::length_delimited;

template <class Field>
constexpr std::uint32_t field(Field tag, protozero::pbf_wire_type type) {
  return protozero::tag_and_type(tag, type);
}

std::string_view view_of(const protozero::data_view& data) noexcept { return {data.data(), data.size()}; }

// Both alphabets of RFC 4648, padding or none, and + that a form decoder turned into a space.
Result<WipedBytes> decode_base64_leniently(WipedBytes text) {
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (auto& c : text) {
    if (c == '-' || c == ' ') c = '+';
    if (c == '_') c = '/';
  }
  if (text.empty()) return fail_invalid("content", "is no Google Authenticator export: it has no data");
  WipedBytes bytes(text.size());
  std::size_t size = 0;
  const char* end = nullptr;
  const std::string_view view = as_text(text);
  if (sodium_base642bin(bytes.data(), bytes.size(), view.data(), view.size(), nullptr, &size, &end,
                        sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0 ||
      end != view.data() + view.size())
    return fail_invalid("content", "is no Google Authenticator export: its data is not base64");
  bytes.resize(size);
  return bytes;
}

Status set_algorithm(std::int32_t number, EntryDraft& draft) {
  switch (number) {
    case 0: draft.note("the export says no algorithm; taken as SHA1"); return {};
    case 1: return {};
    case 2: return draft.set_algorithm("SHA256");
    case 3: return draft.set_algorithm("SHA512");
    case 4: return draft.set_algorithm("MD5");  // refused by its name
    default: return fail_invalid("algorithm", fmt::format("number {} is not known", number));
  }
}

Status set_digits(std::int32_t number, EntryDraft& draft) {
  switch (number) {
    case 0:
    case 1: draft.set_digits(6); return {};
    case 2: draft.set_digits(8); return {};
    // The enumeration ends at 2, so that these can only be counts: some other programs write them.
    case 6:
    case 7:
    case 8: draft.set_digits(static_cast<std::uint64_t>(number)); return {};
    default: return fail_invalid("digits", fmt::format("number {} is not known", number));
  }
}

Status set_type(std::int32_t number, std::int64_t counter, EntryDraft& draft) {
  if (number < 0 || number > 2) return fail_invalid("type", fmt::format("number {} is not known", number));
  if (number == 0) draft.note("the export says no type; taken as totp");
  if (number == 1) KAITO_CHECK(draft.set_type("hotp"));
  if (counter < 0) return fail_invalid("counter", "is negative");
  draft.set_counter(static_cast<std::uint64_t>(counter));
  return {};
}

// Throws protozero::exception when the message is malformed.
Status read_entry(protozero::pbf_message<EntryField> message, EntryDraft& draft) {
  std::string_view secret;
  std::string_view name;
  std::string_view issuer;
  std::int32_t algorithm = 0;
  std::int32_t digits = 0;
  std::int32_t type = 0;
  std::int64_t counter = 0;
  while (message.next()) {
    switch (message.tag_and_type()) {
      case field(EntryField::secret, kBytes): secret = view_of(message.get_view()); break;
      case field(EntryField::name, kBytes): name = view_of(message.get_view()); break;
      case field(EntryField::issuer, kBytes): issuer = view_of(message.get_view()); break;
      case field(EntryField::algorithm, kVarint): algorithm = message.get_enum(); break;
      case field(EntryField::digits, kVarint): digits = message.get_enum(); break;
      case field(EntryField::type, kVarint): type = message.get_enum(); break;
      case field(EntryField::counter, kVarint): counter = message.get_int64(); break;
      default: message.skip();  // the app's own id of the entry
    }
  }
  KAITO_CHECK(draft.set_names(split_label(name), issuer));
  KAITO_CHECK(set_algorithm(algorithm, draft));
  KAITO_CHECK(set_digits(digits, draft));
  KAITO_CHECK(set_type(type, counter, draft));
  return draft.set_secret_bytes(as_bytes(secret));
}

// An entry is delimited by its length, so that a malformed one does not spoil those after it.
Status read_entry_safely(const protozero::data_view& data, EntryDraft& draft) {
  try {
    return read_entry(protozero::pbf_message<EntryField>(data), draft);
  } catch (const protozero::exception&) {
    return fail_invalid("entry", "is malformed");
  }
}

}  // namespace

bool is_migration_uri(std::string_view text) noexcept {
  return equals_ignoring_case(text.substr(0, kPrefix.size()), kPrefix);
}

Status GoogleMigration::read_place(Part& part) {
  const auto malformed = [] {
    return fail_invalid("content", "is no Google Authenticator export: its data is malformed");
  };
  try {
    const std::string_view payload = as_text(part.payload);
    protozero::pbf_message<PayloadField> message(payload.data(), payload.size());
    while (message.next()) {
      switch (message.tag_and_type()) {
        case field(PayloadField::batch_size, kVarint): part.size = message.get_int32(); break;
        case field(PayloadField::batch_index, kVarint): part.index = message.get_int32(); break;
        case field(PayloadField::batch_id, kVarint): part.batch = message.get_int32(); break;
        case field(PayloadField::version, kVarint):
        case field(PayloadField::otp_parameters, kBytes): message.skip(); break;
        default:
          if (message.tag() <= PayloadField::batch_id) return malformed();
          message.skip();
      }
    }
  } catch (const protozero::exception&) {
    return malformed();
  }
  return {};
}

Result<GoogleMigration::Part> GoogleMigration::read_part(std::string_view uri) {
  if (uri.size() > kMaxMigrationUriBytes) return fail_invalid("content", "is longer than 64 KiB");
  const std::size_t start = uri.find("?data=");
  if (start == std::string_view::npos) return fail_invalid("content", "has no data parameter");
  std::string_view data = uri.substr(start + 6);
  data = data.substr(0, data.find('&'));
  KAITO_TRY(WipedBytes text, percent_decode("content", data, Plus::literal));
  Part part;
  KAITO_TRY(part.payload, decode_base64_leniently(std::move(text)));
  KAITO_CHECK(read_place(part));
  if (part.size < 0 || part.size > kMaxParts || part.index < 0 || part.index >= std::max(part.size, 1))
    return fail_invalid("content",
                        fmt::format("says that it is part {} of {}", std::int64_t{part.index} + 1, part.size));
  part.size = std::max(part.size, 1);
  return part;
}

Status GoogleMigration::add(const std::string& where, std::string_view uri, ImportCollector& collector) {
  auto part = read_part(uri);
  if (!part) return fail_invalid("content", where + ": " + part.error().reason);
  if (parts_.size() >= kMaxParts) return fail_invalid("content", fmt::format("has more than {} parts", kMaxParts));
  part->where = where;
  part->group = parts_.size();
  for (const Part& other : parts_) {
    if (other.payload == part->payload) {
      collector.note(fmt::format("{} repeats {}; read once", where, other.where));
      return {};
    }
    // Parts of their own, among them all exports of one part, are not told apart by the batch id that some leave out.
    if (part->size == 1 || other.batch != part->batch || other.size != part->size) continue;
    if (other.index == part->index)
      return fail_invalid(
          "content", fmt::format("{} and {} differ, but both say that they are part {} of {} of export {}", other.where,
                                 where, part->index + 1, part->size, part->batch));
    part->group = other.group;
  }
  parts_.push_back(*std::move(part));
  return {};
}

// `parts_` is in order.
std::vector<std::string> GoogleMigration::missing_parts() const {
  std::vector<std::string> missing;
  for (auto part = parts_.begin(); part != parts_.end();) {
    const Part& first = *part;
    for (std::int32_t index = 0; index < first.size; ++index) {
      if (part != parts_.end() && part->group == first.group && part->index == index)
        ++part;
      else
        missing.push_back(fmt::format("part {} of {} of export {}", index + 1, first.size, first.batch));
    }
  }
  return missing;
}

Status GoogleMigration::finish(ImportCollector& collector) {
  std::ranges::sort(parts_, {}, [](const Part& part) { return std::pair{part.group, part.index}; });
  auto missing = missing_parts();
  constexpr std::size_t kNamed = 20;
  if (missing.size() > kNamed) {
    const std::size_t more = missing.size() - kNamed;
    missing.resize(kNamed);
    missing.push_back(fmt::format("{} more", more));
  }
  if (!missing.empty()) return fail_invalid("content", fmt::format("lacks {}", fmt::join(missing, ", ")));
  for (const Part& part : parts_) {
    const std::string_view payload = as_text(part.payload);
    protozero::pbf_message<PayloadField> message(payload.data(), payload.size());
    while (message.next(PayloadField::otp_parameters, kBytes)) {
      EntryDraft draft;
      const Status read = read_entry_safely(message.get_view(), draft);
      KAITO_CHECK(collector.add(std::move(draft), read));
    }
  }
  return {};
}

}  // namespace kaito::otp
