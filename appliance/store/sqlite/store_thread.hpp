#pragma once

#include <pthread.h>

#include <csignal>

namespace kaito::store::sqlite {

// Names the calling thread and leaves signals to the main thread.
inline void name_store_thread(const char* name) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), name);
}

}  // namespace kaito::store::sqlite
