#include "appliance/keys/customer_key.hpp"

#include <gtest/gtest.h>

#include "appliance/base/random.hpp"

namespace kaito::keys {
namespace {

const OrgId kOrg = *OrgId::parse("0190163d-8694-739b-aea5-966c26f8ad91");

CustomerKey sample() { return {.hsm = "acme", .key = "pkcs11:object=k", .blob = {1, 2, 3}}; }

TEST(CustomerKeyRecord, HasTheDocumentedBytes) {
  EXPECT_EQ(to_hex(sample().serialize()),
            "010004" + to_hex(as_bytes("acme")) + "000f" + to_hex(as_bytes("pkcs11:object=k")) + "010203");
}

TEST(CustomerKeyRecord, IsReadAsItWasWrittenAndRefusedWhenItIsNot) {
  const Bytes bytes = sample().serialize();
  const auto read = CustomerKey::parse(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->serialize(), bytes);
  // The blob is the rest, and the worker's to judge.
  for (std::size_t size = 0; size < bytes.size() - 3; ++size)
    EXPECT_EQ(CustomerKey::parse(ByteView(bytes).first(size)).error().code, Code::integrity) << size;
  Bytes other = bytes;
  other[0] = 2;
  EXPECT_EQ(CustomerKey::parse(other).error().code, Code::integrity);
}

TEST(CustomerKeyRecord, IsBoundToItsHsmOrgAndVersion) {
  SystemClock clock;
  SystemRandom random;
  const Bytes bound = customer_key_aad("acme", kOrg, 2);
  EXPECT_NE(customer_key_aad("acmf", kOrg, 2), bound);
  EXPECT_NE(customer_key_aad("acme", OrgId::make(clock, random), 2), bound);
  EXPECT_NE(customer_key_aad("acme", kOrg, 3), bound);
}

TEST(CustomerKeyRecord, NamesAndUrisAreOfFewCharacters) {
  EXPECT_TRUE(check_hsm_name("acme-2"));
  for (const char* name : {"", "Acme", "a b", "../acme", "a.b", "abcdefghijklmnopqrstuvwxyz0123456"})
    EXPECT_FALSE(check_hsm_name(name)) << name;
  EXPECT_TRUE(check_key_uri(default_key_uri(kOrg, 4)));
  for (const char* uri : {"", "object=a", "pkcs11:object=a b", "pkcs11:object=\x01", "pkcs11:object=\xc3\xa4"})
    EXPECT_EQ(check_key_uri(uri).error().field, "key") << uri;
  EXPECT_FALSE(check_key_uri("pkcs11:object=" + std::string(512, 'a')));
}

}  // namespace
}  // namespace kaito::keys
