# Not tried here. A formula for a tap, complete once the project has an address: docs/dev/releasing.md says where ADDRESS
# and `sha256` come from.
class Diarize < Formula
  desc "Speaker diarization: who spoke when in any recording"
  homepage "ADDRESS"
  url "ADDRESS/archive/refs/tags/v0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license all_of: ["MIT", "CC-BY-SA-4.0"]
  head "ADDRESS.git", branch: "main"

  depends_on "cli11" => :build
  depends_on "cmake" => :build
  depends_on "eigen" => :build
  depends_on "ninja" => :build
  depends_on "nlohmann-json" => :build
  depends_on "pkgconf" => :build
  depends_on "protozero" => :build
  depends_on "cairo"
  depends_on "ffmpeg"
  depends_on "highway"
  depends_on "libsoxr"
  depends_on "libzip"
  depends_on "yaml-cpp"
  uses_from_macos "curl"
  uses_from_macos "zlib"

  def install
    system "cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DDIAR_MLX=OFF", *std_cmake_args
    system "cmake", "--build", "build", "--target", "diar_installed"
    system "cmake", "--install", "build"
    pkgshare.install "samples/conversation.flac"
  end

  test do
    cp pkgshare/"conversation.flac", testpath
    system bin/"diarize", "conversation.flac"
    assert_match "SPEAKER conversation 1 ", (testpath/"conversation.rttm").read
  end
end
