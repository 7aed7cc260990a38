#include "score_inputs.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>

#include "diar/errors.h"
#include "diar/io/rttm.h"

namespace diar::cli {
namespace {

namespace fs = std::filesystem;

// The file itself, or what of the directory has the extension, sorted.
std::vector<fs::path> files_of(const std::string& path, const std::string& extension) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return {path};
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == extension && !entry->is_directory(error)) files.push_back(entry->path());
  }
  if (error) throw InputError("cannot read the directory '" + path + "': " + error.message());
  if (files.empty()) throw InputError("'" + path + "' holds no *" + extension + " files");
  std::sort(files.begin(), files.end());
  return files;
}

// No turns at all is a fine answer, but only from a file that holds nothing else either.
void require_blank(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string word;
  if (!(file >> word) || word.starts_with(";;") || word == "SPKR-INFO") return;
  throw InputError("'" + path.string() + "' holds no SPEAKER lines");
}

}  // namespace

std::map<std::string, Annotation> read_annotations(const std::string& path) {
  std::map<std::string, Annotation> annotations;
  std::map<std::string, fs::path> origin;
  for (const fs::path& file : files_of(path, ".rttm")) {
    std::vector<Annotation> found = read_rttm_file(file.string());
    if (found.empty()) {
      require_blank(file);
      found.emplace_back(file.stem().string());
    }
    for (Annotation& annotation : found) {
      const std::string uri = annotation.uri();
      if (!annotations.emplace(uri, std::move(annotation)).second) {
        throw InputError("'" + uri + "' is in both '" + origin[uri].string() + "' and '" + file.string() +
                         "'");
      }
      origin[uri] = file;
    }
  }
  return annotations;
}

Uem read_uems(const std::string& path) {
  Uem uem;
  for (const fs::path& file : files_of(path, ".uem")) {
    for (const auto& [uri, regions] : read_uem_file(file.string())) {
      uem[uri].insert(uem[uri].end(), regions.begin(), regions.end());
    }
  }
  return uem;
}

ScoreInputs read_score_inputs(const std::string& reference_path, const std::string& hypothesis_path,
                              const std::string& uem_path) {
  const auto references = read_annotations(reference_path);
  auto hypotheses = read_annotations(hypothesis_path);
  const Uem uem = uem_path.empty() ? Uem() : read_uems(uem_path);
  if (references.size() == 1 && hypotheses.size() == 1) {
    // A single recording on both sides is the same one, whatever it is called.
    auto only = hypotheses.extract(hypotheses.begin());
    only.key() = references.begin()->first;
    hypotheses.insert(std::move(only));
  }
  std::set<std::string> names;
  if (uem_path.empty()) {
    for (const auto& [uri, reference] : references) names.insert(uri);
  } else {
    for (const auto& [uri, regions] : uem) names.insert(uri);
  }
  ScoreInputs inputs;
  for (const auto& [uri, reference] : references) {
    if (!names.contains(uri)) inputs.warnings.push_back("'" + uri + "' is not in the UEM and is not scored");
  }
  for (const auto& [uri, hypothesis] : hypotheses) {
    if (!names.contains(uri) && !references.contains(uri))
      inputs.warnings.push_back("'" + uri + "' has no reference and is not scored");
  }
  for (const std::string& uri : names) {
    const auto reference = references.find(uri);
    const auto hypothesis = hypotheses.find(uri);
    if (reference == references.end() && hypothesis == hypotheses.end()) {
      inputs.warnings.push_back("'" + uri + "' is only in the UEM and is not scored");
      continue;
    }
    if (hypothesis == hypotheses.end())
      inputs.warnings.push_back("'" + uri + "' has no hypothesis: all its speech counts as missed");
    ScoredRecording recording{reference == references.end() ? Annotation(uri) : reference->second,
                              hypothesis == hypotheses.end() ? Annotation(uri) : hypothesis->second,
                              std::nullopt};
    if (const auto regions = uem.find(uri); regions != uem.end()) recording.uem = regions->second;
    inputs.recordings.push_back(std::move(recording));
  }
  if (inputs.recordings.empty()) {
    throw InputError(uem_path.empty()
                         ? "'" + reference_path + "' and '" + hypothesis_path + "' have nothing to score"
                         : "'" + uem_path + "' lists none of the recordings in '" + reference_path + "'");
  }
  return inputs;
}

}  // namespace diar::cli
