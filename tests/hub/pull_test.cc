// Downloads from a local hub: what works, what is retried, what is kept.
#include <fcntl.h>
#include <sys/file.h>

#include <thread>

#include "diar/errors.h"
#include "diar/hub/model_store.h"
#include "fake_repository.h"
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

std::string pattern(std::size_t size, int seed) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>((i * 131 + i / 251 + static_cast<std::size_t>(seed)) & 255);
  return text;
}

class PullTest : public hub_test::HubTest {
 protected:
  PullTest() {
    repository_.files["config.yaml"] = {"pipeline: {}\n", false};
    repository_.files["segmentation/pytorch_model.bin"] = {pattern(100000, 1), true};
    repository_.files["embedding/pytorch_model.bin"] = {pattern(300000, 2), true};
    repository_.files["plda/plda.npz"] = {pattern(5000, 3), true};
    options_.first_retry_wait_s = 0.01;
    set("HF_HUB_DOWNLOAD_TIMEOUT", "1");
  }
  /// Starts a hub; `twist` may change each answer of the repository.
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
  /// A manifest whose set "mine" pins the repository's files.
  void pin(const std::string& revision = kCommit) {
    std::string files;
    for (const auto& [path, file] : repository_.files) {
      files += (files.empty() ? "" : ",") +
               ("{\"path\": \"" + path + "\", \"size\": " + std::to_string(file.content.size()) +
                ", \"sha256\": \"" + sha256_of(file.content) + "\"}");
    }
    write_text(root_ / "m.json",
               R"({"version": 1, "models": [{"name": "mine", "description": "d", "licence": "MIT",
        "repository": "org/name", "revision": ")" +
                   revision + R"(", "files": [)" + files + "]}]}");
    set("DIARIZE_MANIFEST", (root_ / "m.json").string());
  }
  fs::path repository_cache() const { return cache() / "models--org--name"; }
  void expect_whole(const fs::path& snapshot) const {
    for (const auto& [path, file] : repository_.files) {
      EXPECT_EQ(read_text(snapshot / path), file.content) << path;
      EXPECT_TRUE(fs::is_symlink(snapshot / path)) << path;
      EXPECT_FALSE(fs::read_symlink(snapshot / path).is_absolute()) << path;
    }
    for (const auto& entry : fs::directory_iterator(repository_cache() / "blobs")) {
      EXPECT_EQ(entry.path().extension(), "") << "left over: " << entry.path();
    }
  }

  FakeRepository repository_;
  PullOptions options_;
  std::optional<LocalHub> hub_;
};

TEST_F(PullTest, FetchesANamedSetIntoTheHubsLayout) {
  pin();
  start();
  const ModelLocation found = pull_model("mine", options_);
  EXPECT_EQ(found.path, repository_cache() / "snapshots" / kCommit);
  EXPECT_EQ(found.name, "mine");
  expect_whole(found.path);
  EXPECT_EQ(fs::read_symlink(found.path / "plda/plda.npz"),
            fs::path("../../../blobs") / sha256_of(repository_.files["plda/plda.npz"].content));
  EXPECT_FALSE(fs::exists(repository_cache() / "refs")) << "a pinned commit needs no ref";
  EXPECT_EQ(find_model("mine").path, found.path);
  EXPECT_EQ(find_model().path, found.path);
}

TEST_F(PullTest, WhatIsThereIsNotFetchedAgain) {
  pin();
  start();
  pull_model("mine", options_);
  const std::size_t before = hub_->requests().size();
  EXPECT_EQ(pull_model("mine", options_).found_by, "it was in the hub's cache already");
  EXPECT_EQ(hub_->requests().size(), before);
}

TEST_F(PullTest, FetchesAnyRepositoryAndNotesItsRef) {
  repository_.files["README.md"] = {"text", false};
  repository_.files["demo.mp4"] = {"film", false};
  start();
  const ModelLocation found = pull_model("org/name", options_);
  EXPECT_EQ(read_text(repository_cache() / "refs/main"), kCommit);
  EXPECT_EQ(read_text(found.path / "README.md"), "text");
  EXPECT_FALSE(fs::exists(found.path / "demo.mp4")) << "not a file that this program reads";
  EXPECT_EQ(find_model("org/name").path, found.path);
}

TEST_F(PullTest, DamageOnTheDiskIsRepaired) {
  pin();
  start();
  const ModelLocation found = pull_model("mine", options_);
  const std::string content = repository_.files["plda/plda.npz"].content;
  std::string damaged = content;
  damaged[17] = static_cast<char>(damaged[17] ^ 1);  // of the right size
  write_text(repository_cache() / "blobs" / sha256_of(content), damaged);
  EXPECT_EQ(pull_model("mine", options_).found_by, "downloaded");
  expect_whole(found.path);
}

