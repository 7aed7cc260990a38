// What a run reads and what it will write in; a refusal out before any work, when a file would be lost.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diar::cli {

/// The one guard of every command that writes files: no output replaces an input of the same run, no two
/// outputs are one file, and a name that the user has not given replaces nothing. Files are the same by
/// device and number and by their paths with all links followed, whether they are there yet or not.
class OutputGuard {
 public:
  /// A file to write, or a directory to replace. "-" and "" are none, as is a device or a pipe.
  struct Output {
    std::filesystem::path path;
    bool derived = false;  ///< the program made the name: an existing file of that name stays
    std::string option;    ///< by which the user chooses another place: "--output"
    std::string source;    ///< the input that it is the result of; empty: the whole run
  };

  /// A file that the run reads; "-" is the one that standard input was redirected from. "", directories and
  /// what is not there are none.
  void reads(const std::filesystem::path& path);
  /// The file itself, or the files with the extension ("": any) in the directory and below it, four levels
  /// deep.
  void reads_below(const std::filesystem::path& path, std::string_view extension = {});
  /// Of a model that was asked for or would be found: every file, and the user's list of models. Nothing when
  /// there is none.
  void reads_model(const std::string& wanted);
  void writes(Output output);
  /// Throws `InvalidArgument` that names the way out: another place, or for names that the program made
  /// `way_out`.
  void check(const std::string& way_out = "replace with --overwrite") const;
  /// Throws `OutputError` where an output could not be written at the end of the work. For commands that make
  /// no directories.
  void check_places() const;

 private:
  /// Where a path leads. The path's case is folded where the file system ignores it.
  struct Identity {
    std::filesystem::path place;
    std::pair<unsigned long long, unsigned long long> file = {};  // device and number; zeros: not there
    bool is_special = false;                                      // a device, pipe or socket
    bool is_directory = false;
  };
  struct Inputs;
  static Identity identity_of(const std::filesystem::path& path);

  std::vector<std::pair<Identity, std::string>> inputs_;  // with what messages call them
  std::vector<std::pair<Identity, Output>> outputs_;
};

/// Throws `OutputError` that names `option` when nothing could be written at the path: it is a directory, its
/// directory is missing or read-only, the file is read-only, or its name is too long for the file system.
void require_writable(const std::filesystem::path& path, const std::string& option);

}  // namespace diar::cli
