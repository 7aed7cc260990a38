// How much memory this process holds.
#pragma once

#include <cstddef>  // __GLIBC__

#ifdef __APPLE__
#include <malloc/malloc.h>
#elif defined(__GLIBC__)
#include <malloc.h>
#endif
#ifdef __linux__
#include <unistd.h>

#include <fstream>
#endif

#include "core/sanitizers.h"

// Sanitizers put an allocator of their own in the C library's place.
#if defined(__linux__) && !DIAR_SANITIZES_ADDRESS && !DIAR_SANITIZES_THREADS
#define DIAR_MEASURES_MEMORY 1
#endif

namespace diar::backend_test {

#ifdef DIAR_MEASURES_MEMORY
/// Resident memory in MB; not above zero where the system does not tell. An allocator keeps what was freed as
/// long as something lies above it: the same work may leave 70 MB more or less, so this does not find leaks.
inline double resident_megabytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0.0;
  double resident = 0.0;
  if (!(file >> total >> resident)) return -1.0;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) * 1e-6;
}
#endif

/// What was allocated and not freed, in MB, by all threads; zero where the C
/// library (or a sanitizer's) does not tell.
inline double allocated_megabytes() {
#ifdef __APPLE__
  malloc_statistics_t statistics = {};
  malloc_zone_statistics(nullptr, &statistics);
  return static_cast<double>(statistics.size_in_use) * 1e-6;
#elif defined(__GLIBC__)
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd) * 1e-6;
#else
  return 0.0;
#endif
}

}  // namespace diar::backend_test
