#include "output_plan.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <system_error>

#include "diar/errors.h"

namespace diar::cli {
namespace {

namespace fs = std::filesystem;

void make_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw OutputError("cannot make the directory '" + directory.string() + "': " + error.message());
}

/// Makes the names of results from the names of inputs.
class Namer {
 public:
  Namer(const std::vector<InputFile>& inputs, const OutputWishes& wishes) : directory_(wishes.directory) {
    for (const InputFile& input : inputs) {
      if (input.found) ++num_with_stem_[place_of(input) / fs::path(input.path).stem()];
    }
  }

  /// The result's path without its extension; empty for standard input without a directory.
  fs::path base_of(const InputFile& input) const {
    if (input.path == "-") return directory_.empty() ? fs::path() : directory_ / "stdin";
    const fs::path path(input.path);
    const auto shared = num_with_stem_.find(place_of(input) / path.stem());
    const bool keeps_extension = input.found && shared != num_with_stem_.end() && shared->second > 1;
    return place_of(input) / (keeps_extension ? path.filename() : path.stem());
  }

 private:
  fs::path place_of(const InputFile& input) const {
    return directory_.empty() ? fs::path(input.path).parent_path() : directory_ / input.below;
  }

  fs::path directory_;
  std::map<fs::path, std::size_t> num_with_stem_;
};

fs::path with_extension(const fs::path& base, const std::string& extension) {
  return base.empty() ? base : fs::path(base.string() + extension);
}

// Its input may be there and be worked on.
bool can_be_done(const PlannedOutput& item) {
  std::error_code ignored;
  return item.problem.empty() && (item.input == "-" || fs::exists(item.input, ignored));
}

// Results appear whole or not at all, so one that is there is complete.
bool is_finished_file(const PlannedFile& file, const std::string& input) {
  std::error_code error;
  if (file.path.empty() || input == "-") return false;
  const auto input_time = fs::last_write_time(input, error);
  if (error) return false;
  const auto time = fs::last_write_time(file.path, error);
  return !error && fs::is_regular_file(file.path, error) && time >= input_time;
}

void check_places(const std::vector<PlannedOutput>& plan) {
  std::set<fs::path> checked;
  for (const PlannedOutput& item : plan) {
    // An input that is not there is the better message, and its place is then of no interest.
    if (!can_be_done(item)) continue;
    for (const PlannedFile& file : item.files) {
      if (!file.path.empty() && checked.insert(file.path).second) require_writable(file.path, file.option);
    }
  }
}

}  // namespace

bool PlannedOutput::uses_stdout() const {
  return std::any_of(files.begin(), files.end(), [](const PlannedFile& file) { return file.path.empty(); });
}

bool is_output_directory(const std::string& output) {
  std::error_code ignored;
  return !output.empty() && output != "-" && (output.back() == '/' || fs::is_directory(output, ignored));
}

std::string uri_of(const std::string& input) {
  if (input == "-") return "stdin";
  std::string uri = fs::path(input).stem().string();
  // RTTM separates its fields by white space.
  for (char& c : uri) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) c = '_';
  }
  return uri.empty() ? "audio" : uri;
}

std::vector<PlannedOutput> plan_outputs(const std::vector<InputFile>& inputs, const OutputWishes& wishes) {
  const auto to_file = [](const std::string& file) { return file != "-"; };
  if (inputs.size() > 1 && std::any_of(wishes.files.begin(), wishes.files.end(), to_file)) {
    throw InvalidArgument("several inputs need --output to be a directory (end it with '/') or '-'");
  }
  const Namer namer(inputs, wishes);
  std::vector<PlannedOutput> plan;
  for (const InputFile& input : inputs) {
    PlannedOutput item{input.path, uri_of(input.path), input.problem, {}};
    for (std::size_t kind = 0; kind < wishes.kinds.size(); ++kind) {
      const auto& [format, extension] = wishes.kinds[kind];
      fs::path path;
      if (wishes.files.empty()) {
        path = with_extension(namer.base_of(input), extension);
      } else if (wishes.files[kind] != "-") {
        path = wishes.files[kind];
      }
      PlannedFile file;
      file.format = format;
      file.path = path;
      file.derived = wishes.files.empty();
      item.files.push_back(std::move(file));
    }
    plan.push_back(std::move(item));
  }
  const auto on_stdout = [](const PlannedFile& file) { return file.path.empty(); };
  for (const PlannedOutput& item : plan) {
    if (std::count_if(item.files.begin(), item.files.end(), on_stdout) > 1) {
      throw InvalidArgument("standard output takes one format; name files or a directory with --output");
    }
  }
  return plan;
}

void prepare_outputs(std::vector<PlannedOutput>& plan, const OutputPolicy& policy, OutputGuard guard) {
  for (const PlannedOutput& item : plan) guard.reads(item.input);
  for (PlannedOutput& item : plan) {
    for (PlannedFile& file : item.files) {
      file.is_finished = policy.resume && is_finished_file(file, item.input);
      const bool keeps = file.derived && !policy.overwrite;
      if (keeps) file.existing = Existing::kKeep;
      // A finished file is not written; one whose input is not there will not be either.
      guard.writes({file.path, keeps && !file.is_finished && can_be_done(item), file.option, item.input});
    }
  }
  guard.check(policy.can_resume ? "replace with --overwrite, or skip what is finished with --resume"
                                : "replace with --overwrite");
  for (const PlannedOutput& item : plan) {
    if (!can_be_done(item)) continue;
    for (const PlannedFile& file : item.files) {
      if (file.derived && file.path.has_parent_path()) make_directory(file.path.parent_path());
    }
  }
  check_places(plan);
}

bool is_finished(const PlannedOutput& item) {
  return !item.files.empty() &&
         std::all_of(item.files.begin(), item.files.end(), [&](const PlannedFile& file) {
           return file.is_finished || is_finished_file(file, item.input);
         });
}

}  // namespace diar::cli
