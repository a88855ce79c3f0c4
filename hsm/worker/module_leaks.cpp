// SoftHSM 2.6.1 leaks the name of the curve (37 bytes) at each use of an Ed25519 key. Neither the worker nor the
// library's tests use OpenSSL but through the module.
#ifdef KAITO_SANITIZED
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libcrypto.so\nleak:libsofthsm2.so\n"; }
#endif
