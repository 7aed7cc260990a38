// Loading on a thread whose stack is as small as musl's default, and reading on a smaller one.
#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <climits>
#include <exception>
#include <functional>
#include <string>

#include "core/sanitizers.h"
#include "core/text_file.h"
#include "diar/engine.h"
#include "engine/load.h"
#include "models/model_directory.h"
#include "test_paths.h"

namespace diar {
namespace {

// Sanitizers put red zones and their own frames on the stack.
constexpr std::size_t kStackBytes =
    DIAR_SANITIZES_ADDRESS || DIAR_SANITIZES_THREADS ? std::size_t{1} << 20 : std::size_t{128} << 10;
// More than any buffer: what passes the end of the stack is seen, wherever it writes first.
constexpr std::size_t kGuardBytes = std::size_t{1} << 20;

struct Work {
  std::function<void()> run;
  std::exception_ptr failure;
};

void* run_work(void* argument) {
  auto& work = *static_cast<Work*>(argument);
  try {
    work.run();
  } catch (...) {
    work.failure = std::current_exception();
  }
  return nullptr;
}

// An overflow ends the process: the guard page lies below the stack.
void on_small_stack(std::function<void()> run, std::size_t stack_bytes = kStackBytes) {
  Work work{std::move(run), nullptr};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, std::max<std::size_t>(stack_bytes, PTHREAD_STACK_MIN)), 0);
  ASSERT_EQ(pthread_attr_setguardsize(&attributes, kGuardBytes), 0);
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, &attributes, run_work, &work), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  if (work.failure) std::rethrow_exception(work.failure);
}

EngineOptions cpu() {
  EngineOptions options;
  options.device = Device::kCpu;
  options.num_threads = 2;
  return options;
}

const std::filesystem::path kStarter = std::filesystem::path(DIAR_SOURCE_DIR) / "models/starter";

TEST(SmallStack, ThePldaOfAModel) {
  const ModelDirectory model = read_model_directory(kStarter);
  const PldaParameters parameters =
      plda_parameters(*model.plda, model.plda->xvec_transform.at("mean1").shape[0]);
  on_small_stack([&] {
    const Plda plda(parameters);
    RowMatrix embeddings = RowMatrix::Random(300, plda.dimension());
    EXPECT_TRUE(plda.transform(embeddings).allFinite());
  });
}

// Its block of 64 KiB does not lie on the stack.
TEST(SmallStack, AFileOfText) {
  std::string text;
  on_small_stack([&] { text = read_text_file(kStarter / "README.md"); },
                 std::min<std::size_t>(kStackBytes, std::size_t{56} << 10));
  EXPECT_FALSE(text.empty());
}

TEST(SmallStack, AWholeModel) {
  on_small_stack([] { Engine::load(kStarter, cpu()); });
}

}  // namespace
}  // namespace diar
