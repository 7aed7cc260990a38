#include "models/npz.h"

#include <utility>
#include <vector>

#include "diar/errors.h"
#include "models/metadata.h"
#include "models/npy.h"
#include "models/zip_archive.h"

namespace diar {
namespace {

// Weights hardly shrink; float32 that came from 16 bits halves at best. A file that claims to hold much more
// than its own size is a bomb; small files may be all zeros.
constexpr std::uint64_t kMaxRatio = 8;
constexpr std::uint64_t kAlwaysAllowedBytes = std::uint64_t{64} << 20;
constexpr int kMaxJsonDepth = 4;

std::string member_name(const ZipMember& member, const std::string& source) {
  return "tensor '" + member.name + "' in " + source;
}

// The members that are arrays, their claims checked before memory is taken for any.
std::vector<std::pair<std::size_t, ZipMember>> array_members(const ZipArchive& archive,
                                                             std::size_t file_bytes,
                                                             const std::string& source) {
  std::vector<std::pair<std::size_t, ZipMember>> arrays;
  std::uint64_t left = kAlwaysAllowedBytes + kMaxRatio * file_bytes;
  for (std::size_t index = 0; index < archive.num_members(); ++index) {
    ZipMember member = archive.member(index);
    if (!member.name.ends_with(".npy")) continue;
    if (!member.readable) throw ModelError(member_name(member, source) + ": unknown compression");
    if (member.size_bytes > left)
      throw ModelError(member_name(member, source) + ": claims an impossible size");
    left -= member.size_bytes;
    arrays.emplace_back(index, std::move(member));
  }
  return arrays;
}

// Our converter leaves a JSON object in the zip's comment; what others left there means nothing to us.
std::map<std::string, std::string> comment_entries(const ZipArchive& archive) {
  const auto bounded = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    return depth <= kMaxJsonDepth;
  };
  return text_entries(nlohmann::json::parse(archive.comment(), bounded, /*allow_exceptions=*/false));
}

}  // namespace

Weights parse_npz(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                  const std::string& source) {
  const ZipArchive archive(bytes, source);
  Weights weights(source);
  weights.set_metadata(comment_entries(archive));
  for (const auto& [index, member] : array_members(archive, bytes.size(), source)) {
    const std::string name = member_name(member, source);
    const std::string key = member.name.substr(0, member.name.size() - 4);
    const auto size = static_cast<std::size_t>(member.size_bytes);
    if (const auto view = owner ? archive.view(index, size) : std::nullopt) {
      weights.insert(key, parse_npy(*view, owner, name));
      continue;
    }
    auto content = std::make_shared<std::vector<std::byte>>(archive.read(index, size, name));
    const std::span<const std::byte> view = *content;
    weights.insert(key, parse_npy(view, std::move(content), name));
  }
  if (weights.tensors().empty()) throw ModelError(source + ": holds no .npy members");
  return weights;
}

}  // namespace diar
