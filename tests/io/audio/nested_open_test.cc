// No input opens a second file: every demuxer of FFmpeg that refers elsewhere, under an innocent name and its
// own, as a file and on standard input.
#include <fcntl.h>
#include <gtest/gtest.h>
#ifdef __linux__
#include <sys/inotify.h>
#endif
#include <unistd.h>

#include <algorithm>

#include "cli/command.h"
#include "diar/errors.h"
#include "diar/io/audio.h"
#include "io/audio/encoder.h"
#include "io/audio/standard_input.h"

namespace diar {
namespace {

using cli_test::write_text;

// Notes every opening of a file in a directory (Linux).
class OpenWatch {
 public:
  explicit OpenWatch(const std::string& directory) {
#ifdef __linux__
    descriptor_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    inotify_add_watch(descriptor_, directory.c_str(), IN_OPEN);
#else
    (void)directory;
#endif
  }
  ~OpenWatch() {
    close(descriptor_);
  }
  OpenWatch(const OpenWatch&) = delete;
  OpenWatch& operator=(const OpenWatch&) = delete;

  std::vector<std::string> opened() {
    std::vector<std::string> names;
#ifdef __linux__
    alignas(inotify_event) char buffer[65536];
    const ssize_t size = read(descriptor_, buffer, sizeof(buffer));
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      if (event->len > 0) names.emplace_back(event->name);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
#endif
    return names;
  }

