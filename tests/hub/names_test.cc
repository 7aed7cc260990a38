#include "hub/names.h"

#include <gtest/gtest.h>

namespace diar {
namespace {

TEST(Names, PathsStayInside) {
  for (const char* good :
       {"config.yaml", "segmentation/pytorch_model.bin", "a/b/c", ".gitattributes", "a b", "..a", "é"}) {
    EXPECT_TRUE(is_safe_relative_path(good)) << good;
  }
  for (const char* bad : {"", "/etc/passwd", "..", "../x", "a/../../x", "a/..", "./a", "a//b", "a/",
                          "a\\..\\b", "C:x", "a\nb", "a\x7f"}) {
    EXPECT_FALSE(is_safe_relative_path(bad)) << bad;
  }
  EXPECT_FALSE(is_safe_relative_path(std::string("a\0b", 3)));
  EXPECT_FALSE(is_safe_relative_path(std::string(256, 'a')));
  EXPECT_TRUE(is_safe_relative_path(std::string(255, 'a')));
}

TEST(Names, RepositoriesAndRevisions) {
  EXPECT_TRUE(is_repository_name("pyannote/speaker-diarization-community-1"));
  for (const char* bad :
       {"", "a", "/a", "a/", "a/b/c", "../a", "a/..", "a/.b", "-a/b", "a/b c", "a--b/c", "a/b?c"}) {
    EXPECT_FALSE(is_repository_name(bad)) << bad;
  }
  EXPECT_TRUE(is_revision("main"));
  EXPECT_FALSE(is_revision("refs/pr/1"));
  EXPECT_FALSE(is_revision(".."));
  EXPECT_TRUE(is_commit("3533c8cf8e369892e6b79ff1bf80f7b0286a54ee"));
  EXPECT_FALSE(is_commit("3533C8CF8E369892E6B79FF1BF80F7B0286A54EE"));
  EXPECT_FALSE(is_commit("3533c8cf"));
}

TEST(Names, EtagsBecomeFileNames) {
  EXPECT_EQ(file_name_of_etag("\"abc-12\""), "abc-12");
  EXPECT_EQ(file_name_of_etag("W/\"abc\""), "abc");
  EXPECT_EQ(file_name_of_etag("abc"), "abc");
  for (const char* bad : {"", "\"\"", "\"../../x\"", "\"a/b\"", "\".x\"", "\"a b\"", "\"a"}) {
    EXPECT_EQ(file_name_of_etag(bad), "") << bad;
  }
}

TEST(Names, UrlsAreEncoded) {
  EXPECT_EQ(url_path("a b/c?d#e%f\n.bin"), "a%20b/c%3Fd%23e%25f%0A.bin");
}

}  // namespace
}  // namespace diar
