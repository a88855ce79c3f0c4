#include "hsm/worker/dispatcher.hpp"

#include <fmt/format.h>

#include "hsm/protocol/messages.hpp"

namespace kaito::hsm {
namespace {

void write_audit_key(WireWriter& out, const AuditKey& key) {
  write_ok(out);
  out.u32(key.version);
  out.raw(key.public_key);
}

void write_unwrapped(WireWriter& out, const Result<UnwrappedDeks>& group) {
  if (!group) return write_error(out, group.error());
  write_ok(out);
  const ByteView deks = group->deks;
  for (std::size_t i = 0; i < group->outcomes.size(); ++i) {
    if (const Status& outcome = group->outcomes[i]; !outcome) {
      write_error(out, outcome.error());
    } else {
      write_ok(out);
      out.raw(deks.subspan(i * kDekSize, kDekSize));
    }
  }
}

template <class T, class Write>
void write_outcomes(WireWriter& out, const Outcomes<T>& outcomes, Write write) {
  for (const auto& outcome : outcomes) {
    if (!outcome) {
      write_error(out, outcome.error());
      continue;
    }
    write_ok(out);
    write(out, *outcome);
  }
}

// What there is to ask of a customer's token, and of it alone.
bool is_for(Op op, TokenRole role) {
  switch (op) {
    case Op::status:
    case Op::canary:
    case Op::load_org_kek:
    case Op::wrap_deks:
    case Op::unwrap_deks:
    case Op::rewrap_deks:
    case Op::drain: return true;
    case Op::adopt_org_kek: return role == TokenRole::customer;
    default: return role == TokenRole::appliance;
  }
}

}  // namespace

void Dispatcher::handle(const Frame& frame, WipedBytes& out) {
  FrameWriter writer(out, frame.id, static_cast<Op>(frame.op));
  if (auto done = reply(static_cast<Op>(frame.op), ByteReader(frame.payload), writer.payload()); !done)
    write_error(writer.payload(), done.error());
}

Status Dispatcher::reply(Op op, ByteReader in, WireWriter& out) {
  if (!is_for(op, service_.role()))
    return fail(Code::invalid_request, fmt::format("operation {} is not of this kind of token", static_cast<int>(op)));
  switch (op) {
    case Op::status: {
      KAITO_CHECK(in.finish());
      write_ok(out);
      write_token_status(out, service_.status());
      return {};
    }
    case Op::canary: {
      KAITO_CHECK(in.finish());
      KAITO_CHECK(service_.canary());
      write_ok(out);
      return {};
    }
    case Op::load_org_kek: {
      KAITO_TRY(const OrgKekView kek, read_org_kek(in));
      KAITO_CHECK(in.finish());
      KAITO_CHECK(service_.load_org_kek(kek));
      write_ok(out);
      return {};
    }
    case Op::drain: {
      draining_ = true;
      write_ok(out);
      return {};
    }
    case Op::create_platform_kek:
    case Op::create_audit_key:
    case Op::audit_key:
    case Op::create_backup_key:
    case Op::destroy_platform_kek:
    case Op::destroy_audit_key:
    case Op::destroy_backup_key:
    case Op::create_wrapping_key:
    case Op::destroy_wrapping_key: return keys(op, in, out);
    case Op::wrapping_key: return wrapping_key(in, out);
    case Op::import_org_kek: return import_org_kek(in, out);
    case Op::create_org_kek: return create_org_kek(in, out);
    case Op::adopt_org_kek: return adopt_org_kek(in, out);
    case Op::wrap_deks: return wrap(in, out);
    case Op::unwrap_deks: return unwrap(in, out);
    case Op::rewrap_org_keks: return rewrap_org_keks(in, out);
    case Op::rewrap_deks: return rewrap(in, out);
    case Op::sign: return sign(in, out);
    case Op::hello: break;
  }
  return fail(Code::invalid_request, fmt::format("operation {} is not known", static_cast<unsigned>(op)));
}

Status Dispatcher::keys(Op op, ByteReader in, WireWriter& out) {
  KAITO_TRY(const KeyVersion version, in.u32());
  KAITO_CHECK(in.finish());
  if (version == 0) return fail(Code::invalid_request, "key version 0");
  if (op == Op::audit_key || op == Op::create_audit_key) {
    KAITO_TRY(const AuditKey key,
              op == Op::audit_key ? service_.audit_key(version) : service_.create_audit_key(version));
    write_audit_key(out, key);
    return {};
  }
  KAITO_CHECK(create_or_destroy(op, version));
  write_ok(out);
  out.u32(version);
  return {};
}

Status Dispatcher::create_or_destroy(Op op, KeyVersion version) {
  switch (op) {
    case Op::create_platform_kek: return service_.create_platform_kek(version);
    case Op::create_backup_key: return service_.create_backup_key(version);
    case Op::destroy_platform_kek: return service_.destroy_platform_kek(version);
    case Op::destroy_backup_key: return service_.destroy_backup_key(version);
    case Op::destroy_audit_key: return service_.destroy_audit_key(version);
    case Op::create_wrapping_key: return service_.create_wrapping_key(version);
    case Op::destroy_wrapping_key: return service_.destroy_wrapping_key(version);
    default: return fail(Code::internal, "not an operation on a key version");
  }
}

Status Dispatcher::create_org_kek(ByteReader in, WireWriter& out) {
  KAITO_TRY(const KeyVersion platform_version, in.u32());
  KAITO_TRY(const ByteView aad, read_string(in, kMaxAad));
  KAITO_CHECK(in.finish());
  KAITO_TRY(const Bytes blob, service_.create_org_kek(platform_version, aad));
  write_ok(out);
  out.string(blob);
  return {};
}

Status Dispatcher::wrapping_key(ByteReader in, WireWriter& out) {
  KAITO_TRY(const KeyVersion version, in.u32());
  KAITO_CHECK(in.finish());
  KAITO_TRY(const WrappingKey key, service_.wrapping_key(version));
  write_ok(out);
  write_wrapping_key(out, key);
  return {};
}

Status Dispatcher::import_org_kek(ByteReader in, WireWriter& out) {
  KAITO_TRY(const ImportRequest request, read_import_request(in));
  KAITO_CHECK(in.finish());
  KAITO_TRY(const auto imported, service_.import_org_kek(request));
  write_ok(out);
  out.string(imported.blob);
  out.raw(imported.check_value);
  return {};
}

Status Dispatcher::adopt_org_kek(ByteReader in, WireWriter& out) {
  KAITO_TRY(const AdoptRequest request, read_adopt_request(in));
  KAITO_CHECK(in.finish());
  KAITO_TRY(const Bytes blob, service_.adopt_org_kek(request));
  write_ok(out);
  out.string(blob);
  return {};
}

Status Dispatcher::wrap(ByteReader in, WireWriter& out) {
  KAITO_TRY(const WrapRequest request, read_wrap_request(in));
  KAITO_CHECK(in.finish());
  KAITO_TRY(const auto wrapped, service_.wrap(request.kek, request.deks));
  write_ok(out);
  for (const Bytes& dek : wrapped) {
    write_ok(out);
    write_wrapped_dek(out, dek);
  }
  return {};
}

Status Dispatcher::unwrap(ByteReader in, WireWriter& out) {
  KAITO_TRY(const auto groups, read_unwrap_request(in));
  KAITO_CHECK(in.finish());
  write_ok(out);
  for (const UnwrapGroup& group : groups) write_unwrapped(out, service_.unwrap(group.kek, group.deks));
  return {};
}

Status Dispatcher::rewrap_org_keks(ByteReader in, WireWriter& out) {
  KAITO_TRY(const OrgKekRewrapRequest request, read_org_kek_rewrap_request(in));
  KAITO_CHECK(in.finish());
  KAITO_TRY(const auto blobs, service_.rewrap_org_keks(request.from, request.to, request.keks));
  write_ok(out);
  write_outcomes(out, blobs, [](WireWriter& to, const Bytes& blob) { to.string(blob); });
  return {};
}

Status Dispatcher::rewrap(ByteReader in, WireWriter& out) {
  KAITO_TRY(const RewrapRequest request, read_rewrap_request(in));
  KAITO_CHECK(in.finish());
  KAITO_TRY(const auto deks, service_.rewrap(request.from, request.to, request.deks, pause_));
  write_ok(out);
  write_outcomes(out, deks, write_wrapped_dek);
  return {};
}

Status Dispatcher::sign(ByteReader in, WireWriter& out) {
  KAITO_TRY(const SignRequest request, read_sign_request(in));
  KAITO_CHECK(in.finish());
  KAITO_TRY(const auto signature, service_.sign(request.version, request.message));
  write_ok(out);
  out.raw(signature);
  return {};
}

}  // namespace kaito::hsm
