#include "tests/integration/hsm/sweep_scripts.hpp"

#include "tests/integration/hsm/conformance/customer_key.hpp"

namespace kaito::hsm::test {
namespace {

constexpr KeyVersion kFresh = 77;
const Bytes kPlace{'a', 'n', 'y'};

class Open : public SweepScript {
 public:
  Open() : SweepScript("open and preflight") {}
  Status run(SweptToken& token) override {
    token.close();
    return token.open();
  }
  // A start that says it went well must have found everything.
  std::string inspect(SweptToken& token) override { return token.missing(); }
  std::string judge(SweptToken&, bool) override { return {}; }
  bool repeatable() const override { return false; }
};

class Sing : public SweepScript {
 public:
  Sing() : SweepScript("canary") {}
  Status run(SweptToken& token) override { return token.service().canary(); }
  std::string judge(SweptToken&, bool) override { return {}; }
};

class CreatePlatformKek : public SweepScript {
 public:
  CreatePlatformKek() : SweepScript("create platform KEK") {}
  Status run(SweptToken& token) override { return token.service().create_platform_kek(kFresh); }
  std::string judge(SweptToken& token, bool acknowledged) override {
    const bool works = token.service().create_org_kek(kFresh, kPlace).has_value();
    if (acknowledged && !works) return "the new platform KEK is lost";
    const auto destroyed = token.service().destroy_platform_kek(kFresh);
    return destroyed ? "" : destroyed.error().describe();
  }
  bool repeatable() const override { return false; }
};

class DestroyPlatformKek : public SweepScript {
 public:
  DestroyPlatformKek() : SweepScript("destroy platform KEK") {}
  void prepare(SweptToken& token) override {
    if (!token.service().create_platform_kek(kFresh)) throw std::runtime_error("no key to destroy");
  }
  Status run(SweptToken& token) override { return token.service().destroy_platform_kek(kFresh); }
  std::string judge(SweptToken& token, bool acknowledged) override {
    const bool there = token.service().create_org_kek(kFresh, kPlace).has_value();
    if (acknowledged && there) return "the destroyed platform KEK is still there";
    const auto destroyed = token.service().destroy_platform_kek(kFresh);
    return destroyed ? "" : destroyed.error().describe();
  }
};

class CreateAuditKey : public SweepScript {
 public:
  CreateAuditKey() : SweepScript("create audit key") {}
  Status run(SweptToken& token) override {
    KAITO_TRY(made_, token.service().create_audit_key(kFresh));
    return {};
  }
  std::string judge(SweptToken& token, bool acknowledged) override {
    const auto found = token.service().audit_key(kFresh);
    if (acknowledged && (!found || found->public_key != made_.public_key)) return "the new audit key is lost";
    const auto destroyed = token.service().destroy_audit_key(kFresh);
    return destroyed ? "" : destroyed.error().describe();
  }
  bool repeatable() const override { return false; }

 private:
  AuditKey made_;
};

class DestroyAuditKey : public SweepScript {
 public:
  DestroyAuditKey() : SweepScript("destroy audit key") {}
  void prepare(SweptToken& token) override {
    if (!token.service().create_audit_key(kFresh)) throw std::runtime_error("no key to destroy");
  }
  Status run(SweptToken& token) override { return token.service().destroy_audit_key(kFresh); }
  std::string judge(SweptToken& token, bool acknowledged) override {
    if (acknowledged && token.service().audit_key(kFresh)) return "the destroyed audit key is still there";
    const auto destroyed = token.service().destroy_audit_key(kFresh);
    return destroyed ? "" : destroyed.error().describe();
  }
};

class CreateOrgKek : public SweepScript {
 public:
  CreateOrgKek() : SweepScript("create org KEK") {}
  Status run(SweptToken& token) override {
    KAITO_TRY(blob_, token.service().create_org_kek(1, kPlace));
    return {};
  }
  std::string judge(SweptToken& token, bool acknowledged) override {
    if (!acknowledged) return {};
    const auto loaded = token.service().load_org_kek({.blob = blob_, .aad = kPlace});
    return loaded ? "" : "the new org KEK: " + loaded.error().describe();
  }

 private:
  Bytes blob_;
};

// A key of a customer's token: one that is there, or one that is made.
class AdoptOrgKek : public SweepScript {
 public:
  explicit AdoptOrgKek(MakeKey make)
      : SweepScript(make == MakeKey::no ? "adopt an org KEK" : "make an org KEK in a customer's token"), make_(make) {}
  void prepare(SweptToken& token) override {
    if (make_ == MakeKey::if_missing) token.destroy_keys("fresh");
  }
  Status run(SweptToken& token) override {
    const auto* const key = make_ == MakeKey::no ? "pkcs11:object=first-org" : "pkcs11:object=fresh";
    KAITO_TRY(blob_, token.service().adopt_org_kek({.make = make_, .key = key, .aad = kPlace}));
    return {};
  }
  std::string judge(SweptToken& token, bool acknowledged) override {
    if (!acknowledged) return {};
    const auto loaded = token.service().load_org_kek({.blob = blob_, .aad = kPlace});
    return loaded ? "" : "an adopted org KEK: " + loaded.error().describe();
  }

