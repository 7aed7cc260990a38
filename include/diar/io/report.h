// An annotation and (optionally) its audio in, one HTML page to look at, listen to and correct out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "diar/annotation.h"
#include "diar/export.h"
#include "diar/io/formats.h"
#include "diar/io/transcript.h"

namespace diar {

/// The sound of a report. Without `bytes` and without `link` the page has a cursor but does not play.
struct ReportAudio {
  std::string bytes;      ///< a whole audio file that goes into the page
  std::string mime_type;  ///< of `bytes`
  std::string link;       ///< URL of the audio, used when `bytes` is empty; see `report_link`
  /// Loudness over the recording, 0 (silent) to 255, one for each `level_step_s`; drawn as the page's
  /// overview. May be empty.
  std::vector<std::uint8_t> levels;
  double level_step_s = 0.0;
  double duration_s = 0.0;  ///< of the recording that was heard
  bool too_large = false;   ///< `bytes` is empty because it would have passed the limit
};

struct ReportAudioOptions {
  bool embed = true;                         ///< false: only measure the levels
  int bit_rate_bps = 24000;                  ///< Opus, mono
  std::size_t max_bytes = 32 * 1024 * 1024;  ///< of the encoded file: about 2.9 hours at 24 kbit/s
};

/// Compresses a recording while it streams past: Opus in WebM, mono, by FFmpeg's libraries. Memory grows with
/// the encoded size only. Not thread-safe.
class DIAR_API ReportAudioEncoder {
 public:
  /// Throws `InvalidArgument` on a bit rate outside 6000 to 128000, `OutputError` where FFmpeg was built
  /// without libopus.
  explicit ReportAudioEncoder(const ReportAudioOptions& options = {});
  ReportAudioEncoder(ReportAudioEncoder&&) noexcept;
  ReportAudioEncoder& operator=(ReportAudioEncoder&&) noexcept;
  ~ReportAudioEncoder();

  /// `samples`: mono at 16 kHz, nominally in [-1, 1] (clipped there); only borrowed.
  void write(std::span<const float> samples);
  /// Ends the file and hands it out; once. No samples, no bytes.
  ReportAudio finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The URL by which a page at `page` finds the file `target`: a relative path, percent-encoded. An absolute
/// file: URL when the two share no root.
DIAR_API std::string report_link(const std::filesystem::path& target, const std::filesystem::path& page);

struct HtmlReportOptions {
  std::string title = {};   ///< heading of the page; empty: the annotation's uri
  std::string model = {};   ///< name of the model, shown small; may be empty
  double duration_s = 0.0;  ///< length of the recording; the last turn's end where that is later
  ReportAudio audio = {};
  /// What was said, shown beside the turns. Its speakers are not used: the page gives each word to a turn, as
  /// `assign_speakers` with these options does, and again after every correction.
  std::optional<Transcript> transcript = {};
  AssignOptions assign = {};
  /// The truth: the page then shows what is missed, false and confused, as `error_regions` finds it.
  std::optional<Annotation> reference = {};
};

/// One self-contained page: no network, no third-party code. It can be corrected and writes every format of
/// `formats()`; what nobody corrected it writes as `to_format` does, embeddings left out. So it holds all
/// that a JSON result holds but those, the names of the input and the model's place included. Any bytes are
/// safe as names; text that is not UTF-8 is shown with replacement characters. `model` and `duration_s` of
/// the options come before those of the document. Throws `InvalidArgument` on times that are not finite, and
/// on a gap of `assign` that is negative.
DIAR_API std::string to_html_report(const ResultDocument& document, const HtmlReportOptions& options = {});
/// Turns of which nothing else is known.
DIAR_API std::string to_html_report(const Annotation& annotation, const HtmlReportOptions& options = {});

}  // namespace diar
