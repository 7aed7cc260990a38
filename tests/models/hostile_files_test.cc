// Weight files that nobody should write: refused with a ModelError, quickly, and without taking the memory
// they ask for. Time and peak memory of each are measured and printed (docs/fuzzing.md holds the figures).
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/sanitizers.h"
#include "diar/errors.h"
#include "fuzz/stored_zip.h"
#include "measured.h"
#include "models/model_directory.h"
#include "models/npy.h"
#include "models/npz.h"
#include "models/pickle.h"
#include "models/safetensors.h"
#include "models/torch_checkpoint.h"
#include "refusal.h"
#include "temporary_directory.h"

namespace diar {
namespace {

using fuzz::StoredZip;
using models_test::bytes_of;
using test::measured;
using test::Measured;

#if DIAR_SANITIZES_ADDRESS || DIAR_SANITIZES_THREADS
constexpr double kSlowdown = 20.0;  // sanitizers: shadow memory, quarantine and every access checked
#else
constexpr double kSlowdown = 1.0;
#endif
// Processor time. What is refused takes a tenth of it here; an attack that works takes minutes or for ever.
constexpr double kMostSeconds = 2.0 * kSlowdown;

constexpr std::size_t kMillion = 1000000;

std::string number(std::uint64_t value, int width) {
  return StoredZip::number(value, width);
}

template <class Action>
Measured expect_refused(const char* label, double most_megabytes, Action action) {
  const Measured result = measured(label, action);
  EXPECT_EQ(result.outcome, Measured::Outcome::kModelError) << label << ": " << result.message.data();
  EXPECT_LT(result.seconds, kMostSeconds) << label;
  EXPECT_LT(result.megabytes, most_megabytes * kSlowdown) << label;
  return result;
}

// For what is odd but harmless: it may load, with bounds.
template <class Action>
void expect_bounded(const char* label, double most_megabytes, Action action) {
  const Measured result = measured(label, action);
  EXPECT_TRUE(result.outcome == Measured::Outcome::kModelError ||
              result.outcome == Measured::Outcome::kAccepted)
      << label << ": " << result.message.data();
  EXPECT_LT(result.seconds, kMostSeconds) << label;
  EXPECT_LT(result.megabytes, most_megabytes * kSlowdown) << label;
}

void expect_npz_refused(const char* label, const std::string& file) {
  expect_refused(label, 16.0, [&] { parse_npz(bytes_of(file), nullptr, "hostile.npz"); });
}
void expect_checkpoint_refused(const char* label, double most_megabytes, const std::string& pickle) {
  StoredZip zip;
  zip.add("a/data.pkl", pickle);
  zip.add("a/data/0", std::string(96, '\0'));
  const std::string file = zip.finish();
  expect_refused(label, most_megabytes,
                 [&] { parse_torch_checkpoint(bytes_of(file), nullptr, "hostile.pt"); });
}
void expect_pickle_refused(const char* label, double most_megabytes, const std::string& pickle) {
  expect_refused(label, most_megabytes, [&] { Pickle(bytes_of(pickle), "hostile.pkl"); });
}

std::string npy(const std::string& shape, const std::string& data) {
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + "}\n";
  return "\x93NUMPY\x01" + std::string(1, '\0') + number(header.size(), 2) + header + data;
}

std::string safetensors(const std::string& header, const std::string& data) {
  return number(header.size(), 8) + header + data;
}

// Deflate, one block of the fixed code: a zero, then `repeats` times "258 bytes again from one byte back" in
// 13 bits.
std::string deflated_zeros(std::size_t repeats) {
  std::string text;
  std::uint64_t waiting = 0;
  int held = 0;
  const auto put = [&](std::uint64_t bits, int width) {
    waiting |= bits << held;
    for (held += width; held >= 8; held -= 8) {
      text += static_cast<char>(waiting & 0xffu);
      waiting >>= 8;
    }
  };
  put(0b011, 3);       // last block, fixed code
  put(0b00001100, 8);  // literal 0, its code's highest bit first
  for (std::size_t i = 0; i < repeats; ++i) put(0b00000'10100011, 13);  // length 258, distance 1
  put(0, 7 + 7);                                                        // end of block, and room to flush
  return text;
}

StoredZip bomb(std::size_t repeats, std::uint32_t claimed_bytes, std::uint32_t checksum) {
  const std::string stored = deflated_zeros(repeats);
  StoredZip zip;
  zip.add({"weights.npy", stored, claimed_bytes, checksum, true});
  return zip;
}

TEST(HostileFiles, ZipBombs) {
  // The same stream at a harmless size inflates, so what follows is refused for its size.
  const std::string zeros(1 + 258 * 100, '\0');
  const std::string small =
      bomb(100, static_cast<std::uint32_t>(zeros.size()), StoredZip::checksum(zeros)).finish();
  try {
    parse_npz(bytes_of(small), nullptr, "small.npz");
    FAIL() << "zeros are no array";
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("no npy data"), std::string::npos) << error.what();
  }
  const std::size_t repeats = 4 * kMillion;  // 1 GB in 6.5 MB
  expect_npz_refused("zip bomb, honest about 1 GB", bomb(repeats, 1 + 258 * 4'000'000u, 1).finish());
  expect_npz_refused("zip bomb, claims 1 kB", bomb(repeats, 1000, 1).finish());
  expect_npz_refused("zip bomb, claims 4 GB", bomb(1000, 0xfffffff0u, 1).finish());
  StoredZip many;
  const std::string stored = deflated_zeros(2000);
  for (int i = 0; i < 5000; ++i) many.add({std::to_string(i) + ".npy", stored, 1 + 258 * 2000, 1, true});
  expect_npz_refused("zip bomb in 5000 members, 2.6 GB", many.finish());
}

TEST(HostileFiles, PathsOutOfTheFolder) {
  for (const char* name :
       {"../x.npy", "/etc/x.npy", "a/../../x.npy", "a\\..\\x.npy", "..", "a/..", "a\tb.npy"}) {
    StoredZip zip;
    zip.add(name, npy("(1,)", "abcd"));
    expect_npz_refused(name, zip.finish());
  }
  StoredZip checkpoint;
  checkpoint.add("../../a/data.pkl", "}.");
  const std::string file = checkpoint.finish();
  expect_refused("../../a/data.pkl", 16.0,
                 [&] { parse_torch_checkpoint(bytes_of(file), nullptr, "hostile.pt"); });
  // Two dots inside a name are just a name.
  StoredZip good;
  good.add("a..b/c.npy", npy("(1,)", "abcd"));
  EXPECT_EQ(parse_npz(bytes_of(good.finish()), nullptr, "good.npz").tensors().size(), 1u);
}

TEST(HostileFiles, ImpossibleLengths) {
  const std::string huge = "9223372036854775808";
  for (const std::string& shape :
       {"(" + huge + ",)", "(" + huge + ", " + huge + ")", "(0, " + huge + ")",
        std::string("(281474976710656, 2)"), std::string("(4294967296, 4294967296)")}) {
    const std::string file = npy(shape, "abcd");
    const Measured result = expect_refused(("npy " + shape).c_str(), 16.0,
                                           [&] { parse_npy(bytes_of(file), nullptr, "tensor x"); });
    EXPECT_TRUE(std::string(result.message.data()).starts_with("tensor x: ")) << result.message.data();
  }
  const std::string entry = R"({"a": {"dtype": "F32", "shape": [SHAPE], "data_offsets": [BEGIN, END]}})";
  const auto with = [&](std::string shape, std::string begin, std::string end) {
    std::string text = entry;
    text.replace(text.find("SHAPE"), 5, shape);
    text.replace(text.find("BEGIN"), 5, begin);
    return text.replace(text.find("END"), 3, end);
  };
  for (const std::string& file :
       {number(std::uint64_t{1} << 63, 8) + "{}", number(~std::uint64_t{0}, 8) + "{}",
        safetensors(with(huge, "0", "4"), "abcd"), safetensors(with("4611686018427387905", "0", "4"), "abcd"),
        safetensors(with("1", "0", huge), "abcd"),
        safetensors(with("1", huge, "9223372036854775812"), "abcd"),
        safetensors(with("1", "18446744073709551615", "3"), "abcd"),
        safetensors(with("1", "0", "18446744073709551616"), "abcd")}) {
    expect_refused("safetensors, length or offset of 2^63", 16.0,
                   [&] { parse_safetensors(bytes_of(file), nullptr, "hostile"); });
  }
  for (const char opcode : {'\x8d', '\x8e', '\x96'}) {
    expect_pickle_refused("pickle, text of 2^63", 16.0,
                          std::string(1, opcode) + number(std::uint64_t{1} << 63, 8) + "abc.");
  }
  expect_pickle_refused("pickle, integer of 2^31", 16.0, "\x8b" + number(0xffffffffu, 4) + "a.");
}

// A tensor as torch pickles it, of `size` and `stride` (opcodes) from `offset` in a storage of 24 floats.
std::string tensor_pickle(const std::string& offset, const std::string& size, const std::string& stride) {
  const auto text = [](const std::string& value) {
    return std::string("X").append(number(value.size(), 4)).append(value);
  };
  return "}(" + text("w") + "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") +
         "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K\x18tQ" + offset + size + stride + "tRu.";
}

TEST(HostileFiles, ImpossibleTensors) {
  const std::string most = "\x8a\x08" + std::string(7, '\xff') + "\x7f";  // 2^63 - 1
  const std::string zero("K\0", 2);
  StoredZip zip;
  zip.add("a/data.pkl", tensor_pickle(zero, "K\x18\x85", "K\x01\x85"));
  zip.add("a/data/0", std::string(96, '\0'));
  EXPECT_EQ(parse_torch_checkpoint(bytes_of(zip.finish()), nullptr, "good.pt").at("w").shape, Shape{24});
  expect_checkpoint_refused("tensor of 2^63 elements", 16.0, tensor_pickle(zero, most + "\x85", "K\x01\x85"));
  expect_checkpoint_refused("tensor of (2^63)^2", 16.0,
                            tensor_pickle(zero, most + most + "\x86", "K\x01K\x01\x86"));
  expect_checkpoint_refused("tensor at 2^63", 16.0, tensor_pickle(most, "K\x01\x85", "K\x01\x85"));
  expect_checkpoint_refused("tensor of stride 2^63", 16.0, tensor_pickle(zero, "K\x02\x85", most + "\x85"));
  expect_checkpoint_refused(
      "tensor, expanded to 2^40", 16.0,
      tensor_pickle(zero, "\x8a\x06" + number(std::uint64_t{1} << 40, 6) + "\x85", zero + "\x85"));
}

TEST(HostileFiles, DeepAndCyclicPickles) {
  expect_bounded("pickle, 10^6 nested tuples", 250.0,
                 [] { Pickle(bytes_of("N" + std::string(kMillion, '\x85') + "."), "deep.pkl"); });
  expect_bounded("pickle, 10^6 nested lists", 250.0, [] {
    Pickle(bytes_of(std::string(kMillion, '(') + std::string(kMillion, 'l') + "."), "deep.pkl");
  });
  expect_checkpoint_refused("checkpoint, a dict in itself", 16.0, std::string("}q\0(X\1\0\0\0ah\0u.", 14));
  // state_dict -> itself; a parameter around a parameter around ...
  expect_checkpoint_refused("checkpoint, state_dict is its own", 16.0,
                            std::string("}q\0(X\x0a\0\0\0state_dicth\0u.", 23));
  std::string wrapped = "K\x01";
  for (std::size_t i = 0; i < 100000; ++i)
    wrapped = std::move(wrapped) + "q" + std::string(1, '\0') + "0ctorch._utils\n_rebuild_parameter\nh" +
              std::string(1, '\0') + "\x85R";
  expect_checkpoint_refused("checkpoint, 10^5 nested parameters", 64.0,
                            "}(X" + number(1, 4) + "w" + wrapped + "u.");
}

TEST(HostileFiles, MemoBombs) {
  // A list of two lists of two lists ...: 2^300 leaves for whoever walks it.
  std::string laughs = std::string("]q\0", 3);
  for (int i = 0; i < 300; ++i) laughs += std::string("0]q\1(h\0h\0eq\0", 12);
  expect_checkpoint_refused("checkpoint, 2^300 laughs", 16.0,
                            "}(X" + number(10, 4) + "state_dict" + laughs + "u.");
  // One long text, named a thousand times.
  std::string names = "X" + number(kMillion, 4) + std::string(kMillion, 'n') + std::string("q\0", 2);
  for (int i = 0; i < 10000; ++i) names += std::string("h\0h\0\x93", 5);
  expect_pickle_refused("pickle, a long name 10^4 times", 32.0, names + ".");
  expect_pickle_refused("pickle, 60 million values", 256.0, "(" + std::string(60 * kMillion, 'N') + "t.");
  expect_pickle_refused("pickle, 60 million repetitions", 256.0, "N" + std::string(60 * kMillion, '2') + ".");
  expect_pickle_refused("pickle, 60 million notes", 256.0, "N" + std::string(60 * kMillion, '\x94') + ".");
  expect_pickle_refused("pickle, 60 million marks", 256.0, std::string(60 * kMillion, '('));
}

TEST(HostileFiles, AMillionKeys) {
  std::string keys = "}(";
  for (std::size_t i = 0; i < kMillion; ++i) {
    keys += "X";
    keys += number(4, 4);
    keys += number(i, 4);
    keys += "N";
  }
  expect_checkpoint_refused("checkpoint of 10^6 keys", 256.0, keys + "u.");
  std::string header = "{";
  for (std::size_t i = 0; i < kMillion; ++i) {
    if (i != 0) header += ',';
    header += '"';
    header += std::to_string(i);
    header += R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  }
  const std::string tensors = safetensors(header + "}", "");
  expect_refused("safetensors of 10^6 keys", 16.0,
                 [&] { parse_safetensors(bytes_of(tensors), nullptr, "hostile"); });
  std::string values = R"({"a": {"dtype": "F32", "data_offsets": [0, 0], "shape": [0)";
  for (std::size_t i = 0; i < 8 * kMillion - 100; ++i) values += ",0";
  const std::string shape = safetensors(values + "]}}", "");
  expect_refused("safetensors, a shape of 8 million", 128.0,
                 [&] { parse_safetensors(bytes_of(shape), nullptr, "hostile"); });
  StoredZip zip;
  for (std::size_t i = 0; i < kMillion; ++i) zip.add(std::to_string(i) + ".npy", "");
  expect_npz_refused("npz of 10^6 members", zip.finish());
}

// What the configuration readers are given is a file, bounded before it is read.
TEST(HostileFiles, Configurations) {
  namespace fs = std::filesystem;
  const TemporaryDirectory temporary;
  const fs::path folder = temporary.path();
  const auto refused = [&](const char* label, const char* file, const std::string& text) {
    std::ofstream(folder / file, std::ios::binary) << text;
    expect_refused(label, 128.0, [&] { read_model_directory(folder); });
    fs::remove(folder / file);
  };
  std::string keys = "{";
  for (std::size_t i = 0; i < kMillion; ++i) {
    if (i != 0) keys += ',';
    keys += '"';
    keys += std::to_string(i);
    keys += "\":0";
  }
  refused("model.json of 10^6 keys", "model.json", keys + "}");
  refused("config.yaml of 10^6 keys", "config.yaml", keys + "}");
  const std::size_t deep = 130000;
  refused("model.json, 130,000 deep", "model.json", std::string(deep, '[') + std::string(deep, ']'));
  refused("config.yaml, 130,000 deep", "config.yaml", std::string(deep, '[') + std::string(deep, ']'));
  refused("config.yaml, 130,000 deep, blocks", "config.yaml", [&] {
    std::string text;
    for (std::size_t i = 0; i < deep; ++i) text += "- ";
    return text;
  }());
  std::string laughs = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 100; ++i) {
    const std::string last = std::string("*a").append(std::to_string(i - 1));
    const std::string name = std::string("a").append(std::to_string(i));
    laughs.append(name).append(": &").append(name).append(" [");
    laughs.append(last).append(", ").append(last).append("]\n");
  }
  refused("config.yaml, 2^100 laughs", "config.yaml", laughs + "params: *a99\npipeline: *a99\n");
}

}  // namespace
}  // namespace diar
