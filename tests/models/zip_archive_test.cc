// Members of a zip, read and viewed in place: a view never shows anything that reading would not give.
#include "models/zip_archive.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "diar/errors.h"
#include "fuzz/stored_zip.h"
#include "models/npz.h"
#include "refusal.h"

namespace diar {
namespace {

using fuzz::StoredZip;
using models_test::bytes_of;

const std::string kSource = "test.zip";
constexpr std::size_t kLocalNames = 26;    // twice two bytes in a local header: lengths of name and extra
constexpr std::size_t kEntryOffset = 42;   // four bytes in a directory entry: place of the local header
constexpr std::size_t kEndDirectory = 16;  // four bytes in the end record: place of the directory

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string two_members() {
  StoredZip zip;
  zip.add("first", "abcdefgh");
  zip.add("second", "ijkl");
  return zip.finish();
}

// `value` written over the bytes at `place`.
std::string with_number(std::string text, std::size_t place, std::uint64_t value, int width) {
  return text.replace(place, static_cast<std::size_t>(width), StoredZip::number(value, width));
}

// The view of the first member of eight bytes; also that reading gives the same, or refuses.
std::optional<std::string> first_view(const std::string& file) {
  const ZipArchive archive(bytes_of(file), kSource);
  const auto view = archive.view(0, 8);
  if (!view) return std::nullopt;
  EXPECT_GE(view->data(), bytes_of(file).data());
  EXPECT_LE(view->data() + view->size(), bytes_of(file).data() + file.size());
  EXPECT_EQ(text_of(archive.read(0, 8, "first")), text_of(*view));
  return text_of(*view);
}

TEST(ZipArchive, StoredMembersAreSeenWhereTheyLie) {
  const std::string file = two_members();
  const ZipArchive archive(bytes_of(file), kSource);
  EXPECT_EQ(text_of(*archive.view(0, 8)), "abcdefgh");
  EXPECT_EQ(text_of(*archive.view(1, 4)), "ijkl");
  EXPECT_EQ(reinterpret_cast<const char*>(archive.view(0, 8)->data()), file.data() + file.find("abcdefgh"));
  for (const std::size_t wrong : {0u, 7u, 9u}) EXPECT_FALSE(archive.view(0, wrong)) << wrong;
  EXPECT_FALSE(archive.view(2, 8));
}

TEST(ZipArchive, DamagedContentIsNotShown) {
  std::string file = two_members();
  file[file.find("cdef")] = 'x';
  const ZipArchive archive(bytes_of(file), kSource);
  EXPECT_FALSE(archive.view(0, 8));
  EXPECT_THROW(archive.read(0, 8, "first"), ModelError);
  EXPECT_TRUE(archive.view(1, 4)) << "the other member is whole";
}

TEST(ZipArchive, DeflatedMembersAreNotShown) {
  const std::string stored(
      "\x01\x04\x00\xfb\xff"
      "abcd",
      9);  // one block, not compressed
  StoredZip zip;
  zip.add({"first", stored, 4, StoredZip::checksum("abcd"), true});
  const std::string file = zip.finish();
  const ZipArchive archive(bytes_of(file), kSource);
  EXPECT_FALSE(archive.view(0, 4));
  EXPECT_FALSE(archive.view(0, stored.size()));
  EXPECT_EQ(text_of(archive.read(0, 4, "first")), "abcd");
}

// Every place that leads to the content, pointed elsewhere: what comes out is the content or nothing.
TEST(ZipArchive, PlacesThatLeadElsewhere) {
  const std::string file = two_members();
  const std::size_t entry = file.find("PK\x01\x02");
  const std::size_t end = file.find("PK\x05\x06");
  std::size_t num_opened = 0;
  for (std::uint64_t value = 0; value < file.size() + 40; ++value) {
    for (const auto& [place, width] : {std::pair(entry + kEntryOffset, 4), std::pair(kLocalNames, 2),
                                       std::pair(kLocalNames + 2, 2), std::pair(end + kEndDirectory, 4)}) {
      const std::string changed = with_number(file, place, value, width);
      try {
        const auto view = first_view(changed);
        ++num_opened;
        EXPECT_EQ(view.value_or("abcdefgh"), "abcdefgh") << place << " " << value;
      } catch (const ModelError&) {
      }
    }
  }
  EXPECT_GT(num_opened, 0u);
  for (const std::uint64_t far :
       {std::uint64_t{0x7fffffff}, std::uint64_t{0xfffffffe}, std::uint64_t{0xffffffff}}) {
    try {
      EXPECT_FALSE(first_view(with_number(file, entry + kEntryOffset, far, 4))) << far;
    } catch (const ModelError&) {
    }
  }
}

// Not one flipped bit shows another content.
TEST(ZipArchive, FlippedBits) {
  const std::string file = two_members();
  for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
    std::string flipped = file;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    try {
      const auto view = first_view(flipped);
      EXPECT_EQ(view.value_or("abcdefgh"), "abcdefgh") << bit;
    } catch (const ModelError&) {
    }
  }
}

// A loader behind a program: libzip may find the members, the plain directory does not.
TEST(ZipArchive, BytesBeforeTheArchive) {
  const std::string file = "#!/bin/sh\n" + two_members();
  try {
    const auto view = first_view(file);
    EXPECT_EQ(view.value_or("abcdefgh"), "abcdefgh");
  } catch (const ModelError&) {
  }
}

TEST(Npz, BorrowsOnlyWhatAnOwnerKeeps) {
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
  StoredZip zip;
  zip.add("x.npy", "\x93NUMPY\x01" + std::string(1, '\0') + StoredZip::number(header.size(), 2) + header +
                       StoredZip::number(0x3f800000, 4) + StoredZip::number(0x40000000, 4));
  const auto file = std::make_shared<const std::string>(zip.finish());
  const auto inside = [&](const Weights& weights) {
    const auto* place = reinterpret_cast<const char*>(weights.at("x").bytes.data());
    return place >= file->data() && place < file->data() + file->size();
  };
  const Weights borrowed = parse_npz(bytes_of(*file), file, "borrowed.npz");
  const Weights copied = parse_npz(bytes_of(*file), nullptr, "copied.npz");
  EXPECT_TRUE(inside(borrowed));
  EXPECT_FALSE(inside(copied));
  EXPECT_EQ(borrowed.floats("x", {2}), (std::vector<float>{1.0f, 2.0f}));
  EXPECT_EQ(copied.floats("x", {2}), (std::vector<float>{1.0f, 2.0f}));
}

}  // namespace
}  // namespace diar