 private:
  int descriptor_ = -1;
};

struct Reference {
  const char* demuxer;
  const char* extension;  // the one that FFmpeg knows it by
  std::string (*text)(const std::string& directory);
};

std::ostream& operator<<(std::ostream& out, const Reference& reference) {
  return out << reference.demuxer << " " << reference.extension;
}

std::string hls(const std::string& segment, const std::string& before = {}) {
  return "#EXTM3U\n#EXT-X-TARGETDURATION:10\n" + before + "#EXTINF:10,\n" + segment + "\n#EXT-X-ENDLIST\n";
}

std::string dash(const std::string& base, const std::string& set) {
  return "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
         "mediaPresentationDuration=\"PT2S\" profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\"><Period>"
         "<AdaptationSet mimeType=\"audio/mp4\" contentType=\"audio\">" +
         set + "<Representation id=\"1\" bandwidth=\"64000\" codecs=\"mp4a.40.2\"><BaseURL>" + base +
         "</BaseURL></Representation></AdaptationSet></Period></MPD>\n";
}

std::string box(const std::string& name, const std::string& content) {
  const auto size = static_cast<std::uint32_t>(content.size() + 8);
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift);
  return bytes + name + content;
}

const Reference kReferences[] = {
    {"hls", "m3u8", [](const std::string& d) { return hls("file://" + d + "/private.ts"); }},
    {"hls", "m3u8", [](const std::string& d) { return hls(d + "/private.ts"); }},
    {"hls", "m3u8", [](const std::string&) { return hls("private.ts"); }},
    {"hls", "m3u", [](const std::string&) { return hls("private.mp3"); }},
    {"hls", "m3u8",
     [](const std::string& d) {
       return hls("private.ts", "#EXT-X-KEY:METHOD=AES-128,URI=\"" + d + "/private.wav\"\n");
     }},
    {"hls", "m3u8",
     [](const std::string& d) { return hls("seg.m4s", "#EXT-X-MAP:URI=\"" + d + "/private.m4a\"\n"); }},
    {"hls", "m3u8",
     [](const std::string&) {
       return std::string("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=64000\nother.m3u8\n");
     }},
    // Without an end: FFmpeg would read it again for ever.
    {"hls", "m3u8",
     [](const std::string&) {
       return std::string("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:10,\nprivate.ts\n");
     }},
    {"concat", "ffconcat",
     [](const std::string&) { return std::string("ffconcat version 1.0\nfile private.wav\n"); }},
    {"concat", "ffconcat",
     [](const std::string& d) { return "ffconcat version 1.0\nfile '" + d + "/private.wav'\n"; }},
    {"dash", "mpd", [](const std::string&) { return dash("private.m4a", ""); }},
    {"dash", "mpd", [](const std::string& d) { return dash(d + "/private.m4a", ""); }},
    {"dash", "mpd",
     [](const std::string& d) {
       return dash("", "<SegmentTemplate timescale=\"1\" duration=\"2\" startNumber=\"1\" media=\"" + d +
                           "/private.m4a\" initialization=\"" + d + "/private.m4a\"/>");
     }},
    {"webm_dash_manifest", "mpd",
     [](const std::string&) {
       std::string text = dash("private.webm", "");
       text.replace(text.find("audio/mp4"), 9, "audio/webm");
       return text;
     }},
    {"sdp", "sdp",
     [](const std::string&) {
       return std::string(
           "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
           "m=audio 5004 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n");
     }},
    {"rtsp redirect", "rtsp",
     [](const std::string&) { return std::string("RTSPtextRTSP://127.0.0.1:1/private.wav\n"); }},
    {"imf", "xml",
     [](const std::string&) {
       return std::string(
           "<?xml version=\"1.0\"?>\n<CompositionPlaylist "
           "xmlns=\"http://www.smpte-ra.org/schemas/2067-3/2016\">"
           "<Id>urn:uuid:8713c020-2489-45f5-a9f7-87be539e20b5</Id><EditRate>24 1</EditRate><SegmentList/>"
           "</CompositionPlaylist>\n");
     }},
    {"image2", "png", [](const std::string&) { return std::string("private.wav"); }},
    {"vobsub", "idx",
     [](const std::string&) {
       return std::string("# VobSub index file, v7 (do not modify)\nid: en, index: 0\n");
     }},
    {"mlv", "mlv",
     [](const std::string&) { return std::string("MLVI\x34\0\0\0v2.0\0", 13) + std::string(39, '\0'); }},
    {"asf redirect", "asx",
     [](const std::string&) { return std::string("[Reference]\r\nRef1=private.wav\r\n"); }},
    {"asx", "asx",
     [](const std::string&) {
       return std::string("<ASX version=\"3.0\"><Entry><Ref href=\"private.wav\"/></Entry></ASX>\n");
     }},
    {"ram", "ram", [](const std::string&) { return std::string("file://private.wav\n"); }},
    {"pls", "pls",
     [](const std::string&) { return std::string("[playlist]\nFile1=private.wav\nNumberOfEntries=1\n"); }},
    {"xspf", "xspf",
     [](const std::string&) {
       return std::string(
           "<?xml version=\"1.0\"?><playlist version=\"1\"><trackList><track><location>private.wav"
           "</location></track></trackList></playlist>\n");
     }},
    {"svg", "svg",
     [](const std::string&) {
       return std::string(
           "<svg xmlns:xlink=\"http://www.w3.org/1999/xlink\"><image xlink:href=\"private.wav\"/></svg>\n");
     }},
    {"avisynth", "avs", [](const std::string&) { return std::string("WavSource(\"private.wav\")\n"); }},
    {"vapoursynth", "vpy",
     [](const std::string&) { return std::string("import vapoursynth\nopen('private.wav')\n"); }},
    {"lavfi", "txt", [](const std::string&) { return std::string("amovie=private.wav\n"); }},
    {"ffmetadata", "txt",
     [](const std::string&) { return std::string(";FFMETADATA1\ntitle=private.wav\n"); }},
    {"mov rmra", "mov",
     [](const std::string&) {
       const std::string reference = std::string("\0\0\0\0url \0\0\0\x0cprivate.wav", 24);
       return box("moov", box("rmra", box("rmda", box("rdrf", reference))));
     }},
};

class NestedOpen : public ::testing::TestWithParam<Reference> {
 protected:
  void SetUp() override {
    const std::vector<std::vector<float>> silence(1, std::vector<float>(16000));
    audio_test::encode(directory_.file("private.wav"), {"wav", "pcm_s16le"}, silence);
    audio_test::encode(directory_.file("private.ts"), {"mpegts", "mp2"}, silence);
    audio_test::encode(directory_.file("private.mp3"), {"mp3", "libmp3lame"}, silence);
    audio_test::encode(directory_.file("private.m4a"), {"ipod", "aac"}, silence);
    audio_test::encode(directory_.file("private.webm"), {"webm", "libopus", 48000}, silence);
    write_text(directory_.file("other.m3u8"), hls("private.ts"));
  }
  // Refused, and nothing but the input was opened.
  void expect_refused(const std::string& name) {
    OpenWatch watch(directory_.path().string());
    EXPECT_THROW(load_audio(name), AudioError) << name;
    auto opened = watch.opened();
    [[maybe_unused]] const auto seen = std::erase(opened, std::filesystem::path(name).filename().string());
#ifdef __linux__
    EXPECT_GT(seen, 0u) << "the watch works";
#endif
    EXPECT_EQ(opened, std::vector<std::string>()) << name;
  }
  TemporaryDirectory directory_;
};

TEST_P(NestedOpen, IsRefused) {
  const std::string text = GetParam().text(directory_.path().string());
  for (const std::string& name :
       {std::string("voice.wav"), std::string("voice.mp4"), std::string("voice.") + GetParam().extension,
        std::string("voice%03d.png")}) {
    write_text(directory_.file(name), text);
    expect_refused(directory_.file(name));
  }
  const StandardInput file(open(directory_.file("voice.wav").c_str(), O_RDONLY));
  OpenWatch watch(directory_.path().string());
  EXPECT_THROW(load_audio("-"), AudioError);
  EXPECT_EQ(watch.opened(), std::vector<std::string>());
}

TEST_P(NestedOpen, IsRefusedOnAPipe) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const std::string text = GetParam().text(directory_.path().string());
  ASSERT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  close(ends[1]);
  const StandardInput reader(ends[0]);
  OpenWatch watch(directory_.path().string());
  EXPECT_THROW(load_audio("-"), AudioError);
  EXPECT_EQ(watch.opened(), std::vector<std::string>());
}

