// Files that appear whole or not at all.
#include "core/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "diar/errors.h"
#include "temporary_directory.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public ::testing::Test {
 protected:
  static std::string content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::size_t num_entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }

  const TemporaryDirectory temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(AtomicFileTest, TheLongestNameOfTheFileSystemWorks) {
  const fs::path path = folder_ / std::string(255, 'x');
  write_file_atomically(path, "whole");
  EXPECT_EQ(content(path), "whole");
}

TEST_F(AtomicFileTest, ADanglingLinkLeadsToTheNewFile) {
  fs::create_directory(folder_ / "elsewhere");
  fs::create_symlink("elsewhere/target", folder_ / "link");
  fs::create_symlink("link", folder_ / "link of link");
  write_file_atomically(folder_ / "link of link", "first");
  EXPECT_EQ(content(folder_ / "elsewhere" / "target"), "first");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  write_file_atomically(folder_ / "link", "second");
  EXPECT_EQ(content(folder_ / "elsewhere" / "target"), "second");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link of link"));
}

TEST_F(AtomicFileTest, LinksInACircleAreRefused) {
  fs::create_symlink("b", folder_ / "a");
  fs::create_symlink("a", folder_ / "b");
  EXPECT_THROW(write_file_atomically(folder_ / "a", "x"), OutputError);
  EXPECT_EQ(num_entries(), 2u);
}

TEST_F(AtomicFileTest, AnOldFilesPermissionsStayButNotSetUid) {
  const fs::path path = folder_ / "old";
  std::ofstream(path) << "old";
  ASSERT_EQ(chmod(path.c_str(), 06751), 0);
  write_file_atomically(path, "new");
  struct stat found = {};
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0751u);
}

TEST_F(AtomicFileTest, WhatAppearsMeanwhileIsKept) {
  const fs::path path = folder_ / "result";
  {
    AtomicFile file(path, Existing::kKeep);
    file.write("ours");
    std::ofstream(path) << "another program's";
    EXPECT_THROW(file.commit(), OutputError);
  }
  EXPECT_EQ(content(path), "another program's");
  EXPECT_THROW(write_file_atomically(path, "ours", Existing::kKeep), OutputError);
  EXPECT_EQ(num_entries(), 1u);
  write_file_atomically(folder_ / "new", "ours", Existing::kKeep);
  EXPECT_EQ(content(folder_ / "new"), "ours");
  EXPECT_EQ(num_entries(), 2u);
}

TEST_F(AtomicFileTest, UnfinishedFilesCanBeRemovedAtOnce) {
  AtomicFile file(folder_ / "result");
  file.write("half");
  EXPECT_EQ(num_entries(), 1u);
  remove_unfinished_files();
  EXPECT_EQ(num_entries(), 0u);
  EXPECT_THROW(file.commit(), OutputError);
  EXPECT_EQ(num_entries(), 0u);
}

}  // namespace
}  // namespace diar
