#include "models/mapped_file.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "diar/errors.h"
#include "models/regular_file.h"

namespace diar {

MappedFile map_file(const std::filesystem::path& path) {
  const RegularFile file(path);
  const auto size = static_cast<std::size_t>(file.size_bytes());
  if (size == 0) return {};
  void* address = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
  if (address == MAP_FAILED) throw ModelError("cannot read '" + path.string() + "': " + std::strerror(errno));
  std::shared_ptr<const void> owner(address,
                                    [size](const void* mapped) { munmap(const_cast<void*>(mapped), size); });
  return {{static_cast<const std::byte*>(address), size}, std::move(owner)};
}

}  // namespace diar
