// Runs the built diarize command on arguments and gives back what a user would see.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "temporary_directory.h"
#include "test_paths.h"

namespace diar::cli_test {

/// What this machine has installed changes no test: without a model's name they run the starter.
inline const bool kStarterIsMeant = setenv("DIARIZE_MODEL", "starter", 1) == 0;

struct CommandResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// Starts the command with its three streams in files; `meanwhile` gets its process number.
inline CommandResult run_diarize_while(const std::vector<std::string>& arguments,
                                       const std::function<void(pid_t)>& meanwhile,
                                       const std::string& input_file = "/dev/null",
                                       const std::string& output_file = {}) {
  const TemporaryDirectory scratch;
  const std::string out = output_file.empty() ? scratch.file("out") : output_file;
  const std::string err = scratch.file("err");
  std::vector<std::string> words = {DIAR_COMMAND};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    if (freopen(input_file.c_str(), "rb", stdin) == nullptr ||
        freopen(out.c_str(), "wb", stdout) == nullptr || freopen(err.c_str(), "wb", stderr) == nullptr) {
      _exit(126);
    }
    execv(argv[0], argv.data());
    _exit(127);
  }
  meanwhile(child);
  int status = 0;
  waitpid(child, &status, 0);
  CommandResult result;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (output_file.empty()) result.out = read_text(out);
  result.err = read_text(err);
  return result;
}

/// `interrupt_after_s` > 0 sends SIGINT then.
inline CommandResult run_diarize(const std::vector<std::string>& arguments,
                                 const std::string& input_file = "/dev/null", double interrupt_after_s = 0.0,
                                 const std::string& output_file = {}) {
  const auto interrupt = [&](pid_t child) {
    if (interrupt_after_s <= 0.0) return;
    std::this_thread::sleep_for(std::chrono::duration<double>(interrupt_after_s));
    kill(child, SIGINT);
  };
  return run_diarize_while(arguments, interrupt, input_file, output_file);
}

/// Bytes of a PCM16 WAV file; `declared_bytes` < 0 writes the true size of the data.
inline std::string wav_bytes(const std::vector<std::int16_t>& interleaved, int sample_rate_hz,
                             int num_channels, std::int64_t declared_bytes = -1) {
  const auto number = [](std::uint32_t value, int num_bytes) {
    std::string bytes;
    for (int i = 0; i < num_bytes; ++i) bytes += static_cast<char>(value >> (8 * i));
    return bytes;
  };
  const auto size = static_cast<std::uint32_t>(
      declared_bytes < 0 ? static_cast<std::int64_t>(interleaved.size() * 2) : declared_bytes);
  const auto rate = static_cast<std::uint32_t>(sample_rate_hz);
  const auto channels = static_cast<std::uint32_t>(num_channels);
  std::string bytes = "RIFF" + number(size + 36, 4) + "WAVEfmt " + number(16, 4) + number(1, 2) +
                      number(channels, 2) + number(rate, 4) + number(rate * channels * 2, 4) +
                      number(channels * 2, 2) + number(16, 2) + "data" + number(size, 4);
  bytes.append(reinterpret_cast<const char*>(interleaved.data()), interleaved.size() * 2);
  return bytes;
}

/// Deterministic noise, loud enough to be no silence.
inline std::vector<std::int16_t> noise(std::size_t num_samples) {
  std::mt19937 generator(7);
  std::vector<std::int16_t> samples(num_samples);
  for (auto& sample : samples)
    sample = static_cast<std::int16_t>(static_cast<int>(generator() % 8001) - 4000);
  return samples;
}

}  // namespace diar::cli_test
