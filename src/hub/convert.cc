// A model in one format in, the same model in another out.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <system_error>
#include <utility>

#include "core/atomic_file.h"
#include "diar/errors.h"
#include "diar/hub/model_files.h"
#include "diar/version.h"
#include "hub/model_card.h"
#include "hub/names.h"
#include "hub/provenance.h"
#include "hub/sha256.h"
#include "models/layout.h"
#include "models/model_directory.h"
#include "models/network_shapes.h"
#include "models/regular_file.h"
#include "models/tensor_types.h"
#include "models/weight_file.h"
#include "models/weight_writer.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxCopiedBytes = std::uintmax_t{64} << 20;

struct NetworkFile {
  fs::path path;
  std::string file;               // relative to the model
  std::optional<Network> wanted;  // by the folder that it lies in
};

std::string read_bytes(const fs::path& path) {
  return read_regular_file(path, kMaxCopiedBytes);
}

std::string sha256_of(const std::string& bytes) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(bytes.data(), bytes.size())));
  return hash.finish();
}

const char* extension_of(WeightFormat format) {
  return format == WeightFormat::kSafetensors ? ".safetensors" : ".npz";
}

std::string words_for(const ConvertOptions& options) {
  std::string words = options.format == WeightFormat::kSafetensors ? "safetensors, PyTorch names"
                      : options.format == WeightFormat::kNpz       ? "npz, PyTorch names"
                                                                   : "npz for MLX, channels last";
  switch (options.type) {
    case WeightType::kAsStored:
      return words;
    case WeightType::kFloat32:
      return words + ", float32";
    case WeightType::kFloat16:
      return words + ", float16";
    case WeightType::kBFloat16:
      return words + ", bfloat16";
  }
  return words;
}

Weights with_type(const Weights& weights, WeightType type) {
  if (type == WeightType::kAsStored) return weights;
  const DType dtype = type == WeightType::kFloat32   ? DType::kFloat32
                      : type == WeightType::kFloat16 ? DType::kFloat16
                                                     : DType::kBFloat16;
  Weights out(weights.source());
  for (const auto& [name, tensor] : weights.tensors()) out.insert(name, converted(tensor, dtype, name));
  return out;
}

// One model on its way from a place to another.
class Conversion {
 public:
  Conversion(const ModelLocation& location, const ConvertOptions& options)
      : location_(location), options_(options) {
    std::error_code ignored;
    directory_ = fs::is_directory(location.path, ignored) ? location.path : fs::path();
    if (!directory_.empty()) config_ = read_model_config(directory_);
    card_.provenance = provenance_of(location, config_);
    card_.format = words_for(options);
  }

  /// The files of the networks; more than one only in a pipeline.
  std::vector<NetworkFile> networks() const {
    if (directory_.empty()) return {{location_.path, location_.path.filename().string(), {}}};
    std::vector<NetworkFile> files;
    for (const Network network : {Network::kSegmentation, Network::kEmbedding}) {
      const fs::path path = find_weight_file(directory_, network, /*alone=*/false);
      if (!path.empty())
        files.push_back({path, std::string(network_name(network)) + "/" + path.filename().string(), network});
    }
    if (!files.empty()) return files;
    const std::vector<std::string> loose = weight_files(directory_);
    if (loose.size() != 1) {
      throw ModelError(
          "'" + directory_.string() + "' holds " +
          (loose.empty() ? "no weight files" : "several weight files: name the one that is meant"));
    }
    return {{directory_ / loose[0], loose[0], {}}};
  }

  ConvertedFile write_file(const NetworkFile& source, const fs::path& destination) {
    const auto [network, bytes] = convert(source);
    write_file_atomically(destination, bytes);
    return {destination, bytes.size(), sha256_of(bytes)};
  }

  std::vector<ConvertedFile> write_directory(const fs::path& destination) {
    for (const NetworkFile& source : networks()) {
      const auto [network, bytes] = convert(source);
      (network == Network::kSegmentation ? card_.has_segmentation : card_.has_embedding) = true;
      add(destination, std::string(network_name(network)) + "/weights" + extension_of(options_.format),
          bytes);
    }
    copy_plda(destination);
    const auto card_files = card_.files;
    for (const fs::path& path : licence_files(directory_.empty() ? location_.path.parent_path() : directory_))
      add(destination, path.filename().string(), read_bytes(path));
    card_.files = card_files;
    add(destination, "model.json", model_json(config_, card_));
    card_.files = card_files;
    add(destination, "README.md", model_card(card_));
    return std::move(written_);
  }

