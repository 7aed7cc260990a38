// A repository on a LocalHub that answers as huggingface.co does: API, HEAD and GET of files, large ones
// elsewhere.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hub/sha256.h"
#include "local_hub.h"

namespace diar::hub_test {

inline const std::string kCommit = "0123456789abcdef0123456789abcdef01234567";

inline std::string sha256_of(const std::string& text) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text.data(), text.size())));
  return hash.finish();
}

struct FakeFile {
  std::string content;
  bool large = false;  // served by the storage host, with its SHA-256 as linked etag
};

struct FakeRepository {
  std::string name = "org/name";
  std::string commit = kCommit;
  std::map<std::string, FakeFile> files;
  std::string storage;  // address of the storage host; empty: large files too come from the hub itself
  bool ranges = true;

  /// What huggingface.co would answer; nullopt for paths that are not this repository's.
  std::optional<Response> answer(const Request& request) const {
    if (request.path.rfind("/api/models/" + name + "/revision/", 0) == 0) return api();
    if (request.path.rfind("/storage/", 0) == 0) return content(request, files.at(request.path.substr(9)));
    const std::string resolve = "/" + name + "/resolve/" + commit + "/";
    if (request.path.rfind(resolve, 0) != 0) return std::nullopt;
    const std::string path = request.path.substr(resolve.size());
    const auto place = files.find(path);
    if (place == files.end()) {
      Response missing{404, {{"X-Error-Code", "EntryNotFound"}}, "no such file"};
      return missing;
    }
    const FakeFile& file = place->second;
    if (!file.large) {
      Response small = content(request, file);
      small.headers.insert(
          small.headers.end(),
          {{"X-Repo-Commit", commit}, {"ETag", "\"" + sha256_of(file.content).substr(0, 40) + "\""}});
      return small;
    }
    const std::string host = storage.empty() ? "http://" + request.header("host") : storage;
    Response redirect{302, {}, "see there"};
    redirect.headers = {{"X-Repo-Commit", commit},
                        {"X-Linked-Etag", "\"" + sha256_of(file.content) + "\""},
                        {"X-Linked-Size", std::to_string(file.content.size())},
                        {"Location", host + "/storage/" + path}};
    return redirect;
  }

  Response api() const {
    std::string siblings;
    for (const auto& [path, file] : files) {
      siblings += (siblings.empty() ? "" : ",") + ("{\"rfilename\": \"" + path + "\"}");
    }
    return {200, {}, "{\"sha\": \"" + commit + "\", \"siblings\": [" + siblings + "]}"};
  }

  Response content(const Request& request, const FakeFile& file) const {
    const std::string range = request.header("range");
    if (range.empty() || !ranges) return {200, {}, file.content};
    const std::size_t start = std::stoul(range.substr(6));
    const std::string size = std::to_string(file.content.size());
    if (start >= file.content.size()) return {416, {{"Content-Range", "bytes */" + size}}, ""};
    Response part{206, {}, file.content.substr(start)};
    part.headers = {{"Content-Range", "bytes " + std::to_string(start) + "-" +
                                          std::to_string(file.content.size() - 1) + "/" + size}};
    return part;
  }
};

inline Response not_found() {
  return {404, {}, "nothing here"};
}

}  // namespace diar::hub_test
