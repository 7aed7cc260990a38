// Servers without an end, caches that others prepared, machines without threads: a pull ends, follows no link
// and tells no secret.
#include <gmock/gmock.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

#include "diar/errors.h"
#include "diar/hub/model_files.h"
#include "diar/hub/model_store.h"
#include "fake_repository.h"
#include "hub/http_client.h"
#include "hub/hub_cache.h"
#include "hub/names.h"
#include "hub_fixture.h"

namespace diar {
namespace {

namespace fs = std::filesystem;
using hub_test::FakeRepository;
using hub_test::kCommit;
using hub_test::LocalHub;
using hub_test::message_of;
using hub_test::read_text;
using hub_test::Request;
using hub_test::Response;
using hub_test::sha256_of;
using hub_test::write_text;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

class PullHostileTest : public hub_test::HubTest {
 protected:
  PullHostileTest() {
    options_.first_retry_wait_s = 0.01;
    options_.num_attempts = 1;
    set("HF_HUB_DOWNLOAD_TIMEOUT", "1");
    set("HF_HUB_ETAG_TIMEOUT", "1");
    repository_.files["a/weights.npz"] = {std::string(3000, 'a'), true};
    repository_.files["b/weights.npz"] = {std::string(3000, 'b'), true};
  }
  void start(std::function<void(const Request&, Response&)> twist = {}) {
    hub_.emplace([this, twist](const Request& request) {
      Response response = repository_.answer(request).value_or(hub_test::not_found());
      if (twist) twist(request, response);
      return response;
    });
    set("HF_ENDPOINT", hub_->address());
  }
  /// A manifest whose set "mine" pins the repository's files.
  void pin() {
    std::string files;
    for (const auto& [path, file] : repository_.files) {
      files += (files.empty() ? "" : ",") +
               ("{\"path\": \"" + path + "\", \"size\": " + std::to_string(file.content.size()) +
                ", \"sha256\": \"" + sha256_of(file.content) + "\"}");
    }
    write_text(root_ / "m.json",
               R"({"version": 1, "models": [{"name": "mine", "description": "d", "licence": "MIT",
        "repository": "org/name", "revision": ")" +
                   kCommit + R"(", "files": [)" + files + "]}]}");
    set("DIARIZE_MANIFEST", (root_ / "m.json").string());
  }
  fs::path repository_cache() const { return cache() / "models--org--name"; }
  fs::path partial_of(const std::string& path) const {
    return repository_cache() / "blobs" /
           (sha256_of(repository_.files.at(path).content) + ".diarize-incomplete");
  }
  template <class Failure = NetworkError>
  std::string failure(const std::string& name = "org/name") {
    return message_of<Failure>([&] { pull_model(name, options_); });
  }

  FakeRepository repository_;
  std::optional<LocalHub> hub_;
  PullOptions options_;
};

struct EndlessCase {
  const char* name;
  const char* part;  // of the request's path
  int status;
  double seconds_each_byte;  // 0: as fast as it can
  const char* message;
};

class EndlessTest : public PullHostileTest, public ::testing::WithParamInterface<EndlessCase> {};

TEST_P(EndlessTest, TheTransferEndsAtTheBound) {
  const EndlessCase& endless = GetParam();
  start([&](const Request& request, Response& response) {
    if (request.method == "HEAD" || request.path.find(endless.part) == std::string::npos) return;
    response.status = endless.status;
    response.endless = true;
    response.seconds_each_byte = endless.seconds_each_byte;
    response.body = std::string(endless.seconds_each_byte > 0.0 ? 1000 : 65536, 'z');
  });
  std::string message;
  EXPECT_LT(seconds_of([&] { message = failure(); }), 8.0);
  EXPECT_THAT(message, HasSubstr(endless.message));
}
INSTANTIATE_TEST_SUITE_P(Answers, EndlessTest,
                         ::testing::Values(EndlessCase{"Api", "/api/", 200, 0.0, "longer than any"},
                                           EndlessCase{"ApiDripped", "/api/", 200, 0.1, "longer than any"},
                                           EndlessCase{"ApiMissing", "/api/", 404, 0.0, "there is no"},
                                           EndlessCase{"FileMissing", "/storage/", 404, 0.0, "there is no"},
                                           EndlessCase{"FileMissingDripped", "/storage/", 404, 0.1,
                                                       "there is no"},
                                           EndlessCase{"FileBroken", "/storage/", 500, 0.0, "answered 500"}),
                         [](const auto& test) { return test.param.name; });

