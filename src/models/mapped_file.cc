#include "models/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "diar/errors.h"

namespace diar {

MappedFile map_file(const std::filesystem::path& path) {
  const auto fail = [&](const std::string& reason) {
    throw ModelError("cannot read the model file '" + path.string() + "': " + reason);
  };
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(std::strerror(errno));
  struct stat status = {};
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(descriptor);
    fail("not a regular file");
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) {
    close(descriptor);
    return {};
  }
  void* address = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  const int error = errno;
  close(descriptor);
  if (address == MAP_FAILED) fail(std::strerror(error));
  std::shared_ptr<const void> owner(address,
                                    [size](const void* mapped) { munmap(const_cast<void*>(mapped), size); });
  return {{static_cast<const std::byte*>(address), size}, std::move(owner)};
}

}  // namespace diar
