#include "core/text_file.h"

#include <fstream>
#include <vector>

#include "diar/errors.h"

namespace diar {
namespace {

constexpr std::size_t kLargestFile = std::size_t{256} << 20;

}  // namespace

std::string read_text_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  // Opening a directory succeeds; the first look into it does not.
  if (!file || (file.peek(), file.bad())) {
    throw InputError("cannot open '" + path.string() + "': no such file, or not readable");
  }
  std::string text;
  // Not on the stack, of which some threads have little more.
  std::vector<char> block(65536);
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())), file.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > kLargestFile) throw InputError("'" + path.string() + "' is larger than 256 MiB");
  }
  if (file.bad()) throw InputError("cannot read '" + path.string() + "'");
  return text;
}

}  // namespace diar