TEST_F(PullTest, TheTokenGoesToTheHubAndNowhereElse) {
  pin();
  set("HF_TOKEN", "hf_secret");
  LocalHub storage([this](const Request& request) { return *repository_.answer(request); });
  repository_.storage = storage.address("localhost");
  start();
  expect_whole(pull_model("mine", options_).path);
  EXPECT_EQ(hub_->requests().front().header("authorization"), "Bearer hf_secret");
  for (const Request& request : hub_->requests())
    EXPECT_EQ(request.header("authorization"), "Bearer hf_secret");
  const auto stored = storage.requests();
  ASSERT_EQ(stored.size(), 3u);
  for (const Request& request : stored) EXPECT_EQ(request.headers.count("authorization"), 0u) << request.path;
}

TEST_F(PullTest, AnotherPortIsAnotherHost) {
  pin();
  set("HF_TOKEN", "hf_secret");
  LocalHub storage([this](const Request& request) { return *repository_.answer(request); });
  repository_.storage = storage.address();  // 127.0.0.1 like the hub itself
  start();
  pull_model("mine", options_);
  for (const Request& request : storage.requests()) EXPECT_EQ(request.headers.count("authorization"), 0u);
}

TEST_F(PullTest, TheTokenFileIsRead) {
  pin();
  write_text(root_ / "home/token", "hf_from_file\n");
  start();
  pull_model("mine", options_);
  EXPECT_EQ(hub_->requests().front().header("authorization"), "Bearer hf_from_file");
}

TEST_F(PullTest, ATokenCannotSmuggleHeaders) {
  pin();
  start();
  set("HF_TOKEN", "hf_a\r\nX-Evil: 1");
  EXPECT_THROW(pull_model("mine", options_), NetworkError);
  EXPECT_TRUE(hub_->requests().empty());
}

TEST_F(PullTest, SeveralFilesAtOnce) {
  pin();
  start([](const Request&, Response& response) { response.delay_s = 0.1; });
  options_.num_parallel = 4;
  pull_model("mine", options_);
  EXPECT_GE(hub_->most_at_once(), 3);
}

TEST_F(PullTest, ProgressReachesTheWhole) {
  pin();
  start([](const Request& request, Response& response) {
    if (request.method == "GET" && response.status == 200) response.delay_s = 0.25;
  });
  DownloadProgress last;
  std::uint64_t before = 0;
  options_.on_progress = [&](const DownloadProgress& progress) {
    EXPECT_GE(progress.received_bytes, before);
    before = progress.received_bytes;
    last = progress;
    return true;
  };
  pull_model("mine", options_);
  EXPECT_EQ(last.num_files, 4u);
  EXPECT_EQ(last.total_bytes, 405013u);
}

TEST_F(PullTest, CancelStopsARunningTransfer) {
  pin();
  start([](const Request& request, Response& response) {
    if (request.method == "GET" && response.status == 200) response.stall_after = 10;
  });
  set("HF_HUB_DOWNLOAD_TIMEOUT", "60");
  options_.on_progress = [](const DownloadProgress&) { return false; };
  const auto start_time = std::chrono::steady_clock::now();
  EXPECT_THROW(pull_model("mine", options_), Cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - start_time, std::chrono::seconds(5));
}

TEST_F(PullTest, ATruncatedBodyIsResumed) {
  pin();
  std::atomic<int> broken = 0;
  start([&](const Request& request, Response& response) {
    if (request.method == "GET" && request.path == "/storage/embedding/pytorch_model.bin" && broken++ < 2) {
      response.close_after = 100000;
    }
  });
  expect_whole(pull_model("mine", options_).path);
  std::vector<std::string> ranges;
  for (const Request& request : hub_->requests()) {
    if (request.path == "/storage/embedding/pytorch_model.bin") ranges.push_back(request.header("range"));
  }
  EXPECT_EQ(ranges, (std::vector<std::string>{"", "bytes=100000-", "bytes=200000-"}));
}

TEST_F(PullTest, AnEarlierRunIsResumed) {
  pin();
  start([](const Request& request, Response& response) {
    if (request.method == "GET" && request.path == "/storage/plda/plda.npz") response.close_after = 2000;
  });
  options_.num_attempts = 1;
  EXPECT_THROW(pull_model("mine", options_), NetworkError);
  EXPECT_THROW(find_model("mine"), ModelError) << "half a model is none";
  start();
  expect_whole(pull_model("mine", options_).path);
  for (const Request& request : hub_->requests()) {
    if (request.path == "/storage/plda/plda.npz") {
      EXPECT_EQ(request.header("range"), "bytes=2000-");
    }
  }
  EXPECT_EQ(hub_->count("GET", "/storage/plda/plda.npz"), 1u);
}

TEST_F(PullTest, ABadBeginningFromAnEarlierRunIsThrownAway) {
  pin();
  start();
  const std::string content = repository_.files["plda/plda.npz"].content;
  write_text(repository_cache() / "blobs" / (sha256_of(content) + ".diarize-incomplete"),
             "not how it begins");
  expect_whole(pull_model("mine", options_).path);
}

