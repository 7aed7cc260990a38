// The command where resources are short: it ends with one line and a code of docs/errors.md, never by a
// signal of its own making, and leaves no pieces of files.
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sched.h>
#endif

#include "../child.h"
#include "core/sanitizers.h"

namespace diar::cli_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr unsigned kNobody = 65533;

std::function<void()> limit(decltype(RLIMIT_AS) resource, rlim_t value) {
  return [resource, value] {
    const rlimit bound{value, value};
    setrlimit(resource, &bound);
  };
}

// A run that was refused something: 0 where it could do without, else a documented code and one line.
void expect_decent_end(const CommandResult& result, const std::string& what) {
  // Not even the loader got what it needed, before any code of ours.
  if (result.exit_code == 127 && result.err.find("error while loading shared libraries") != std::string::npos)
    return;
  EXPECT_GE(result.exit_code, 0) << what;
  EXPECT_LE(result.exit_code, 9) << what << ": " << result.err;
  if (result.exit_code == 0) return;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << what << ": " << result.err;
  EXPECT_THAT(result.err, ::testing::StartsWith("diarize: ")) << what;
}

class Limits : public ::testing::Test {
 protected:
  Limits() {
    write_text(wav_, wav_bytes(noise(16000 * 2), 16000, 1));
    write_text(turns_, "SPEAKER rec 1 0.100 1.000 <NA> <NA> A <NA> <NA>\n");
  }
  // Also for another user.
  void open_to_everybody() const {
    fs::permissions(directory_.path(), fs::perms::all);
    for (const auto& entry : fs::directory_iterator(directory_.path()))
      fs::permissions(entry.path(), fs::perms::all);
  }

  TemporaryDirectory directory_;
  const std::string wav_ = directory_.file("rec.wav");
  const std::string turns_ = directory_.file("turns.rttm");
};

TEST_F(Limits, AddressSpace) {
  if (DIAR_SANITIZES_ADDRESS || DIAR_SANITIZES_THREADS)
    GTEST_SKIP() << "NOT RUN: ulimit -v (a sanitizer needs terabytes of it)";
  for (const char* threads : {"1", "8", "1000"}) {
    for (const rlim_t megabytes : {100u, 300u, 600u, 2048u}) {
      Child child({wav_, "-q", "-o", "-", "--model", "starter", "--threads", threads}, "/dev/null",
                  limit(RLIMIT_AS, megabytes << 20));
      expect_decent_end(child.finish(), std::to_string(megabytes) + " MB, threads " + threads);
    }
  }
}

TEST_F(Limits, Threads) {
  open_to_everybody();
  const bool is_root = geteuid() == 0;
  // Processes of this user count too; as root nothing is counted at all.
  const auto no_threads = [is_root] {
    if (is_root && (setgroups(0, nullptr) != 0 || setgid(kNobody) != 0 || setuid(kNobody) != 0)) _exit(125);
    const rlimit bound{1, 1};
    setrlimit(RLIMIT_NPROC, &bound);
  };
  Child probe({"--version"}, "/dev/null", no_threads);
  const CommandResult seen = probe.finish();
  if (seen.exit_code == 125) GTEST_SKIP() << "NOT RUN: ulimit -u (this root may not become another user)";
  if (seen.exit_code == 127)
    GTEST_SKIP() << "NOT RUN: ulimit -u (another user may not execute " DIAR_COMMAND ")";
  ASSERT_EQ(seen.exit_code, 0) << seen.err;
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {wav_, "-q", "-o", "-", "--model", DIAR_SOURCE_DIR "/models/starter", "--threads", "8"},
           {wav_, wav_, "-q", "-o", "-", "--model", DIAR_SOURCE_DIR "/models/starter", "--jobs", "4"},
           {"segment", wav_, "-q", "--model", DIAR_SOURCE_DIR "/models/starter", "--threads", "4"},
           {"convert", turns_, "-f", "csv", "-o", "-"},
           {"score", turns_, turns_}}) {
    Child child(arguments, "/dev/null", no_threads);
    expect_decent_end(child.finish(), ::testing::PrintToString(arguments));
  }
}