TEST_F(PullHostileTest, ARedirectIsFollowedWhateverItsBodyHolds) {
  start([](const Request& request, Response& response) {
    if (request.method == "GET" && response.status == 302) {
      response.endless = true;
      response.body = std::string(65536, 'z');
    }
  });
  EXPECT_EQ(pull_model("org/name", options_).found_by, "downloaded");
}

TEST_F(PullHostileTest, AFileMayTakeItsTime) {
  repository_.files = {{"weights.npz", {std::string(1000, 'w'), true}}};
  start([](const Request& request, Response& response) {
    // At least five seconds, more than any other answer has.
    if (request.path.rfind("/storage/", 0) == 0) response.seconds_each_byte = 0.005;
  });
  EXPECT_EQ(pull_model("org/name", options_).found_by, "downloaded");
}

TEST_F(PullHostileTest, FilesThatShareAnEtagAreCheckedEach) {
  for (const bool large : {true, false}) {
    pin();
    start([&](const Request& request, Response& response) {
      if (request.method != "HEAD") return;
      response = {200,
                  {{"X-Repo-Commit", kCommit},
                   {"ETag", large ? "\"same\"" : "W/\"same\""},
                   {"Content-Length", "3000"}},
                  ""};
    });
    options_.num_parallel = large ? 4 : 1;
    EXPECT_THAT(failure("mine"), HasSubstr("has the ETag of another file"));
    EXPECT_FALSE(fs::exists(repository_cache() / "snapshots"));
  }
  // One content under two names is what a shared ETag is for.
  repository_.files["b/weights.npz"] = repository_.files["a/weights.npz"];
  pin();
  start();
  const fs::path snapshot = pull_model("mine", options_).path;
  EXPECT_EQ(read_text(snapshot / "b/weights.npz"), std::string(3000, 'a'));
  EXPECT_EQ(hub_->count("GET", "/storage/"), 1u);
}

TEST_F(PullHostileTest, APasswordIsSentButNeverShown) {
  repository_.files.erase("b/weights.npz");
  start([](const Request& request, Response& response) {
    if (request.header("authorization") != "Basic dXNlcjpzM2NAcmV0")
      response = {404, {}, ""};  // user:s3c@ret
  });
  const std::string host = hub_->address().substr(7);
  set("HF_ENDPOINT", "http://user:s3c%40ret@" + host + "/");
  EXPECT_EQ(pull_model("org/name", options_).found_by, "downloaded");
  const auto secret = AllOf(Not(HasSubstr("s3c")), Not(HasSubstr("user:")));
  EXPECT_THAT(failure("org/other"), AllOf(secret, HasSubstr(host)));
  hub_.reset();
  EXPECT_THAT(failure("org/other"), AllOf(secret, HasSubstr(host)));
  for (const char* wrong : {"ftp://user:s3c@127.0.0.1", "user:s3c@127.0.0.1:99999", "http://user:s3c@",
                            "https://127.0.0.1/?token=s3c", "http://user:s3c ret@127.0.0.1"}) {
    set("HF_ENDPOINT", wrong);
    EXPECT_THAT(failure("org/other"), AllOf(secret, HasSubstr("HF_ENDPOINT"))) << wrong;
  }
  // Nor a proxy's, whose address curl quotes when it does not understand it.
  set("HF_ENDPOINT", "http://127.0.0.1:1");
  set("no_proxy", "");
  for (const char* wrong :
       {"http://user:s3c@127.0.0.1:99999", "user:s3c@127.0.0.1:99999", "odd://user:s3c@127.0.0.1"}) {
    set("http_proxy", wrong);
    EXPECT_THAT(failure("org/other"), secret) << wrong;
  }
}

TEST_F(PullHostileTest, WhatARedirectOrANameHoldsIsNotShown) {
  start([](const Request& request, Response& response) {
    if (request.method == "GET" && request.path.find("/api/") == std::string::npos)
      response = {302, {{"Location", "http://user:s3c@127.0.0.1/x?signature=s3c"}}, ""};
  });
  EXPECT_THAT(failure(), AllOf(HasSubstr("is not followed"), Not(HasSubstr("s3c"))));
  const std::string wish = "https://user:s3c@host/model";
  EXPECT_THAT(failure<ModelError>(wish), Not(HasSubstr("s3c")));
  EXPECT_THAT(message_of<ModelError>([&] { find_model(wish); }), Not(HasSubstr("s3c")));
  EXPECT_THAT(message_of<ModelError>([&] { remove_model(wish); }), Not(HasSubstr("s3c")));
}

