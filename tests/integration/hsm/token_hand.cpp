// What the people who run an HSM do to their own keys, behind the appliance's back and in a process of their own:
//   token_hand MODULE TOKEN PIN-FILE VERB LABEL
// VERB: make, make-extractable, make-unusable (may wrap and decrypt), disable, enable, destroy, list (prints how many);
// make-pair, make-pair-2048, make-pair-signing, make-pair-unwrapping, make-pair-extractable (RSA), modulus (prints it).
// The module's configuration comes from the environment, as everywhere.
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

void need(CK_RV value, const char* what) {
  if (value != CKR_OK) throw std::runtime_error(std::string(what) + " gave " + std::to_string(value));
}

class Hand {
 public:
  Hand(const char* module, std::string_view token, std::string pin) {
    void* library = ::dlopen(module, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(::dlerror());
    const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
    need(get(&list_), "C_GetFunctionList");
    need(list_->C_Initialize(nullptr), "C_Initialize");
    need(list_->C_OpenSession(slot_of(token), CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session_),
         "C_OpenSession");
    need(list_->C_Login(session_, CKU_USER, reinterpret_cast<CK_UTF8CHAR*>(pin.data()), pin.size()), "C_Login");
  }
  ~Hand() { list_->C_Finalize(nullptr); }
  Hand(const Hand&) = delete;
  Hand& operator=(const Hand&) = delete;

  void make(std::string label, bool extractable, bool wraps) {
    CK_MECHANISM mechanism{.mechanism = CKM_AES_KEY_GEN, .pParameter = nullptr, .ulParameterLen = 0};
    CK_ULONG size = 32;
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    CK_BBOOL leaves = extractable ? CK_TRUE : CK_FALSE;
    CK_BBOOL wrapping = wraps ? CK_TRUE : CK_FALSE;
    CK_ATTRIBUTE attributes[] = {
        {CKA_LABEL, label.data(), label.size()},
        {CKA_VALUE_LEN, &size, sizeof size},
        {CKA_TOKEN, &yes, sizeof yes},
        {CKA_PRIVATE, &yes, sizeof yes},
        {CKA_SENSITIVE, &yes, sizeof yes},
        {CKA_EXTRACTABLE, &leaves, sizeof leaves},
        {CKA_ENCRYPT, &yes, sizeof yes},
        {CKA_DECRYPT, &yes, sizeof yes},
        {CKA_WRAP, &wrapping, sizeof wrapping},
        {CKA_UNWRAP, &wrapping, sizeof wrapping},
        {CKA_SIGN, &no, sizeof no},
        {CKA_VERIFY, &no, sizeof no},
    };
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    need(list_->C_GenerateKey(session_, &mechanism, attributes, std::size(attributes), &key), "C_GenerateKey");
  }

  void make_pair(std::string label, std::string_view fault) {
    CK_MECHANISM mechanism{.mechanism = CKM_RSA_PKCS_KEY_PAIR_GEN, .pParameter = nullptr, .ulParameterLen = 0};
    CK_ULONG bits = fault == "-2048" ? 2048 : 3072;
    CK_BYTE exponent[] = {1, 0, 1};
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL leaves = fault == "-extractable" ? CK_TRUE : CK_FALSE;
    CK_BBOOL signs = fault == "-signing" ? CK_TRUE : CK_FALSE;
    CK_BBOOL unwraps = fault == "-unwrapping" ? CK_TRUE : CK_FALSE;
    CK_ATTRIBUTE public_half[] = {
        {CKA_LABEL, label.data(), label.size()}, {CKA_TOKEN, &yes, sizeof yes},
        {CKA_MODULUS_BITS, &bits, sizeof bits},  {CKA_PUBLIC_EXPONENT, exponent, sizeof exponent},
        {CKA_ENCRYPT, &yes, sizeof yes},
    };
    CK_ATTRIBUTE private_half[] = {
        {CKA_LABEL, label.data(), label.size()},   {CKA_TOKEN, &yes, sizeof yes},
        {CKA_PRIVATE, &yes, sizeof yes},           {CKA_SENSITIVE, &yes, sizeof yes},
        {CKA_EXTRACTABLE, &leaves, sizeof leaves}, {CKA_DECRYPT, &yes, sizeof yes},
        {CKA_SIGN, &signs, sizeof signs},          {CKA_UNWRAP, &unwraps, sizeof unwraps},
    };
    CK_OBJECT_HANDLE made[2] = {};
    need(list_->C_GenerateKeyPair(session_, &mechanism, public_half, std::size(public_half), private_half,
                                  std::size(private_half), &made[0], &made[1]),
         "C_GenerateKeyPair");
  }

  void print_modulus(const std::string& label) {
    for (const auto key : find(label)) {
      std::vector<unsigned char> modulus(1024);
      CK_ATTRIBUTE attribute{CKA_MODULUS, modulus.data(), modulus.size()};
      need(list_->C_GetAttributeValue(session_, key, &attribute, 1), "C_GetAttributeValue");
      modulus.resize(attribute.ulValueLen);
      for (const unsigned char byte : modulus) std::printf("%02x", byte);
    }
  }

  // Both directions: what may only encrypt is of no use to anybody. The private half of a pair has one.
  void allow(const std::string& label, bool allowed) {
    CK_BBOOL flag = allowed ? CK_TRUE : CK_FALSE;
    CK_ATTRIBUTE attributes[] = {{CKA_DECRYPT, &flag, sizeof flag}, {CKA_ENCRYPT, &flag, sizeof flag}};
    for (const auto key : find(label, CKO_SECRET_KEY))
      need(list_->C_SetAttributeValue(session_, key, attributes, std::size(attributes)), "C_SetAttributeValue");
    for (const auto key : find(label, CKO_PRIVATE_KEY))
      need(list_->C_SetAttributeValue(session_, key, attributes, 1), "C_SetAttributeValue");
  }

  void destroy(const std::string& label) {
    for (const auto key : find(label)) need(list_->C_DestroyObject(session_, key), "C_DestroyObject");
  }

  // Secret keys and private halves.
  std::vector<CK_OBJECT_HANDLE> find(const std::string& label) {
    auto keys = find(label, CKO_SECRET_KEY);
    const auto private_halves = find(label, CKO_PRIVATE_KEY);
    keys.insert(keys.end(), private_halves.begin(), private_halves.end());
    return keys;
  }

 private:
  std::vector<CK_OBJECT_HANDLE> find(std::string label, CK_OBJECT_CLASS kind) {
    CK_ATTRIBUTE attributes[] = {{CKA_CLASS, &kind, sizeof kind}, {CKA_LABEL, label.data(), label.size()}};
    std::vector<CK_OBJECT_HANDLE> keys(64);
    CK_ULONG count = 0;
    need(list_->C_FindObjectsInit(session_, attributes, std::size(attributes)), "C_FindObjectsInit");
    need(list_->C_FindObjects(session_, keys.data(), keys.size(), &count), "C_FindObjects");
    need(list_->C_FindObjectsFinal(session_), "C_FindObjectsFinal");
    keys.resize(count);
    return keys;
  }
  CK_SLOT_ID slot_of(std::string_view token) {
    std::vector<CK_SLOT_ID> slots(64);
    CK_ULONG count = slots.size();
    need(list_->C_GetSlotList(CK_TRUE, slots.data(), &count), "C_GetSlotList");
    for (CK_ULONG i = 0; i < count; ++i) {
      CK_TOKEN_INFO info{};
      if (list_->C_GetTokenInfo(slots[i], &info) != CKR_OK) continue;
      std::string_view label(reinterpret_cast<const char*>(info.label), sizeof info.label);
      label = label.substr(0, label.find_last_not_of(' ') + 1);
      if (label == token) return slots[i];
    }
    throw std::runtime_error("no such token");
  }

  CK_FUNCTION_LIST* list_ = nullptr;
  CK_SESSION_HANDLE session_ = CK_INVALID_HANDLE;
};

int run(const std::vector<std::string>& arguments) {
  std::string pin;
  std::ifstream(arguments.at(2)) >> pin;
  Hand hand(arguments.at(0).c_str(), arguments.at(1), pin);
  const std::string& verb = arguments.at(3);
  const std::string& label = arguments.at(4);
  constexpr std::string_view kMakePair = "make-pair";
  if (verb.starts_with(kMakePair)) {
    hand.make_pair(label, std::string_view(verb).substr(kMakePair.size()));
  } else if (verb == "modulus") {
    hand.print_modulus(label);
  } else if (verb.starts_with("make")) {
    hand.make(label, verb == "make-extractable", verb == "make-unusable");
  } else if (verb == "disable" || verb == "enable") {
    hand.allow(label, verb == "enable");
  } else if (verb == "destroy") {
    hand.destroy(label);
  } else if (verb == "list") {
    std::printf("%zu\n", hand.find(label).size());
  } else {
    throw std::runtime_error("unknown verb " + verb);
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run({arguments + 1, arguments + count});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "token_hand: %s\n", error.what());
    return 1;
  }
}
