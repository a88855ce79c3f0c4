#include "tests/fakes/faulty_vfs/faulty_vfs.hpp"

#include <sqlite3.h>

#include <utility>

#include "appliance/base/invariant.hpp"

namespace kaito::fakes {
namespace {

// What SQLite allocates for a file: ours in front, the system's behind it.
struct File {
  sqlite3_file base;
  FaultyVfs* vfs;
  sqlite3_file* real;
};

File& ours(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return ours(file).real; }

int close_file(sqlite3_file* file) { return real(file)->pMethods->xClose(real(file)); }

int read_file(sqlite3_file* file, void* out, int size, sqlite3_int64 at) {
  return real(file)->pMethods->xRead(real(file), out, size, at);
}

int write_file(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
  if (const int failure = ours(file).vfs->next(DiskCall::write); failure != 0) {
    if (ours(file).vfs->fault() != DiskFault::io_error) real(file)->pMethods->xWrite(real(file), data, size / 2, at);
    return failure;
  }
  return real(file)->pMethods->xWrite(real(file), data, size, at);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  if (const int failure = ours(file).vfs->next(DiskCall::truncate); failure != 0) return failure;
  return real(file)->pMethods->xTruncate(real(file), size);
}

int sync_file(sqlite3_file* file, int flags) {
  ours(file).vfs->pass_sync();
  if (const int failure = ours(file).vfs->next(DiskCall::sync); failure != 0) return failure;
  return real(file)->pMethods->xSync(real(file), flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) { return real(file)->pMethods->xFileSize(real(file), size); }
int lock(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
int unlock(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
int check_reserved(sqlite3_file* file, int* out) { return real(file)->pMethods->xCheckReservedLock(real(file), out); }
int control(sqlite3_file* file, int op, void* arg) { return real(file)->pMethods->xFileControl(real(file), op, arg); }
int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int characteristics(sqlite3_file* file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }
int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
  return real(file)->pMethods->xShmMap(real(file), region, size, extend, out);
}
int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}
void shm_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int shm_unmap(sqlite3_file* file, int remove) { return real(file)->pMethods->xShmUnmap(real(file), remove); }
int fetch(sqlite3_file* file, sqlite3_int64 at, int size, void** out) {
  return real(file)->pMethods->xFetch(real(file), at, size, out);
}
int unfetch(sqlite3_file* file, sqlite3_int64 at, void* page) {
  return real(file)->pMethods->xUnfetch(real(file), at, page);
}

constexpr sqlite3_io_methods kMethods{
    3,        close_file,  read_file,      write_file, truncate_file, sync_file,       file_size,
    lock,     unlock,      check_reserved, control,    sector_size,   characteristics, shm_map,
    shm_lock, shm_barrier, shm_unmap,      fetch,      unfetch};

}  // namespace

struct FaultyVfs::Registration {
  sqlite3_vfs vfs{};
  FaultyVfs* owner = nullptr;
  sqlite3_vfs* system = nullptr;

  static Registration& of(sqlite3_vfs* vfs) { return *static_cast<Registration*>(vfs->pAppData); }

  static int open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* file, int flags, int* out_flags) {
    Registration& self = of(vfs);
    File& opened = ours(file);
    opened.base.pMethods = nullptr;  // no xClose unless the opening succeeds
    opened.vfs = self.owner;
    opened.real = reinterpret_cast<sqlite3_file*>(&opened + 1);
    const int code = self.system->xOpen(self.system, path, opened.real, flags, out_flags);
    if (opened.real->pMethods) opened.base.pMethods = &kMethods;
    return code;
  }
  static int remove(sqlite3_vfs* vfs, const char* path, int sync) {
    return of(vfs).system->xDelete(of(vfs).system, path, sync);
  }
  static int access(sqlite3_vfs* vfs, const char* path, int flags, int* out) {
    return of(vfs).system->xAccess(of(vfs).system, path, flags, out);
  }
  static int full_path(sqlite3_vfs* vfs, const char* path, int size, char* out) {
    return of(vfs).system->xFullPathname(of(vfs).system, path, size, out);
  }
};

FaultyVfs::FaultyVfs(std::string name) : name_(std::move(name)), registration_(new Registration) {
  sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  KAITO_INVARIANT(system != nullptr);
  registration_->owner = this;
  registration_->system = system;
  sqlite3_vfs& vfs = registration_->vfs;
  vfs = *system;
  vfs.pNext = nullptr;
  vfs.zName = name_.c_str();
  vfs.pAppData = registration_;
  vfs.szOsFile = static_cast<int>(sizeof(File)) + system->szOsFile;
  vfs.xOpen = Registration::open;
  vfs.xDelete = Registration::remove;
  vfs.xAccess = Registration::access;
  vfs.xFullPathname = Registration::full_path;
  KAITO_INVARIANT(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
}

FaultyVfs::~FaultyVfs() {
  sqlite3_vfs_unregister(&registration_->vfs);
  delete registration_;
}

void FaultyVfs::arm(DiskCall call, int n, DiskFault fault) {
  remaining_ = 0;
  call_ = call;
  fault_ = fault;
  fired_ = false;
  calls_after_fault_ = 0;
  remaining_ = n;
}

void FaultyVfs::hold_syncs() {
  const std::lock_guard lock(mutex_);
  holding_ = true;
}

void FaultyVfs::let_go() {
  const std::lock_guard lock(mutex_);
  holding_ = false;
  changed_.notify_all();
}

void FaultyVfs::await_held_sync() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return held_ > 0; });
}

void FaultyVfs::pass_sync() {
  std::unique_lock lock(mutex_);
  if (!holding_) return;
  ++held_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !holding_; });
  --held_;
}

int FaultyVfs::next(DiskCall call) noexcept {
  if (fired_) {
    ++calls_after_fault_;
    return 0;
  }
  if (remaining_ == 0 || call != call_ || --remaining_ != 0) return 0;
  fired_ = true;
  if (fault_ == DiskFault::no_space) return SQLITE_FULL;
  switch (call) {
    case DiskCall::write: return SQLITE_IOERR_WRITE;
    case DiskCall::sync: return SQLITE_IOERR_FSYNC;
    case DiskCall::truncate: return SQLITE_IOERR_TRUNCATE;
  }
  return SQLITE_IOERR;
}

}  // namespace kaito::fakes
