// What is known about a converted model in, its model.json and its model card (README.md) out.
#pragma once

#include <string>
#include <vector>

#include "diar/hub/model_files.h"
#include "hub/provenance.h"
#include "models/model_directory.h"

namespace diar {

struct CardFile {
  std::string file;  ///< relative to the model
  std::uint64_t size_bytes = 0;
  std::string sha256;
};

struct Card {
  Provenance provenance;
  std::vector<SourceFile> made_from;
  std::vector<CardFile> files;
  std::string format;  ///< in words
  bool has_segmentation = false;
  bool has_embedding = false;
  bool has_plda = false;
};

/// Settings, source, revision, licence and the hashes of what it was made from.
std::string model_json(const ModelConfig& config, const Card& card);
/// Markdown with the header that the hub reads.
std::string model_card(const Card& card);

/// "CC-BY-4.0" -> "cc-by-4.0", the hub's identifier; "other" for what it has none for, "" for "".
std::string hub_licence(const std::string& licence);

}  // namespace diar