 private:
  const MakeKey make_;
  Bytes blob_;
};

class LoadOrgKek : public SweepScript {
 public:
  LoadOrgKek() : SweepScript("load org KEK") {}
  Status run(SweptToken& token) override { return token.service().load_org_kek(token.org(1).kek()); }
  std::string judge(SweptToken&, bool) override { return {}; }
};

class Wrap : public SweepScript {
 public:
  Wrap() : SweepScript("wrap DEKs") {}
  Status run(SweptToken& token) override {
    made_ = token.org(0);
    const std::vector<DekToWrapView> deks(3, {.dek = made_.dek, .aad = made_.aad});
    KAITO_TRY(blobs_, token.service().wrap(made_.kek(), deks));
    return {};
  }
  std::string judge(SweptToken& token, bool acknowledged) override {
    for (const Bytes& blob : acknowledged ? blobs_ : std::vector<Bytes>()) {
      made_.wrapped_dek = blob;
      if (const std::string problem = token.opens(made_); !problem.empty()) return "a wrapped DEK: " + problem;
    }
    return {};
  }

 private:
  KeptOrg made_;
  std::vector<Bytes> blobs_;
};

// As kaitod does it: what comes back counts once it opens what is sealed under it.
class Unwrap : public SweepScript {
 public:
  explicit Unwrap(std::string_view name = "unwrap DEKs") : SweepScript(name) {}
  Status run(SweptToken& token) override {
    const KeptOrg& org = token.org(0);
    const std::vector<DekToUnwrapView> deks(3, {.wrapped = org.wrapped_dek, .aad = org.aad});
    KAITO_TRY(const UnwrappedDeks opened, token.service().unwrap(org.kek(), deks));
    for (const Status& outcome : opened.outcomes) KAITO_CHECK(outcome);
    right_ = true;
    for (std::size_t i = 0; i < deks.size(); ++i) {
      const auto dek = std::span(opened.deks).subspan(i * kDekSize, kDekSize);
      if (!seals_.opens(dek, view_of(org.sealed))) return fail(Code::integrity, "the DEK does not open its message");
      right_ = right_ && std::ranges::equal(dek, org.dek);
    }
    return {};
  }
  std::string judge(SweptToken&, bool acknowledged) override {
    return acknowledged && !right_ ? "a wrong DEK was given out" : "";
  }

 private:
  SealCheck seals_;
  bool right_ = false;
};

// The token closed its sessions behind our back: everything is opened and found again, with a fault on the way.
class UnwrapAfterLoss : public Unwrap {
 public:
  UnwrapAfterLoss() : Unwrap("reopen and unwrap DEKs") {}
  Status run(SweptToken& token) override {
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8;
    if (token.module().real()->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK) throw std::runtime_error("no slots");
    for (CK_ULONG i = 0; i < count; ++i) token.module().real()->C_CloseAllSessions(slots[i]);
    return Unwrap::run(token);
  }
};

// With the proofs that a seed's DEK has, or, like an index key, without.
class RewrapDeks : public SweepScript {
 public:
  explicit RewrapDeks(bool proven) : SweepScript(proven ? "rewrap DEKs" : "rewrap an index key"), proven_(proven) {}
  Status run(SweptToken& token) override {
    const KeptOrg& from = token.org(0);
    made_ = token.org(1);
    made_.dek = from.dek;
    DekToRewrapView dek{.wrapped = from.wrapped_dek, .aad_before = from.aad, .aad_after = made_.aad, .proof = {}};
    if (proven_) dek.proof = view_of(from.sealed);
    const std::vector<DekToRewrapView> deks(proven_ ? 3 : 1, dek);
    KAITO_TRY(auto outcomes, token.service().rewrap(from.kek(), made_.kek(), deks, [] { return false; }));
    blobs_.clear();
    for (auto& outcome : outcomes) {
      KAITO_TRY(auto blob, std::move(outcome));
      blobs_.push_back(std::move(blob));
    }
    return {};
  }
  std::string judge(SweptToken& token, bool acknowledged) override {
    for (const Bytes& blob : acknowledged ? blobs_ : std::vector<Bytes>()) {
      made_.wrapped_dek = blob;
      if (const std::string problem = token.opens(made_); !problem.empty()) return "a rewrapped DEK: " + problem;
    }
    return {};
  }