TEST_F(Limits, Stack) {
  if (DIAR_SANITIZES_ADDRESS || DIAR_SANITIZES_THREADS)
    GTEST_SKIP() << "NOT RUN: ulimit -s (a sanitizer's frames are larger)";
  for (const rlim_t kilobytes : {64u, 256u, 512u}) {
    Child child(
        {wav_, "-q", "-o", "-", "--html", directory_.file("page.html"), "--overwrite", "--model", "starter"},
        "/dev/null", limit(RLIMIT_STACK, kilobytes << 10));
    const CommandResult result = child.finish();
    EXPECT_EQ(result.exit_code, 0) << kilobytes << " KiB: " << result.err;
  }
}

TEST_F(Limits, OpenFiles) {
  for (const rlim_t files : {3u, 4u, 6u, 16u}) {
    Child child({wav_, "-q", "-o", "-", "--model", "starter"}, "/dev/null", limit(RLIMIT_NOFILE, files));
    expect_decent_end(child.finish(), std::to_string(files) + " files");
  }
}

// In the middle of each kind of file: the limit is half of what it needs.
TEST_F(Limits, FileSizeOfEveryWriter) {
  write_text(directory_.file("talk.json"),
             read_text(DIAR_SOURCE_DIR "/tests/data/transcripts/openai_whisper.json"));
  const std::string out = directory_.file("out");
  const std::size_t entries = directory_.num_entries();
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {wav_, "-q", "-f", "json", "-o", out, "--model", "starter"},
           {wav_, "-q", "-o", "-", "--html", out, "--model", "starter"},
           {"segment", wav_, "-q", "-f", "json", "-o", out, "--model", "starter"},
           {"convert", turns_, "-f", "json", "-o", out},
           {"report", turns_, "--html", out},
           {"report", turns_, "--plot", out + ".svg"},
           {"assign", "-t", directory_.file("talk.json"), "-s", turns_, "-f", "json", "-o", out},
           {"tune", wav_, turns_, "--trials", "1", "-q", "-o", out, "--model", "starter"}}) {
    const CommandResult whole = run_diarize(arguments);
    ASSERT_EQ(whole.exit_code, 0) << ::testing::PrintToString(arguments) << whole.err;
    std::string written = out;
    if (fs::exists(out + ".svg")) written += ".svg";
    const auto size = fs::file_size(written);
    fs::remove(written);
    Child child(arguments, "/dev/null", limit(RLIMIT_FSIZE, std::min<rlim_t>(size / 2, 1 << 16)));
    const CommandResult result = child.finish();
    EXPECT_EQ(result.exit_code, 6) << ::testing::PrintToString(arguments) << result.err;
    EXPECT_EQ(directory_.num_entries(), entries) << ::testing::PrintToString(arguments);
  }
}

TEST_F(Limits, FullDevice) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "NOT RUN: full device (there is no /dev/full)";
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"--help"},
                                             {"--version"},
                                             {"completion", "zsh"},
                                             {"models", "list"},
                                             {"score", turns_, turns_},
                                             {"convert", turns_, "-f", "csv", "-o", "-"},
                                             {"segment", wav_, "-q", "-f", "csv"},
                                             {wav_, "-q", "--json", "-o", "-"},
                                             {wav_, "-q", "-f", "json", "-o", "/dev/full"}}) {
    const CommandResult result = run_diarize(arguments, "/dev/null", 0.0, "/dev/full");
    EXPECT_EQ(result.exit_code, 6) << ::testing::PrintToString(arguments) << result.err;
  }
}

// A real file system without room, in a name space of this test's own.
TEST_F(Limits, FullDisk) {
#ifdef __linux__
  const std::string disk = directory_.file("disk");
  fs::create_directory(disk);
  const bool is_root = geteuid() == 0;
  const uid_t user = geteuid();
  const auto mount_small = [&] {
    if (unshare(is_root ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0) _exit(125);
    if (!is_root) write_text("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
    // Nothing of it reaches the other name spaces.
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) _exit(125);
    if (mount("small", disk.c_str(), "tmpfs", 0, "size=8k") != 0) _exit(125);
  };
  Child child({"report", turns_, "--html", disk + "/page.html"}, "/dev/null", mount_small);
  const CommandResult result = child.finish();
  if (result.exit_code == 125) GTEST_SKIP() << "NOT RUN: full tmpfs (no name space or mount allowed here)";
  EXPECT_EQ(result.exit_code, 6) << result.err;
  EXPECT_THAT(result.err, HasSubstr("No space left on device"));
#else
  GTEST_SKIP() << "NOT RUN: full tmpfs (Linux only)";
#endif
}

}  // namespace
}  // namespace diar::cli_test
