// The process that crash_test.cpp kills: four threads add orgs, each with its audit record, and print the number of
// every org that the store has acknowledged.
// usage: store_crash_writer DATABASE FIRST_NUMBER
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "appliance/store/sqlite/sqlite_store.hpp"
#include "tests/unit/store/samples.hpp"

namespace {

using namespace kaito;

Status add_org_with_record(store::Writer& writer, std::uint32_t n) {
  KAITO_CHECK(writer.insert(store::samples::org(n)));
  KAITO_TRY(const std::uint64_t sequence, writer.audit_size());
  auto record = store::samples::audit(sequence);
  record.org = store::samples::nth<OrgId>(n);
  return writer.append_audit(record);
}

void acknowledge(std::uint32_t n) {
  char line[16];
  const int size = std::snprintf(line, sizeof line, "%u\n", n);
  if (::write(STDOUT_FILENO, line, static_cast<std::size_t>(size)) != size) std::_Exit(3);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::atomic<std::uint32_t> next{static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10))};
  store::samples::SilentLog log;
  // Checkpoints as often as can be, so that kills hit them too.
  auto store = store::sqlite::open_store(argv[1], {.checkpoint_pages = 8}, log.logger());
  if (!store) return std::fprintf(stderr, "%s\n", store.error().describe().c_str()), 1;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (;;) {
        const std::uint32_t n = next++;
        if (!store::samples::write(**store, [n](store::Writer& writer) { return add_org_with_record(writer, n); }))
          std::_Exit(4);
        acknowledge(n);
      }
    });
}
