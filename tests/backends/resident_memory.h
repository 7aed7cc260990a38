// How much memory this process holds.
#pragma once

#ifdef __APPLE__
#include <mach/mach.h>
#else
#include <unistd.h>

#include <fstream>
#endif

namespace diar::backend_test {

/// Resident memory in MB; not above zero where the system does not tell.
inline double resident_megabytes() {
#ifdef __APPLE__
  mach_task_basic_info info = {};
  mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
  task_info(mach_task_self(), MACH_TASK_BASIC_INFO, reinterpret_cast<task_info_t>(&info), &count);
  return static_cast<double>(info.resident_size) * 1e-6;
#else
  std::ifstream file("/proc/self/statm");
  double total = 0.0;
  double resident = 0.0;
  if (!(file >> total >> resident)) return -1.0;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) * 1e-6;
#endif
}

}  // namespace diar::backend_test
