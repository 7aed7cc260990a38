// Which file each input's result goes to, checked before hours of work.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace diar::cli {

/// One input and where its result goes.
struct PlannedOutput {
  std::string input;           ///< as given; "-" is standard input
  std::string uri;             ///< the recording's name in results: the stem, white space as "_"
  std::filesystem::path path;  ///< empty: standard output
};

/// `output`: empty (beside each input, extension replaced), "-" (standard output), a directory (existing, or
/// ending in
/// "/": it is created), or a file when there is one input. Throws `InvalidArgument` when two inputs would
/// write the same file or a file would replace its own input, `OutputError` when a place cannot be written.
std::vector<PlannedOutput> plan_outputs(const std::vector<std::string>& inputs, const std::string& output,
                                        const std::string& extension);

}  // namespace diar::cli
