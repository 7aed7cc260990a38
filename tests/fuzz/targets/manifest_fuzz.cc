// The text of a hub manifest.
#include "hub/manifest.h"

#include "fuzz_target.h"
#include "hub/names.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  const std::string text = fuzz::text_of(data, size);
  fuzz::expect_only<ModelError>([&] {
    for (const ManifestSet& set : parse_manifest(text, "manifest.json")) {
      fuzz::require(is_repository_name(set.repository), "that a repository is ORG/NAME");
      for (const ManifestFile& file : set.files)
        fuzz::require(is_safe_relative_path(file.path), "that paths stay inside");
    }
  });
  return 0;
}
