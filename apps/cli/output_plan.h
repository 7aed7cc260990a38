// Which files each input's result goes to, checked before hours of work.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "diar/output_file.h"
#include "input_list.h"
#include "output_guard.h"

namespace diar::cli {

/// One kind of file to write for each input.
struct OutputKind {
  std::string format;     ///< a name that the command knows how to write
  std::string extension;  ///< ".rttm"
};

/// Where the results of all inputs shall go.
struct OutputWishes {
  std::vector<OutputKind> kinds;  ///< may be empty: other parts of the command add theirs
  std::string directory;          ///< empty: beside each input, or `files`
  std::vector<std::string>
      files;  ///< one for each kind ("-": standard output); empty: names made from inputs
};

struct PlannedFile {
  std::string format;
  std::filesystem::path path;       ///< empty: standard output
  bool derived = false;             ///< the name was made from the input's
  std::string option = "--output";  ///< by which the user chooses another place
  /// What writing does when the file is there: names that were made replace only what they may.
  Existing existing = Existing::kReplace;
  bool is_finished = false;  ///< there already and to be left alone (--resume)
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

/// Results beside the inputs, in the directory (what lay below a directory that was named lies below it
/// again), or in the files that were named. Where two found inputs share a place and a stem, such as talk.wav
/// and talk.mp4, both keep their extension in the results' names. Touches no file. Throws `InvalidArgument`
/// on wishes that contradict each other.
std::vector<PlannedOutput> plan_outputs(const std::vector<InputFile>& inputs, const OutputWishes& wishes);

/// What may be done to files that are there.
struct OutputPolicy {
  bool overwrite = false;   ///< names that were made replace existing files
  bool resume = false;      ///< a file that is there and not older than its input is finished
  bool can_resume = false;  ///< the command has --resume
};

/// The last step before the work: checks every planned file against all inputs of the plan and what else
/// `guard` knows, marks finished ones, and makes the directories. Throws `InvalidArgument` when a file would
/// be lost or two results be one file, `OutputError` when a place cannot be written.
void prepare_outputs(std::vector<PlannedOutput>& plan, const OutputPolicy& policy, OutputGuard guard = {});

/// Every file is finished by now, and there is at least one. Standard output never is.
bool is_finished(const PlannedOutput& item);

}  // namespace diar::cli
