// How long a pull waits, and what it says of a token that does not open the door.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <functional>
#include <optional>

#include "diar/errors.h"
#include "diar/hub/model_store.h"
#include "fake_repository.h"
#include "hub_fixture.h"

namespace diar {
namespace {

using hub_test::message_of;
using hub_test::Request;
using hub_test::Response;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class PullPatienceTest : public hub_test::HubTest {
 protected:
  PullPatienceTest() {
    repository_.files["plda/plda.npz"] = {"content", false};
    options_.first_retry_wait_s = 0.01;
    options_.num_attempts = 2;
    set("HF_HUB_DOWNLOAD_TIMEOUT", "1");
  }
  void start(std::function<std::optional<Response>(const Request&)> first_answer) {
    hub_.emplace([this, first_answer](const Request& request) {
      if (auto response = first_answer(request)) return *response;
      return repository_.answer(request).value_or(hub_test::not_found());
    });
    set("HF_ENDPOINT", hub_->address());
  }
  double pull_seconds() {
    const auto start = std::chrono::steady_clock::now();
    pull_model("org/name", options_);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  std::string failure() {
    return message_of<NetworkError>([&] { pull_model("org/name", options_); });
  }

  hub_test::FakeRepository repository_;
  PullOptions options_;
  std::optional<hub_test::LocalHub> hub_;
};

std::string http_date(std::time_t time) {
  std::tm parts = {};
  gmtime_r(&time, &parts);
  char text[64];
  std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

TEST_F(PullPatienceTest, RetryAfterMayBeADate) {
  std::atomic<int> asked = 0;
  start([&](const Request&) -> std::optional<Response> {
    if (asked++ > 0) return std::nullopt;
    // Dates have whole seconds: two ahead is at least one.
    return Response{429, {{"Retry-After", http_date(std::time(nullptr) + 2)}}, ""};
  });
  EXPECT_GE(pull_seconds(), 0.9);
}

TEST_F(PullPatienceTest, ADateThatHasPassedIsNoWait) {
  std::atomic<int> asked = 0;
  options_.first_retry_wait_s = 100.0;
  start([&](const Request&) -> std::optional<Response> {
    if (asked++ > 0) return std::nullopt;
    return Response{503, {{"Retry-After", http_date(std::time(nullptr) - 100)}}, ""};
  });
  EXPECT_LT(pull_seconds(), 60.0);
}

TEST_F(PullPatienceTest, TooManyRequestsToTheEnd) {
  start([](const Request&) -> std::optional<Response> { return Response{429, {}, ""}; });
  EXPECT_THAT(failure(), HasSubstr("too many requests (429)"));
  EXPECT_EQ(hub_->requests().size(), 2u);
}

// Accepted, but nothing comes: neither a head nor a byte.
TEST_F(PullPatienceTest, ASilentServerIsGivenUp) {
  start([](const Request&) -> std::optional<Response> {
    Response late{200, {}, "{}"};
    late.delay_s = 4.0;
    return late;
  });
  options_.num_attempts = 1;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(failure(), HasSubstr("stalled"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST_F(PullPatienceTest, ATokenThatIsNoLongerGoodIsNamedByItsPlace) {
  start([](const Request&) -> std::optional<Response> { return Response{401, {}, "Invalid credentials"}; });
  hub_test::write_text(root_ / "home/token", "hf_old\n");
  EXPECT_THAT(failure(), AllOf(HasSubstr((root_ / "home/token").string()), HasSubstr("token is valid"),
                               Not(HasSubstr("hf_old"))));
}

TEST_F(PullPatienceTest, ForbiddenWithoutAToken) {
  start([](const Request&) -> std::optional<Response> { return Response{403, {}, "no"}; });
  EXPECT_THAT(failure(), AllOf(HasSubstr("nobody"), HasSubstr("community-1-open")));
}

TEST_F(PullPatienceTest, WhetherTheHubAnswers) {
  start([](const Request&) -> std::optional<Response> { return Response{404, {}, "not a page"}; });
  set("HF_TOKEN", "hf_secret");
  EXPECT_TRUE(hub_is_reachable());
  EXPECT_EQ(hub_->requests().back().header("authorization"), "");
  set("HF_HUB_OFFLINE", "1");
  EXPECT_FALSE(hub_is_reachable());
  set("HF_HUB_OFFLINE", std::nullopt);
  hub_.reset();
  EXPECT_FALSE(hub_is_reachable());
}

}  // namespace
}  // namespace diar
