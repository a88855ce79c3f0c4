#include "tests/integration/wycheproof/wycheproof.hpp"

namespace kaito::wycheproof {

Answer Subject::gcm_seal(ByteView, ByteView, ByteView, ByteView, std::size_t) {
  return Answer::unsupported("no AES-GCM encryption");
}
Answer Subject::gcm_open(ByteView, ByteView, ByteView, ByteView, std::size_t) {
  return Answer::unsupported("no AES-GCM decryption");
}
Answer Subject::kw_wrap(ByteView, ByteView) { return Answer::unsupported("no AES-KW"); }
Answer Subject::kw_unwrap(ByteView, ByteView) { return Answer::unsupported("no AES-KW"); }
Answer Subject::kwp_wrap(ByteView, ByteView) { return Answer::unsupported("no AES-KWP"); }
Answer Subject::kwp_unwrap(ByteView, ByteView) { return Answer::unsupported("no AES-KWP"); }
Answer Subject::hmac(Hash, ByteView, ByteView, std::size_t) { return Answer::unsupported("no HMAC"); }
Answer Subject::ed25519_verify(ByteView, ByteView, ByteView) { return Answer::unsupported("no Ed25519"); }

}  // namespace kaito::wycheproof
