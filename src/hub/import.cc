// Completing a set of the cache from files that lie anywhere on this machine.
#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "diar/errors.h"
#include "diar/hub/model_import.h"
#include "hub/bundled.h"
#include "hub/hub_cache.h"
#include "hub/hub_settings.h"
#include "hub/manifest.h"
#include "hub/names.h"
#include "hub/sha256.h"
#include "models/mapped_file.h"
#include "models/regular_file.h"
#include "models/zip_archive.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFilesOfDirectory = 100000;
// Members of one archive that have the size of a wanted file: each is unpacked to be looked at.
constexpr std::size_t kMaxCandidates = 64;
constexpr std::string_view kZipStart = "PK\x03\x04";

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_archive_name(const fs::path& path) {
  return path.extension() == ".whl" || path.extension() == ".zip";
}

class Importer {
 public:
  Importer(const ManifestSet& set, const HubCache& cache, const ImportOptions& options)
      : cache_(cache), options_(options), blobs_(cache.open_blobs()) {
    for (const ManifestFile& file : set.files)
      report_.files.push_back({file.path, file.size_bytes, file.sha256, {}});
  }

  ImportReport& report() { return report_; }
  bool is_complete() const {
    return std::all_of(report_.files.begin(), report_.files.end(),
                       [](const ImportedFile& file) { return !file.found_in.empty(); });
  }

  // A blob has the name of its hash, but somebody may have changed it.
  void look_into_the_cache() {
    for (const ImportedFile& file : report_.files) {
      const int descriptor = blobs_.open_existing(file.sha256);
      if (descriptor < 0) continue;
      RegularFile blob(descriptor, cache_.blob(file.sha256));
      if (blob.size_bytes() == file.size_bytes && sha256_of_file(blob) == file.sha256)
        note(file.sha256, "the cache");
    }
  }

  void look_into(const fs::path& path) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::exists(status)) throw ModelError("there is no file or directory '" + path.string() + "'");
    if (fs::is_directory(status)) {
      look_into_directory(path);
    } else {
      look_into_file(path, /*is_named=*/true);
    }
  }

 private:
  void check_interrupted() const {
    if (options_.interrupted && options_.interrupted()) throw Cancelled();
  }

  bool is_wanted(std::uint64_t size_bytes) const {
    return std::any_of(report_.files.begin(), report_.files.end(), [&](const ImportedFile& file) {
      return file.found_in.empty() && file.size_bytes == size_bytes;
    });
  }

  void note(const std::string& sha256, const std::string& found_in) {
    for (ImportedFile& file : report_.files) {
      if (file.sha256 == sha256 && file.found_in.empty()) file.found_in = found_in;
    }
  }

  void offer(std::span<const std::byte> content, const std::string& found_in) {
    Sha256 hash;
    hash.update(content);
    const std::string sha256 = hash.finish();
    const auto wanted = std::find_if(
        report_.files.begin(), report_.files.end(),
        [&](const ImportedFile& file) { return file.found_in.empty() && file.sha256 == sha256; });
    if (wanted == report_.files.end()) return;
    blobs_.write(sha256, text_of(content));
    report_.added_bytes += content.size();
    note(sha256, found_in);
  }

  void look_into_directory(const fs::path& directory) {
    std::error_code error;
    std::size_t count = 0;
    fs::recursive_directory_iterator entry(directory, fs::directory_options::skip_permission_denied, error);
    std::vector<fs::path> files;
    for (; entry != fs::recursive_directory_iterator() && !error; entry.increment(error)) {
      std::error_code ignored;
      if (++count > kMaxFilesOfDirectory)
        throw ModelError("'" + directory.string() + "' holds too many files: name the one that is meant");
      if (entry->is_regular_file(ignored)) files.push_back(entry->path());
    }
    if (error) throw ModelError("cannot read '" + directory.string() + "': " + error.message());
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) look_into_file(file, /*is_named=*/false);
  }

  // A file somewhere below a directory is opened only when its size or its name speaks for it.
  void look_into_file(const fs::path& path, bool is_named) {
    if (is_complete()) return;
    check_interrupted();
    std::error_code error;
    const auto size_bytes = fs::file_size(path, error);
    const bool wanted = !error && is_wanted(size_bytes);
    if (!is_named && !wanted && !is_archive_name(path)) return;
    // Refuses what is no regular file before it is mapped.
    RegularFile opened(path);
    std::array<char, kZipStart.size()> start = {};
    const std::size_t length = opened.read(std::as_writable_bytes(std::span(start)));
    const MappedFile file = map_file(path);
    if (is_wanted(file.bytes.size())) offer(file.bytes, path.string());
    if (std::string_view(start.data(), length) == kZipStart && (is_named || is_archive_name(path)))
      look_into_archive(file, path.string());
  }

  void look_into_archive(const MappedFile& file, const std::string& source) {
    const ZipArchive archive(file.bytes, source);
    std::size_t candidates = 0;
    for (std::size_t index = 0; index < archive.num_members() && !is_complete(); ++index) {
      const ZipMember member = archive.member(index);
      if (!member.readable || !is_wanted(member.size_bytes)) continue;
      if (++candidates > kMaxCandidates) throw ModelError(source + ": too many files of one size");
      check_interrupted();
      const std::string name = source + ": " + member.name;
      offer(archive.read(index, static_cast<std::size_t>(member.size_bytes), name), name);
    }
  }

  const HubCache& cache_;
  const ImportOptions& options_;
  SafeDirectory blobs_;
  ImportReport report_;
};

// What another set has is taken from there where that is installed.
void look_into_sets(Importer& importer, const std::vector<ManifestSet>& sets, const ManifestSet& wanted,
                    const fs::path& cache) {
  for (const ManifestSet& set : sets) {
    if (!set.package.empty()) continue;
    const auto place = find_installed(cache, set);
    if (!place) continue;
    const fs::path root = set.entry.empty() ? *place : place->parent_path();
    for (const ManifestFile& file : set.files) {
      const auto same = [&](const ManifestFile& other) { return other.sha256 == file.sha256; };
      if (!file.sha256.empty() && std::any_of(wanted.files.begin(), wanted.files.end(), same))
        importer.look_into(root / file.path);
    }
  }
}

}  // namespace

ImportReport import_model(const std::string& name, const std::vector<fs::path>& inputs,
                          const ImportOptions& options) {
  const std::vector<ManifestSet> sets = read_manifests();
  const ManifestSet* set = find_set(sets, name);
  if (set == nullptr) throw ModelError("there is no set '" + without_user_info(name) + "'");
  if (set->package.empty())
    throw ModelError("the set '" + name + "' is fetched from a hub, not put together from files");
  const fs::path root = read_hub_settings().cache;
  const HubCache cache(root, set->repository);
  Importer importer(*set, cache, options);
  importer.look_into_the_cache();
  if (const auto bundled = find_bundled(name)) importer.look_into(*bundled);
  look_into_sets(importer, sets, *set, root);
  for (const fs::path& input : inputs) importer.look_into(input);
  ImportReport report = std::move(importer.report());
  report.package = set->package;
  report.location.name = name;
  const auto missing = [](const ImportedFile& file) { return file.found_in.empty(); };
  if (std::any_of(report.files.begin(), report.files.end(), missing)) return report;
  // Links only now: a snapshot that is seen is whole.
  for (const ImportedFile& file : report.files) cache.link(set->revision, file.file, file.sha256);
  report.location.path = cache.snapshot(set->revision);
  report.location.found_by = report.added_bytes == 0 ? "it was there already" : "imported";
  return report;
}

}  // namespace diar