TEST_F(PullTest, AServerWithoutRangesStartsAnew) {
  pin();
  repository_.ranges = false;
  std::atomic<int> broken = 0;
  start([&](const Request& request, Response& response) {
    if (request.path == "/storage/plda/plda.npz" && broken++ == 0) response.close_after = 1000;
  });
  expect_whole(pull_model("mine", options_).path);
}

TEST_F(PullTest, APartThatDoesNotFitIsRefused) {
  pin();
  std::atomic<int> broken = 0;
  start([&](const Request& request, Response& response) {
    if (request.path != "/storage/plda/plda.npz") return;
    if (broken++ == 0) {
      response.close_after = 1000;
    } else if (response.status == 206) {
      response.headers = {{"Content-Range", "bytes 0-99/5000"}};
    }
  });
  expect_whole(pull_model("mine", options_).path);
}

TEST_F(PullTest, ServerErrorsAndRateLimitsAreRetried) {
  pin();
  std::atomic<int> trouble = 0;
  start([&](const Request& request, Response& response) {
    if (request.path.find("plda.npz") == std::string::npos) return;
    const int number = trouble++;
    if (number == 0) response = {500, {}, "oops"};
    if (number == 1) response = {429, {{"Retry-After", "1"}}, "slow down"};
    if (number == 2) response = {503, {}, "busy"};
  });
  const auto start_time = std::chrono::steady_clock::now();
  expect_whole(pull_model("mine", options_).path);
  const auto elapsed = std::chrono::steady_clock::now() - start_time;
  EXPECT_GE(elapsed, std::chrono::milliseconds(990)) << "Retry-After was not respected";
  EXPECT_LT(elapsed, std::chrono::seconds(10));
}

TEST_F(PullTest, AStalledConnectionIsGivenUpAndResumed) {
  pin();
  std::atomic<int> stalled = 0;
  start([&](const Request& request, Response& response) {
    if (request.path == "/storage/plda/plda.npz" && stalled++ == 0) response.stall_after = 1000;
  });
  expect_whole(pull_model("mine", options_).path);
  EXPECT_EQ(hub_->requests().back().header("range"), "bytes=1000-");
}

TEST_F(PullTest, ADrippingServerIsGivenUp) {
  pin();
  start([&](const Request& request, Response& response) {
    if (request.path == "/storage/plda/plda.npz") response.seconds_each_byte = 0.1;  // 10 bytes a second
  });
  options_.num_attempts = 1;
  const std::string message = message_of<NetworkError>([&] { pull_model("mine", options_); });
  EXPECT_NE(message.find("stalled"), std::string::npos) << message;
}

TEST_F(PullTest, TwoPullsAtOnceFetchOnce) {
  pin();
  start([](const Request& request, Response& response) {
    if (request.method == "GET") response.delay_s = 0.1;
  });
  std::thread other([&] { EXPECT_NO_THROW(pull_model("mine", options_)); });
  EXPECT_NO_THROW(pull_model("mine", options_));
  other.join();
  for (const auto& [path, file] : repository_.files) {
    const std::size_t expected = file.large ? 1 : 0;
    EXPECT_EQ(hub_->count("GET", "/storage/" + path), expected) << path;
  }
}

TEST_F(PullTest, WaitsForALockThatAnotherProcessHolds) {
  pin();
  start();
  const fs::path lock = cache() / ".locks/models--org--name/diarize-pull.lock";
  write_text(lock, "");
  const int held = open(lock.c_str(), O_RDWR);
  ASSERT_EQ(flock(held, LOCK_EX), 0);
  int num_waits = 0;
  options_.on_progress = [&](const DownloadProgress&) {
    if (++num_waits == 3) close(held);
    return true;
  };
  expect_whole(pull_model("mine", options_).path);
  EXPECT_GE(num_waits, 3);
}

TEST_F(PullTest, OfflineUsesTheCacheAndNothingElse) {
  pin();
  start();
  set("HF_HUB_OFFLINE", "1");
  const std::string message = message_of<NetworkError>([&] { pull_model("mine", options_); });
  EXPECT_NE(message.find("HF_HUB_OFFLINE"), std::string::npos);
  set("HF_HUB_OFFLINE", std::nullopt);
  pull_model("mine", options_);
  const std::size_t before = hub_->requests().size();
  set("HF_HUB_OFFLINE", "1");
  EXPECT_EQ(pull_model("mine", options_).name, "mine");
  EXPECT_EQ(hub_->requests().size(), before);
}

TEST_F(PullTest, EqualFilesShareABlob) {
  repository_.files["embedding/pytorch_model.bin"] = repository_.files["segmentation/pytorch_model.bin"];
  pin();
  start();
  expect_whole(pull_model("mine", options_).path);
  EXPECT_EQ(hub_->count("GET", "/storage/"), 2u);
}

}  // namespace
}  // namespace diar
