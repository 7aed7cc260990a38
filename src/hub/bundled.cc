#include "hub/bundled.h"

#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <system_error>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

namespace diar {
namespace {

namespace fs = std::filesystem;

fs::path program_path() {
#ifdef __APPLE__
  std::array<char, PATH_MAX> buffer = {};
  std::uint32_t size = buffer.size();
  return _NSGetExecutablePath(buffer.data(), &size) == 0 ? fs::path(buffer.data()) : fs::path();
#else
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored);
#endif
}

// The file this code was loaded from: the shared library, or the program that it was linked into.
fs::path library_path() {
  Dl_info info = {};
  if (dladdr(reinterpret_cast<const void*>(&find_bundled), &info) == 0 || info.dli_fname == nullptr)
    return {};
  std::error_code ignored;
  return fs::canonical(info.dli_fname, ignored);
}

}  // namespace

std::optional<fs::path> find_bundled(const std::string& name) {
  std::error_code ignored;
  for (const fs::path& binary : {program_path(), library_path()}) {
    // A build tree's diarize; bin/diarize, lib/libdiar_hub.so; lib/ARCHITECTURE/libdiar_hub.so.
    for (const char* up : {".", "..", "../.."}) {
      const fs::path candidate = binary.parent_path() / up / "share/diar/models" / name;
      if (!binary.empty() && fs::is_directory(candidate, ignored)) return candidate.lexically_normal();
    }
  }
  return std::nullopt;
}

}  // namespace diar