 private:
  const bool proven_;
  KeptOrg made_;
  std::vector<Bytes> blobs_;
};

class RewrapOrgKeks : public SweepScript {
 public:
  RewrapOrgKeks() : SweepScript("rewrap org KEKs") {}
  Status run(SweptToken& token) override {
    made_ = {token.org(0), token.org(1)};
    const std::vector<OrgKekView> keks{made_[0].kek(), made_[1].kek()};
    KAITO_TRY(auto outcomes, token.service().rewrap_org_keks(1, 2, keks));
    std::vector<Bytes> blobs;
    for (auto& outcome : outcomes) {
      KAITO_TRY(auto blob, std::move(outcome));
      blobs.push_back(std::move(blob));
    }
    for (std::size_t i = 0; i < made_.size(); ++i) made_[i].blob = blobs.at(i);
    return {};
  }
  std::string judge(SweptToken& token, bool acknowledged) override {
    if (!acknowledged) return {};
    for (const KeptOrg& org : made_)
      if (const std::string problem = token.opens(org); !problem.empty()) return "a rewrapped org KEK: " + problem;
    return {};
  }

 private:
  std::vector<KeptOrg> made_;
};

// What a customer sent. A wrong check value is no false success: it is compared with what the customer states.
class ImportOrgKek : public SweepScript {
 public:
  ImportOrgKek() : SweepScript("import an org KEK") {}
  void prepare(SweptToken& token) override {
    if (!wrapped_.empty()) return;
    if (!token.service().create_wrapping_key(1)) throw std::runtime_error("no wrapping key");
    const auto key = token.service().wrapping_key(1);
    if (!key) throw std::runtime_error(key.error().describe());
    wrapped_ = customer_.wrapped_for(*key, ImportMechanism::rsa_aes_key_wrap);
  }
  Status run(SweptToken& token) override {
    KAITO_TRY(imported_, token.service().import_org_kek({.platform_version = 1,
                                                         .aad = kPlace,
                                                         .wrapping_version = 1,
                                                         .mechanism = ImportMechanism::rsa_aes_key_wrap,
                                                         .wrapped = wrapped_}));
    return {};
  }
  std::string judge(SweptToken& token, bool acknowledged) override {
    if (!acknowledged || imported_.check_value != customer_.check_value()) return {};
    const auto loaded = token.service().load_org_kek({.blob = imported_.blob, .aad = kPlace});
    return loaded ? "" : "an imported org KEK: " + loaded.error().describe();
  }

 private:
  CustomerKey customer_;
  Bytes wrapped_;
  ImportedKey imported_;
};

class Sign : public SweepScript {
 public:
  Sign() : SweepScript("sign") {}
  Status run(SweptToken& token) override {
    KAITO_TRY(signature_, token.service().sign(1, kPlace));
    return {};
  }
  std::string judge(SweptToken& token, bool acknowledged) override {
    return acknowledged ? token.signs_right(kPlace, signature_) : "";
  }

 private:
  ByteArray<64> signature_{};
};

}  // namespace

std::unique_ptr<SweepScript> rewrap_deks_script() { return std::make_unique<RewrapDeks>(true); }

std::vector<std::unique_ptr<SweepScript>> all_sweep_scripts() {
  std::vector<std::unique_ptr<SweepScript>> scripts;
  scripts.push_back(std::make_unique<Open>());
  scripts.push_back(std::make_unique<CreatePlatformKek>());
  scripts.push_back(std::make_unique<CreateAuditKey>());
  scripts.push_back(std::make_unique<CreateOrgKek>());
  scripts.push_back(std::make_unique<LoadOrgKek>());
  scripts.push_back(std::make_unique<Wrap>());
  scripts.push_back(std::make_unique<Unwrap>());
  scripts.push_back(std::make_unique<UnwrapAfterLoss>());
  scripts.push_back(std::make_unique<RewrapDeks>(true));
  scripts.push_back(std::make_unique<RewrapDeks>(false));
  scripts.push_back(std::make_unique<RewrapOrgKeks>());
  scripts.push_back(std::make_unique<ImportOrgKek>());
  scripts.push_back(std::make_unique<Sign>());
  scripts.push_back(std::make_unique<DestroyPlatformKek>());
  scripts.push_back(std::make_unique<DestroyAuditKey>());
  scripts.push_back(std::make_unique<Sing>());
  return scripts;
}

std::vector<std::unique_ptr<SweepScript>> customers_sweep_scripts() {
  std::vector<std::unique_ptr<SweepScript>> scripts;
  scripts.push_back(std::make_unique<Open>());
  scripts.push_back(std::make_unique<AdoptOrgKek>(MakeKey::no));
  scripts.push_back(std::make_unique<AdoptOrgKek>(MakeKey::if_missing));
  scripts.push_back(std::make_unique<LoadOrgKek>());
  scripts.push_back(std::make_unique<Wrap>());
  scripts.push_back(std::make_unique<Unwrap>());
  scripts.push_back(std::make_unique<RewrapDeks>(true));
  scripts.push_back(std::make_unique<RewrapDeks>(false));
  scripts.push_back(std::make_unique<Sing>());
  return scripts;
}

}  // namespace kaito::hsm::test
