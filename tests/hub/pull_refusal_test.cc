// Downloads that must fail: wrong content, hostile names and redirects, closed doors; and what the user is
// told.
#include <gmock/gmock.h>

#include "diar/errors.h"
#include "diar/hub/model_store.h"
#include "fake_repository.h"
#include "hub/http_client.h"
#include "hub_fixture.h"

namespace diar {
namespace {

namespace fs = std::filesystem;
using hub_test::FakeRepository;
using hub_test::kCommit;
using hub_test::LocalHub;
using hub_test::message_of;
using hub_test::Request;
using hub_test::Response;
using hub_test::sha256_of;
using hub_test::write_text;
using ::testing::AllOf;
using ::testing::HasSubstr;

class PullRefusalTest : public hub_test::HubTest {
 protected:
  PullRefusalTest() {
    repository_.files["weights.npz"] = {std::string(3000, 'w'), true};
    options_.first_retry_wait_s = 0.01;
    options_.num_attempts = 2;
    write_manifest(sha256_of(repository_.files["weights.npz"].content), 3000);
  }
  void write_manifest(const std::string& sha256, int size) {
    write_text(
        root_ / "m.json", R"({"version": 1, "models": [{"name": "mine", "description": "d", "licence": "MIT",
        "repository": "org/name", "revision": ")" +
                              kCommit + R"(", "gated": true, "files": [{"path": "weights.npz",
        "size": )" + std::to_string(size) +
                              R"(, "sha256": ")" + sha256 + R"("}]}]})");
    set("DIARIZE_MANIFEST", (root_ / "m.json").string());
  }
  void start(std::function<void(const Request&, Response&)> twist = {}) {
    if (hub_ && repository_.storage == hub_->address("localhost")) repository_.storage.clear();
    hub_.emplace([this, twist](const Request& request) {
      Response response = repository_.answer(request).value_or(hub_test::not_found());
      if (twist) twist(request, response);
      return response;
    });
    // By another name it is another host, as the real hub's storage is.
    if (repository_.storage.empty()) repository_.storage = hub_->address("localhost");
    set("HF_ENDPOINT", hub_->address());
  }
  /// Pulls, expects a NetworkError, and that nothing that looks like a model is left.
  std::string failure(const std::string& name = "mine") {
    const std::string message = message_of<NetworkError>([&] { pull_model(name, options_); });
    EXPECT_EQ(message.find('\n'), std::string::npos) << "one line";
    EXPECT_FALSE(fs::exists(cache() / "models--org--name/snapshots"));
    return message;
  }

  FakeRepository repository_;
  PullOptions options_;
  std::optional<LocalHub> hub_;
};

TEST_F(PullRefusalTest, GatedWithoutAToken) {
  start([](const Request&, Response& response) {
    response = {401, {{"X-Error-Code", "GatedRepo"}}, "Access is restricted"};
  });
  EXPECT_THAT(
      failure(),
      AllOf(HasSubstr("HF_TOKEN"), HasSubstr("accept the conditions on " + hub_->address() + "/org/name"),
            HasSubstr("/settings/tokens"), HasSubstr("sets that need no account: community-1-open")));
  EXPECT_EQ(hub_->requests().size(), 1u) << "a closed door is knocked on once";
}

TEST_F(PullRefusalTest, GatedForThisAccount) {
  set("HF_TOKEN", "hf_secret");
  start([](const Request&, Response& response) { response = {403, {{"X-Error-Code", "GatedRepo"}}, "no"}; });
  const std::string message = failure();
  EXPECT_THAT(message, AllOf(HasSubstr("the token from HF_TOKEN"), HasSubstr("accept the conditions"),
                             HasSubstr("community-1-open")));
  EXPECT_EQ(message.find("hf_secret"), std::string::npos) << "a token does not belong in a message";
}

TEST_F(PullRefusalTest, WhatIsNotThere) {
  repository_.files.clear();
  start();
  EXPECT_THAT(failure(), AllOf(HasSubstr("weights.npz"), HasSubstr("EntryNotFound")));
  EXPECT_THAT(failure("org/other"), HasSubstr("org/other@main"));
  EXPECT_THROW(pull_model("no-such-set", options_), ModelError);
  EXPECT_THROW(pull_model("org/name@refs/pr/1", options_), ModelError);
}

TEST_F(PullRefusalTest, AServerThatStaysBroken) {
  start([](const Request&, Response& response) { response = {500, {}, "oops"}; });
  options_.num_attempts = 3;
  EXPECT_THAT(failure(), HasSubstr("answered 500"));
  EXPECT_EQ(hub_->requests().size(), 3u);
}

TEST_F(PullRefusalTest, AWaitThatIsTooLong) {
  start([](const Request&, Response& response) { response = {429, {{"Retry-After", "3600"}}, ""}; });
  EXPECT_THAT(failure(), HasSubstr("asks to wait 3600 s"));
}

TEST_F(PullRefusalTest, NobodyListens) {
  start();
  const std::string address = hub_->address();
  hub_.reset();
  EXPECT_THAT(failure(), HasSubstr(address));
  set("HF_ENDPOINT", "ftp://127.0.0.1");
  EXPECT_THAT(failure(), HasSubstr("HF_ENDPOINT"));
}

TEST_F(PullRefusalTest, ContentThatIsNotTheAnnounced) {
  start([](const Request& request, Response& response) {
    if (request.path == "/storage/weights.npz") response.body[5] = 'x';
  });
  EXPECT_THAT(failure(), AllOf(HasSubstr("SHA-256"), HasSubstr("nothing of it was kept")));
  EXPECT_TRUE(fs::is_empty(cache() / "models--org--name/blobs"));
}

TEST_F(PullRefusalTest, AFileThatIsNotTheManifests) {
  write_manifest(std::string(64, 'a'), 3000);
  start();
  EXPECT_THAT(failure(), HasSubstr("not the file of the manifest"));
  EXPECT_EQ(hub_->count("GET", "/"), 0u) << "it is known before a byte is fetched";
  write_manifest(sha256_of(repository_.files["weights.npz"].content), 2999);
  EXPECT_THAT(failure(), HasSubstr("another size"));
}

TEST_F(PullRefusalTest, AFileWithoutALinkedHashIsCheckedAgainstTheManifest) {
  repository_.files["weights.npz"].large = false;
  write_manifest(std::string(64, 'a'), 3000);
  start();
  EXPECT_THAT(failure(), HasSubstr("expected was " + std::string(64, 'a')));
}

TEST_F(PullRefusalTest, AnEndlessBody) {
  start([](const Request& request, Response& response) {
    if (request.path == "/storage/weights.npz") response.body += std::string(100000, 'z');
  });
  EXPECT_THAT(failure(), HasSubstr("longer than announced"));
}

TEST_F(PullRefusalTest, NamesThatLeaveTheCache) {
  repository_.files.clear();
  repository_.files["../../../../evil.npz"] = {"x", false};
  repository_.files["/tmp/evil.npz"] = {"x", false};
  repository_.files["a/../../evil.npz"] = {"x", false};
  start();
  EXPECT_THAT(failure("org/name"), HasSubstr("no file that this program reads"));
  EXPECT_EQ(hub_->count("HEAD", "/"), 0u);
}

TEST_F(PullRefusalTest, EtagsThatLeaveTheCache) {
  start([](const Request& request, Response& response) {
    if (request.method == "HEAD") {
      response = {
          200, {{"X-Repo-Commit", kCommit}, {"ETag", "\"../../../evil\""}, {"Content-Length", "3000"}}, ""};
    }
  });
  EXPECT_THAT(failure(), HasSubstr("no usable ETag"));
}

TEST_F(PullRefusalTest, CommitsThatAreOthers) {
  start([](const Request& request, Response& response) {
    if (request.method != "HEAD") return;
    for (auto& [name, value] : response.headers) {
      if (name == "X-Repo-Commit") value = std::string(40, 'f');
    }
  });
  EXPECT_THAT(failure(), HasSubstr("commit"));
  repository_.commit = "../../..";
  EXPECT_THAT(failure("org/name"), HasSubstr("names no commit"));
}

TEST_F(PullRefusalTest, RedirectsThatAreNotFollowed) {
  for (const char* location :
       {"file:///etc/passwd", "ftp://127.0.0.1/x", "http://user:password@127.0.0.1/x", "http://"}) {
    start([&](const Request& request, Response& response) {
      if (request.method == "GET") response = {302, {{"Location", location}}, ""};
    });
    EXPECT_THAT(failure(), HasSubstr("is not followed")) << location;
    EXPECT_EQ(hub_->count("GET", "/"), 1u) << location;
  }
  start([&](const Request& request, Response& response) {
    if (request.method == "GET") response = {302, {{"Location", request.path}}, ""};
  });
  EXPECT_THAT(failure(), HasSubstr("too many redirects"));
}

TEST(Urls, OriginsAndRelativeAddresses) {
  EXPECT_EQ(origin_of("HTTPS://Example.org/a?b"), "https://example.org:443");
  EXPECT_EQ(origin_of("http://example.org:80/"), origin_of("http://example.org"));
  EXPECT_NE(origin_of("http://example.org"), origin_of("https://example.org"));
  EXPECT_NE(origin_of("http://127.0.0.1:1"), origin_of("http://127.0.0.1:2"));
  EXPECT_EQ(origin_of("file:///etc/passwd"), "");
  EXPECT_EQ(resolve_url("https://a.org/x/y", "/z?q=1"), "https://a.org/z?q=1");
  EXPECT_EQ(resolve_url("https://a.org/x", "//b.org/z"), "https://b.org/z");
  EXPECT_EQ(resolve_url("https://a.org/x", "file:///etc/passwd"), "");
}

TEST_F(PullRefusalTest, ACacheThatCannotBeWritten) {
  start();
  write_text(root_ / "file", "");
  set("HF_HUB_CACHE", (root_ / "file" / "below").string());
  EXPECT_THROW(pull_model("mine", options_), OutputError);
}

}  // namespace
}  // namespace diar
