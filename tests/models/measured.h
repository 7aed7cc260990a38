// Something that should be refused in; what it said, how long it took and how much memory it needed out.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <array>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <new>

#include "diar/errors.h"

namespace diar::test {

struct Measured {
  enum class Outcome { kDied, kAccepted, kModelError, kNoMemory, kOtherError };
  Outcome outcome = Outcome::kDied;
  double seconds = 0.0;    ///< of processor time: other work on the machine does not count
  double megabytes = 0.0;  ///< peak of the resident memory above what was there before
  std::array<char, 256> message{};
};

inline double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return static_cast<double>(usage.ru_maxrss) / (1 << 20);
#else
  return static_cast<double>(usage.ru_maxrss) / (1 << 10);
#endif
}

/// Runs `action` in a child process: its peak starts at what the parent holds, and no other test's memory
/// counts.
template <class Action>
Measured measured(const char* label, Action action) {
  std::array<int, 2> ends{};
  Measured result;
  if (pipe(ends.data()) != 0) return result;
  std::fflush(nullptr);
#ifdef __GLIBC__
  malloc_trim(0);  // memory that was freed here would be taken again there without being counted
#endif
  const pid_t child = fork();
  if (child == 0) {
    const double before = peak_megabytes();
    const std::clock_t start = std::clock();
    const auto keep = [&](const std::exception& error) {
      std::strncpy(result.message.data(), error.what(), result.message.size() - 1);
    };
    try {
      action();
      result.outcome = Measured::Outcome::kAccepted;
    } catch (const ModelError& error) {
      result.outcome = Measured::Outcome::kModelError;
      keep(error);
    } catch (const std::bad_alloc& error) {
      result.outcome = Measured::Outcome::kNoMemory;
      keep(error);
    } catch (const std::exception& error) {
      result.outcome = Measured::Outcome::kOtherError;
      keep(error);
    }
    result.seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    result.megabytes = peak_megabytes() - before;
    const bool sent = write(ends[1], &result, sizeof(result)) == static_cast<ssize_t>(sizeof(result));
    _exit(sent ? 0 : 1);
  }
  close(ends[1]);
  const bool received = read(ends[0], &result, sizeof(result)) == static_cast<ssize_t>(sizeof(result));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!received || status != 0) result.outcome = Measured::Outcome::kDied;
  std::printf("[ MEASURED ] %-44s %8.1f ms %8.1f MB  %s\n", label, result.seconds * 1e3, result.megabytes,
              result.message.data());
  return result;
}

}  // namespace diar::test