TEST_F(PullHostileTest, ATokenIsNeverShown) {
  set("HF_TOKEN", "hf_s3c");
  for (const int status : {401, 403, 404, 429, 500}) {
    start([&](const Request&, Response& response) { response = {status, {}, "hf_s3c"}; });
    EXPECT_THAT(failure(), Not(HasSubstr("s3c"))) << status;
  }
}

TEST(WithoutUserInfo, OnlyWhatStandsBeforeAHost) {
  EXPECT_EQ(without_user_info("see http://a:b@c/d@e and //f@g"), "see http://c/d@e and //g");
  EXPECT_EQ(without_user_info("http://a:p@ss@c?x=y@z"), "http://c?x=y@z");
  EXPECT_EQ(without_user_info("org/name@main"), "org/name@main");
  EXPECT_EQ(without_user_info("http:///"), "http:///");
}

// What another user may have laid in the way: NAME is below the repository's place in the cache.
TEST_F(PullHostileTest, NoPlantedLinkIsFollowed) {
  const fs::path victim = root_ / "victim.txt";
  const fs::path elsewhere = root_ / "elsewhere";
  const auto refuses = [&](const fs::path& planted, const fs::path& target) {
    fs::remove_all(cache());
    fs::remove_all(elsewhere);
    fs::create_directories(elsewhere);
    write_text(victim, "mine");
    fs::create_directories(planted.parent_path());
    fs::create_symlink(target, planted);
    start();
    EXPECT_THAT(failure<OutputError>(), HasSubstr("symbolic link")) << planted;
    EXPECT_EQ(read_text(victim), "mine") << planted;
    EXPECT_TRUE(fs::is_empty(elsewhere)) << planted;
  };
  refuses(cache() / ".locks", elsewhere);
  refuses(cache() / ".locks/models--org--name", elsewhere);
  refuses(cache() / ".locks/models--org--name/diarize-pull.lock", victim);
  refuses(cache() / ".locks/models--org--name/diarize-pull.lock", elsewhere / "new");
  refuses(repository_cache(), elsewhere);
  refuses(repository_cache() / "blobs", elsewhere);
  refuses(repository_cache() / "snapshots", elsewhere);
  refuses(repository_cache() / "snapshots" / kCommit, elsewhere);
  refuses(repository_cache() / "snapshots" / kCommit / "a", elsewhere);
  refuses(repository_cache() / "refs", elsewhere);
}

TEST_F(PullHostileTest, APlantedFileIsReplacedNotWrittenThrough) {
  const fs::path victim = root_ / "victim.txt";
  const fs::path blob = repository_cache() / "blobs" / sha256_of(repository_.files["a/weights.npz"].content);
  const std::string own = "." + std::to_string(getpid());
  fs::create_directories(repository_cache() / "refs");
  for (const fs::path& planted :
       {partial_of("a/weights.npz"), blob, repository_cache() / "refs/main",
        repository_cache() / "refs" / ("main" + own + ".part"),
        repository_cache() / "snapshots" / kCommit / "a/weights.npz",
        repository_cache() / "snapshots" / kCommit / ("a/weights.npz" + own + ".link")}) {
    for (const bool hard : {false, true}) {
      fs::remove_all(cache());
      write_text(victim, "mine");
      fs::create_directories(planted.parent_path());
      hard ? fs::create_hard_link(victim, planted) : fs::create_symlink(victim, planted);
      start();
      const fs::path snapshot = pull_model("org/name", options_).path;
      EXPECT_EQ(read_text(victim), "mine") << planted;
      EXPECT_EQ(read_text(snapshot / "a/weights.npz"), std::string(3000, 'a')) << planted;
      EXPECT_FALSE(fs::is_symlink(blob)) << planted;
      EXPECT_EQ(read_text(repository_cache() / "refs/main"), kCommit) << planted;
    }
  }
}

TEST_F(PullHostileTest, FifosInTheCacheHoldNobodyUp) {
  for (const fs::path& planted : {partial_of("a/weights.npz"), repository_cache() / "refs/main",
                                  repository_cache() / "blobs" / sha256_of(std::string(3000, 'a'))}) {
    fs::remove_all(cache());
    fs::create_directories(planted.parent_path());
    ASSERT_EQ(mkfifo(planted.c_str(), 0666), 0);
    start();
    EXPECT_EQ(pull_model("org/name", options_).found_by, "downloaded") << planted;
  }
  ASSERT_EQ(mkfifo((root_ / "token").c_str(), 0666), 0);
  set("HF_TOKEN_PATH", (root_ / "token").string());
  EXPECT_EQ(pull_model("org/name", options_).found_by, "downloaded");
}