 private:
  std::pair<Network, std::string> convert(const NetworkFile& source) {
    const Weights stored = read_weight_file(source.path);
    const NetworkWeights found = recognise_network(stored, source.wanted);
    check_network_values(found.weights);
    if (found.layout.network == Network::kEmbedding) dimension_ = embedding_dimension(found.weights);
    const std::string sha256 = sha256_of_file(source.path);
    card_.made_from.push_back({source.file, sha256});
    inherit(stored.metadata());
    Metadata metadata = metadata_for(found.layout.network, source.file, sha256);
    // What the recognition found out and the converted file no longer shows.
    for (const auto& [key, value] : found.weights.metadata()) metadata[key] = value;
    Weights weights = with_type(found.weights, options_.type);
    if (options_.format == WeightFormat::kMlx) weights = to_mlx_layout(weights, found.layout.network);
    return {found.layout.network, options_.format == WeightFormat::kSafetensors
                                      ? to_safetensors(weights, metadata)
                                      : to_npz(weights, metadata)};
  }

  // A file that was converted before still knows where it came from.
  void inherit(const Metadata& metadata) {
    const auto take = [&](std::string& value, const char* key) {
      if (const auto place = metadata.find(key); value.empty() && place != metadata.end())
        value = without_user_info(place->second);
    };
    take(card_.provenance.source, "source");
    take(card_.provenance.revision, "revision");
    take(card_.provenance.licence, "licence");
  }

  Metadata metadata_for(Network network, const std::string& file, const std::string& sha256) const {
    Metadata metadata = {{"format", options_.format == WeightFormat::kMlx ? "mlx" : "pt"},
                         {"network", std::string(network_name(network))},
                         {"converted_by", std::string("diarize.cpp ") + version()},
                         {"source_file", file},
                         {"source_sha256", sha256}};
    const auto note = [&](const char* key, const std::string& value) {
      if (!value.empty()) metadata[key] = value;
    };
    note("source", card_.provenance.source);
    note("revision", card_.provenance.revision);
    note("licence", card_.provenance.licence);
    return metadata;
  }

  // Small and in double: they go on as they are, after they have been read once.
  void copy_plda(const fs::path& destination) {
    if (directory_.empty()) return;
    std::error_code ignored;
    for (const std::string folder : {kPldaFolder, kVoicesFolder}) {
      const std::array files = {folder + "/" + kPldaFile, folder + "/" + kXvecTransformFile};
      const auto present = [&](const std::string& file) { return fs::exists(directory_ / file, ignored); };
      if (dimension_ && std::all_of(files.begin(), files.end(), present)) {
        const PldaFiles both = read_plda_files(directory_ / folder);
        check_plda(both.xvec_transform, both.plda, *dimension_);
      }
      for (const std::string& file : files) {
        const fs::path path = directory_ / file;
        if (!present(file)) continue;
        read_weight_file(path);
        const std::string bytes = read_bytes(path);
        card_.made_from.push_back({file, sha256_of(bytes)});
        card_.has_plda = card_.has_plda || folder == kPldaFolder;
        add(destination, file, bytes);
      }
    }
  }

  void add(const fs::path& destination, const std::string& file, const std::string& bytes) {
    const fs::path path = destination / file;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) throw OutputError("cannot make '" + path.parent_path().string() + "': " + error.message());
    write_file_atomically(path, bytes);
    written_.push_back({path, bytes.size(), sha256_of(bytes)});
    card_.files.push_back({file, bytes.size(), written_.back().sha256});
  }

  const ModelLocation& location_;
  const ConvertOptions& options_;
  fs::path directory_;  // empty for a single file
  ModelConfig config_;
  std::optional<std::size_t> dimension_;  // of the embeddings, once their network was read
  Card card_;
  std::vector<ConvertedFile> written_;
};

// A directory next to the destination that becomes it, or is removed.
class Staging {
 public:
  explicit Staging(const fs::path& destination)
      : destination_(destination),
        path_(destination.parent_path() /
              // Short, whatever the destination's name is: that may be as long as the file system allows.
              (".diar-" + std::to_string(getpid()) + "-" + std::to_string(next_.fetch_add(1)) + ".partial")) {
    std::error_code error;
    if (!destination.parent_path().empty()) fs::create_directories(destination.parent_path(), error);
    // Whatever has the name is no place to write to, least of all a link.
    fs::remove_all(path_, error);
    if (!fs::create_directory(path_, error))
      throw OutputError("cannot make '" + path_.string() + "': " + (error ? error.message() : "it exists"));
  }
  ~Staging() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  const fs::path& path() const { return path_; }
  void publish() {
    unfinished_.finish([this] { rename(); });
  }