INSTANTIATE_TEST_SUITE_P(Demuxers, NestedOpen, ::testing::ValuesIn(kReferences));

// A sample table whose samples lie in another file (`dref`, as QuickTime writes reference movies): the sound
// of that other file must not be heard, the file itself has none.
TEST_F(NestedOpen, MovWithAnExternalDataReference) {
  std::vector<std::vector<float>> loud(1, std::vector<float>(32000, 0.5f));
  audio_test::encode(directory_.file("whole.mov"), {"mov", "pcm_s16be"}, loud);
  std::string bytes = cli_test::read_text(directory_.file("whole.mov"));
  const auto replace = [&](const std::string& from, const std::string& to) {
    ASSERT_EQ(from.size(), to.size());
    const std::size_t at = bytes.rfind(from);
    ASSERT_NE(at, std::string::npos);
    bytes.replace(at, from.size(), to);
  };
  // "url " with the flag "in this file" cleared, then an alias as QuickTime has it.
  replace(std::string("url \0\0\0\x01", 8), std::string("alis\0\0\0\0", 8));
  write_text(directory_.file("voice.mov"), bytes);
  OpenWatch watch(directory_.path().string());
  try {
    load_audio(directory_.file("voice.mov"));  // its own bytes, at most
  } catch (const AudioError&) {
  }
  auto opened = watch.opened();
  std::erase(opened, "voice.mov");
  EXPECT_EQ(opened, std::vector<std::string>());
}

// Names that FFmpeg takes for protocols, devices or patterns are names of files here.
TEST(NestedOpenNames, AreFilesOnly) {
  const TemporaryDirectory directory;
  const std::vector<std::vector<float>> silence(1, std::vector<float>(16000));
  audio_test::encode(directory.file("private.wav"), {"wav", "pcm_s16le"}, silence);
  const std::string path = directory.file("private.wav");
  for (const std::string& name : std::vector<std::string>{
           "file:" + path, "concat:" + path, "concatf:" + path, "subfile,,start,0,end,0,,:" + path,
           "crypto:" + path, "cache:" + path, "async:" + path, "data:audio/wav;base64,UklGRg==", "fd:0",
           "pipe:0", "tee:" + path, "rtp://127.0.0.1:5004", "rtsp://127.0.0.1/x", "sap://127.0.0.1",
           "http://127.0.0.1/x", "tcp://127.0.0.1:1", "lavfi:sine", "hls+file://" + path,
           path + std::string("\0.wav", 5)}) {
    EXPECT_THROW(load_audio(name), InputError) << name;
  }
  for (const char* name :
       {"a:b.wav", "http:x.wav", "%03d.wav", "-a.wav", "a?b*.wav", "a\nb.wav", "\xff\xfe.wav", " .wav"}) {
    std::filesystem::copy_file(path, directory.file(name));
    EXPECT_EQ(load_audio(directory.file(name)).samples.size(), 16000u) << name;
  }
}

}  // namespace
}  // namespace diar