TEST_F(PullHostileTest, AManifestWithoutAnEndIsRefused) {
  ASSERT_EQ(mkfifo((root_ / "fifo").c_str(), 0666), 0);
  for (const std::string& path : {std::string("/dev/zero"), (root_ / "fifo").string()}) {
    set("DIARIZE_MANIFEST", path);
    EXPECT_THAT(message_of<ModelError>([] { list_models(); }),
                AllOf(HasSubstr(path), HasSubstr("not a regular file"), HasSubstr("DIARIZE_MANIFEST")));
  }
  write_text(root_ / "large", std::string(5 << 20, ' '));
  set("DIARIZE_MANIFEST", (root_ / "large").string());
  EXPECT_THAT(message_of<ModelError>([] { list_models(); }), HasSubstr("larger than"));
}

TEST_F(PullHostileTest, WeightsWithoutAnEndAreRefused) {
  ASSERT_EQ(mkfifo((root_ / "weights.npz").c_str(), 0666), 0);
  fs::create_directories(root_ / "model/segmentation");
  ASSERT_EQ(mkfifo((root_ / "model/segmentation/weights.npz").c_str(), 0666), 0);
  ASSERT_EQ(mkfifo((root_ / "model/README.md").c_str(), 0666), 0);
  for (const std::string& model :
       {std::string("/dev/zero"), (root_ / "weights.npz").string(), (root_ / "model").string()}) {
    EXPECT_FALSE(verify_model(model).front().good) << model;
    EXPECT_THROW(convert_model(model, root_ / "out"), ModelError) << model;
  }
  EXPECT_THAT(inspect_model("/dev/zero").files.front().fault, HasSubstr("not a regular file"));
}

// Threads that do not say how large their stack is get one of this size.
class DefaultStack {
 public:
  explicit DefaultStack(std::size_t bytes) {
    pthread_getattr_default_np(&saved_);
    pthread_attr_t attributes = saved_;
    pthread_attr_setstacksize(&attributes, bytes);
    pthread_setattr_default_np(&attributes);
  }
  ~DefaultStack() { pthread_setattr_default_np(&saved_); }
  DefaultStack(const DefaultStack&) = delete;
  DefaultStack& operator=(const DefaultStack&) = delete;

 private:
  pthread_attr_t saved_ = {};
};

// So many bytes of address space more than are in use now.
class AddressSpace {
 public:
  explicit AddressSpace(std::size_t more_bytes) {
    std::ifstream statm("/proc/self/statm");
    rlim_t pages = 0;
    statm >> pages;
    getrlimit(RLIMIT_AS, &saved_);
    rlimit small = saved_;
    small.rlim_cur = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + more_bytes;
    setrlimit(RLIMIT_AS, &small);
  }
  ~AddressSpace() { setrlimit(RLIMIT_AS, &saved_); }
  AddressSpace(const AddressSpace&) = delete;
  AddressSpace& operator=(const AddressSpace&) = delete;

 private:
  rlimit saved_ = {};
};

TEST_F(PullHostileTest, WithoutAThreadThereIsATypedError) {
  start();
  const DefaultStack impossible(std::size_t{1} << 46);
  EXPECT_THAT(message_of<Error>([&] { pull_model("org/name", options_); }), HasSubstr("out of threads"));
}

TEST_F(PullHostileTest, WithFewerThreadsThePullGoesOn) {
  for (int i = 0; i < 20; ++i)
    repository_.files["w" + std::to_string(i) + ".npz"] = {
        std::string(static_cast<std::size_t>(100 + i), 'w'), true};
  pin();
  start([](const Request&, Response& response) { response.delay_s = 0.02; });
  options_.num_parallel = 20;
  // Three stacks fit, not four; what is left over is for everything else.
  const std::size_t stack =
      static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) / 8 * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const DefaultStack large(stack);
  const AddressSpace three(3 * stack + stack / 2);
  EXPECT_EQ(pull_model("mine", options_).found_by, "downloaded");
  EXPECT_GE(hub_->most_at_once(), 1);
  EXPECT_LE(hub_->most_at_once(), 3);
}

}  // namespace
}  // namespace diar
