#include "io/audio/wav_header.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <istream>
#include <string_view>

namespace diar {
namespace {

constexpr int kMaxChunks = 64;

struct Chunk {
  std::string name;
  std::uint32_t size = 0;
};

std::uint32_t number(const char* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i)
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

bool read_chunk(std::istream& file, Chunk& chunk) {
  std::array<char, 8> head;
  if (!file.read(head.data(), head.size())) return false;
  chunk = {std::string(head.data(), 4), number(head.data() + 4)};
  return true;
}

}  // namespace

std::optional<double> wav_declared_duration_s(const std::string& path) {
  // A pipe gives its bytes once: looking at them would take them from the decoder.
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  return wav_declared_duration_s(file);
}

std::optional<double> wav_declared_duration_s(std::istream& file) {
  Chunk chunk;
  std::array<char, 4> form;
  if (!read_chunk(file, chunk) || chunk.name != "RIFF" || !file.read(form.data(), form.size()) ||
      std::string_view(form.data(), 4) != "WAVE") {
    return std::nullopt;
  }
  std::uint32_t bytes_per_s = 0;
  for (int i = 0; i < kMaxChunks && read_chunk(file, chunk); ++i) {
    if (chunk.name == "data") {
      if (bytes_per_s == 0 || chunk.size == 0 || chunk.size >= 0xFFFFFF00u) return std::nullopt;
      return static_cast<double>(chunk.size) / bytes_per_s;
    }
    std::uint32_t rest = chunk.size + (chunk.size & 1);
    if (chunk.name == "fmt " && chunk.size >= 16) {
      std::array<char, 16> format;
      if (!file.read(format.data(), format.size())) return std::nullopt;
      bytes_per_s = number(format.data() + 8);
      rest -= 16;
    }
    file.seekg(rest, std::ios::cur);
  }
  return std::nullopt;
}

}  // namespace diar
