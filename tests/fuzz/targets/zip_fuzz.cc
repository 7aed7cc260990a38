// A whole zip file: its directory, every member, and both readers that build on it.
#include "models/zip_archive.h"

#include <algorithm>

#include "fuzz_target.h"
#include "models/torch_checkpoint.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  constexpr std::uint64_t kMostBytes = 1 << 20;
  const fuzz::Input input = fuzz::input_of(data, size);
  const std::string source = "fuzz.zip";
  fuzz::expect_only<ModelError>([&] {
    const ZipArchive archive(input.bytes, source);
    for (std::size_t index = 0; index < archive.num_members(); ++index) {
      const ZipMember member = archive.member(index);
      if (!member.readable || member.size_bytes > kMostBytes) continue;
      fuzz::expect_only<ModelError>([&] {
        const auto content = archive.read(index, static_cast<std::size_t>(member.size_bytes), "a member");
        fuzz::require(content.size() == member.size_bytes, "that a member has its size");
        if (const auto view = archive.view(index, content.size()))
          fuzz::require(std::equal(view->begin(), view->end(), content.begin(), content.end()),
                        "that a view shows what reading gives");
      });
    }
  });
  fuzz::expect_only<ModelError>([&] {
    if (looks_like_torch_checkpoint(input.bytes, source))
      fuzz::use_weights(parse_torch_checkpoint(input.bytes, input.owner, source));
  });
  return 0;
}