 private:
  void rename() const {
    std::error_code error;
    const fs::path old = path_.string() + "-old";
    if (fs::exists(destination_, error)) fs::rename(destination_, old, error);
    if (!error) fs::rename(path_, destination_, error);
    if (error) {
      std::error_code ignored;
      if (!fs::exists(destination_, ignored)) fs::rename(old, destination_, ignored);
      throw OutputError("cannot write '" + destination_.string() + "': " + error.message());
    }
    fs::remove_all(old, error);
  }

  inline static std::atomic<unsigned> next_{0};

  fs::path destination_;
  fs::path path_;
  UnfinishedPath unfinished_{path_};
};

bool is_our_model(const fs::path& directory) {
  try {
    std::error_code ignored;
    if (!fs::exists(directory / "model.json", ignored)) return false;
    read_model_config(directory);
    return true;
  } catch (const ModelError&) {
    return false;
  }
}

// What no conversion writes, relative to the directory; empty when there is none.
std::string foreign_file(const fs::path& directory) {
  std::vector<fs::path> own = licence_files(directory);
  for (const char* file : {"model.json", "README.md"}) own.push_back(directory / file);
  std::error_code error;
  for (fs::recursive_directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    if (at->is_directory(error) && !at->is_symlink(error)) continue;
    const std::string folder = at->path().parent_path().lexically_relative(directory).generic_string();
    const bool is_weights = is_weight_file_name(at->path().filename().string()) &&
                            (folder == "segmentation" || folder == "embedding" || folder == kPldaFolder ||
                             folder == kVoicesFolder);
    if (!is_weights && std::find(own.begin(), own.end(), at->path()) == own.end())
      return at->path().lexically_relative(directory).string();
  }
  return {};
}

void check_destination(const fs::path& destination, bool as_file, const ConvertOptions& options) {
  std::error_code ignored;
  const std::string name = "'" + destination.string() + "'";
  if (as_file && destination.extension() != extension_of(options.format)) {
    throw InvalidArgument(name + " does not fit the format: it should end in " +
                          extension_of(options.format));
  }
  if (!fs::exists(destination, ignored)) return;
  if (fs::is_directory(destination, ignored) == as_file) {
    throw InvalidArgument(name + (as_file ? " is a directory" : " is a file") +
                          ": choose another destination");
  }
  if (!as_file && fs::is_empty(destination, ignored)) return;
  if (!options.overwrite) throw InvalidArgument(name + " exists: remove it, or allow to overwrite it");
  // Whatever else lies there is not ours to remove.
  if (!as_file && !is_our_model(destination))
    throw InvalidArgument(name + " is no model directory of this program: it is not overwritten");
  if (as_file) return;
  if (const std::string file = foreign_file(destination); !file.empty())
    throw InvalidArgument(name + " holds '" + file +
                          "', which is no part of a model: move it, or choose another destination");
}

bool names_a_file(const fs::path& destination) {
  return destination.extension() == ".safetensors" || destination.extension() == ".npz";
}

}  // namespace

std::vector<ConvertedFile> convert_model(const std::string& source, const fs::path& destination,
                                         const ConvertOptions& options) {
  const ModelLocation location = find_model(source);
  Conversion conversion(location, options);
  const std::vector<NetworkFile> networks = conversion.networks();
  const bool as_file = names_a_file(destination);
  // A trailing slash would leave no name to stage next to.
  const fs::path target = destination.has_filename() ? destination : destination.parent_path();
  check_destination(target, as_file, options);
  if (as_file) {
    if (networks.size() > 1) {
      throw InvalidArgument("'" + location.path.string() +
                            "' is a whole pipeline: give a directory to write");
    }
    return {conversion.write_file(networks[0], target)};
  }
  Staging staging(target);
  std::vector<ConvertedFile> written = conversion.write_directory(staging.path());
  staging.publish();
  for (ConvertedFile& file : written) file.path = target / fs::relative(file.path, staging.path());
  return written;
}

}  // namespace diar
