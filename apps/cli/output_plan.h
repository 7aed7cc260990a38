// Which files each input's result goes to, checked before hours of work.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "input_list.h"

namespace diar::cli {

/// One kind of file to write for each input.
struct OutputKind {
  std::string format;     ///< a name that the command knows how to write
  std::string extension;  ///< ".rttm"
};

/// Where the results of all inputs shall go.
struct OutputWishes {
  std::vector<OutputKind> kinds;  ///< at least one
  std::string directory;          ///< empty: beside each input, or `files`
  std::vector<std::string>
      files;  ///< one for each kind ("-": standard output); empty: names made from inputs
};

struct PlannedFile {
  std::string format;
  std::filesystem::path path;  ///< empty: standard output
};

/// One input and where its results go.
struct PlannedOutput {
  std::string input;    ///< "-" is standard input
  std::string uri;      ///< the recording's name in results: the stem, white space as "_"
  std::string problem;  ///< why it cannot be worked on; empty: nothing known
  std::vector<PlannedFile> files;

  /// Some result goes to standard output.
  bool uses_stdout() const;
};

/// "-" is none; an existing one, or a name that ends in "/".
bool is_output_directory(const std::string& output);
/// The recording's name in results for a file.
std::string uri_of(const std::string& input);

/// Results beside the inputs, in the directory (made where needed; what lay below a directory that was named
/// lies below it again), or in the files that were named. Where two found inputs share a place and a stem,
/// such as talk.wav and talk.mp4, both keep their extension in the results' names. Throws `InvalidArgument`
/// when two inputs would write the same file or a file would replace its own input, `OutputError` when a
/// place cannot be written.
std::vector<PlannedOutput> plan_outputs(const std::vector<InputFile>& inputs, const OutputWishes& wishes);

/// Every file is there and not older than its input. Standard input and output never are.
bool is_finished(const PlannedOutput& item);

}  // namespace diar::cli
