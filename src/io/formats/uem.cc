#include "diar/io/uem.h"

#include <fstream>

#include "diar/errors.h"
#include "io/formats/line_reader.h"
#include "io/formats/text.h"

namespace diar {
namespace {

constexpr std::size_t kMaxRegions = 1000000;

}  // namespace

Uem read_uem(std::istream& in, const std::string& name) {
  Uem uem;
  std::size_t num_regions = 0;
  LineReader lines(in, name);
  while (lines.next()) {
    const auto fields = text::fields_of(lines.line());
    if (fields.empty() || fields[0].starts_with(";;")) continue;
    if (fields.size() != 4) {
      throw InputError(lines.where() + ": a UEM line has 4 fields (file, channel, start, end), this one " +
                       std::to_string(fields.size()) +
                       (fields.size() > 4 ? "; the names of files must not hold spaces" : ""));
    }
    const Segment region{text::parse_seconds(fields[2], lines.where()),
                         text::parse_seconds(fields[3], lines.where())};
    if (region.end_s < region.start_s) throw InputError(lines.where() + ": a region ends before it starts");
    if (++num_regions > kMaxRegions) throw InputError(name + ": more than a million regions");
    uem[std::string(fields[0])].push_back(region);
  }
  return uem;
}

Uem read_uem_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  // Opening a directory succeeds; the first look into it does not.
  if (!file || (file.peek(), file.bad()))
    throw InputError("cannot open '" + path + "': no such file, or not readable");
  return read_uem(file, path);
}

}  // namespace diar
