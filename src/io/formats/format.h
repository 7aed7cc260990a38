// The narrow seam of the file formats: each one is a writer, a reader and a line in the table of formats.cc.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diar/io/formats.h"

namespace diar {

using Documents = std::vector<ResultDocument>;

/// What one format does. Times are sane and the number of documents fits when `write` is called; `read` gets
/// UTF-8 without a mark and names messages' places after `name`.
struct FormatFunctions {
  std::string (*write)(std::span<const ResultDocument> documents, const FormatOptions& options);
  Documents (*read)(std::string_view text, const std::string& name);
};

// One file each.
extern const FormatFunctions kRttmFormat;
extern const FormatFunctions kJsonFormat;
extern const FormatFunctions kCsvFormat;
extern const FormatFunctions kSrtFormat;
extern const FormatFunctions kVttFormat;
extern const FormatFunctions kTextGridFormat;
extern const FormatFunctions kAudacityFormat;
extern const FormatFunctions kElanFormat;
extern const FormatFunctions kCtmFormat;

/// The recording's name of a file whose format holds none: its stem, without "audacity" too.
std::string uri_from_name(const std::string& name);

/// Turns of several recordings, kept apart, in order of appearance.
class RecordingCollector {
 public:
  void add(std::string_view uri, Turn turn);
  Documents finish() &&;

 private:
  std::vector<std::string> uris_;
  std::vector<std::vector<Turn>> turns_;
  std::map<std::string, std::size_t, std::less<>> index_of_;
};

/// Throws `InvalidArgument` when two different names of one recording are the same as they are written: the
/// file would hold one speaker fewer.
void require_distinct(const Annotation& annotation, std::string (*as_written)(std::string_view name));

}  // namespace diar
