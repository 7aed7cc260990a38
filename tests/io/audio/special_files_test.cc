// What is no ordinary file, and files that change under the reader: an error or an end, never a hang.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "cli/command.h"
#include "diar/errors.h"
#include "diar/io/audio.h"
#include "io/audio/encoder.h"
#include "io/audio/standard_input.h"

namespace diar {
namespace {

namespace fs = std::filesystem;
using cli_test::write_text;

std::string second_of_noise() {
  return cli_test::wav_bytes(cli_test::noise(16000), 16000, 1);
}

class SpecialFiles : public ::testing::Test {
 protected:
  TemporaryDirectory directory_;
};

TEST_F(SpecialFiles, DevicesAreNoRecordings) {
  for (const char* path : {"/dev/zero", "/dev/urandom", "/dev/null"})
    EXPECT_THROW(open_audio(path), InputError) << path;
  for (const char* path : {"/dev/zero", "/dev/urandom"})
    EXPECT_THROW(audio_content_id(path), InputError) << path;
}

TEST_F(SpecialFiles, SocketsAreNoRecordings) {
  const std::string path = directory_.file("a.wav");
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  const int socket_descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(socket_descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_THROW(open_audio(path), InputError);
  close(socket_descriptor);
}

TEST_F(SpecialFiles, NamesWithoutAFile) {
  fs::create_symlink("nowhere.wav", directory_.file("dangling.wav"));
  fs::create_symlink("loop.wav", directory_.file("loop.wav"));
  write_text(directory_.file("file"), "x");
  for (const std::string& path :
       {directory_.file("dangling.wav"), directory_.file("loop.wav"), directory_.file("file") + "/a.wav",
        directory_.file(std::string(300, 'a')), directory_.path().string(), std::string()}) {
    EXPECT_THROW(open_audio(path), InputError) << path;
  }
}

TEST_F(SpecialFiles, ALinkIsItsFile) {
  write_text(directory_.file("a.wav"), second_of_noise());
  fs::create_symlink("a.wav", directory_.file("link"));
  EXPECT_EQ(load_audio(directory_.file("link")).samples.size(), 16000u);
}

TEST_F(SpecialFiles, StandardInputWithoutEndIsRefusedSoon) {
  const StandardInput input(open("/dev/zero", O_RDONLY));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THROW(load_audio("-"), AudioError);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST_F(SpecialFiles, StandardInputThatIsNone) {
  {
    const StandardInput closed(-1);
    EXPECT_THROW(load_audio("-"), InputError);
  }
  {
    const StandardInput folder(open(directory_.path().c_str(), O_RDONLY | O_DIRECTORY));
    EXPECT_THROW(load_audio("-"), InputError);
  }
  {
    const StandardInput nothing(open("/dev/null", O_RDONLY));
    EXPECT_THROW(load_audio("-"), AudioError);
  }
  {
    const StandardInput unreadable(open(directory_.file("w").c_str(), O_WRONLY | O_CREAT, 0600));
    EXPECT_THROW(load_audio("-"), Error);
  }
}

TEST_F(SpecialFiles, StandardInputOfOtherKinds) {
  const std::string wav = second_of_noise();
  {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    const StandardInput input(ends[0]);
    std::thread writer([&] {
      EXPECT_EQ(send(ends[1], wav.data(), wav.size(), MSG_NOSIGNAL), static_cast<ssize_t>(wav.size()));
      close(ends[1]);
    });
    EXPECT_EQ(load_audio("-").samples.size(), 16000u);
    writer.join();
  }
  // A file of which another program took the first line, as in `{ read line; diarize -; } < file`.
  write_text(directory_.file("a"), "a line\n" + wav);
  const int file = open(directory_.file("a").c_str(), O_RDONLY);
  lseek(file, 7, SEEK_SET);
  const StandardInput input(file);
  EXPECT_EQ(load_audio("-").samples.size(), 16000u);
}

TEST_F(SpecialFiles, HugeFilesOfNothing) {
  write_text(directory_.file("a.wav"), "");
  write_text(directory_.file("hole"), "x");
  fs::resize_file(directory_.file("hole"), std::uintmax_t{1} << 40);
  EXPECT_THROW(load_audio(directory_.file("a.wav")), AudioError);
  EXPECT_THROW(load_audio(directory_.file("hole")), AudioError);
  std::string noise;
  for (const std::int16_t value : cli_test::noise(4000000)) noise += static_cast<char>(value >> 5);
  write_text(directory_.file("noise"), noise);
  EXPECT_THROW(load_audio(directory_.file("noise")), AudioError);
}

TEST_F(SpecialFiles, FilesThatVanishAreReadToTheirEnd) {
  write_text(directory_.file("a.wav"), cli_test::wav_bytes(cli_test::noise(800000), 16000, 1));
  const auto audio = open_audio(directory_.file("a.wav"));
  fs::remove(directory_.file("a.wav"));
  std::vector<float> samples(800001);
  EXPECT_EQ(audio->read(samples), 800000u);
}

TEST_F(SpecialFiles, FilesThatShrinkAreTruncated) {
  for (const char* container : {"wav", "flac", "matroska"}) {
    const std::string path = directory_.file(container);
    std::vector<std::vector<float>> channels(1);
    for (const std::int16_t value : cli_test::noise(800000))
      channels[0].push_back(static_cast<float>(value) / 65536.0f);
    const bool flac = container == std::string("flac");
    audio_test::encode(path, {container, flac ? "flac" : "pcm_s16le"}, channels);
    const auto audio = open_audio(path);
    std::vector<float> samples(16000);
    EXPECT_EQ(audio->read(samples), 16000u);
    fs::resize_file(path, fs::file_size(path) / 3);
    EXPECT_THROW(while (audio->read(samples) > 0){}, AudioError) << container;
  }
}

TEST_F(SpecialFiles, FilesThatGrowEndSomewhere) {
  const std::string path = directory_.file("a.wav");
  write_text(path, cli_test::wav_bytes(cli_test::noise(160000), 16000, 1, 0xFFFFFFFF - 36));
  const auto audio = open_audio(path);
  std::vector<float> samples(16000);
  std::size_t total = audio->read(samples);
  std::ofstream(path, std::ios::binary | std::ios::app) << std::string(64000, '\1');
  while (const std::size_t count = audio->read(samples)) total += count;
  EXPECT_GE(total, 160000u);
  EXPECT_LE(total, 192000u);
}

}  // namespace
}  // namespace diar
