// Results in every file format that people's tools read, and back from each of them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diar/annotation.h"
#include "diar/diarization.h"
#include "diar/export.h"
#include "diar/speaker_names.h"
#include "diar/voices.h"

namespace diar {

/// How a result came about; only JSON keeps it.
struct RunInfo {
  std::string version;         ///< of the program
  std::string model_name;      ///< such as "starter"
  std::string model_path;      ///< where it lies
  std::string model_found_by;  ///< the rule that found it, in words
  std::string device;          ///< such as "cpu (AVX2)"
  double elapsed_s = 0.0;      ///< wall clock from opening the audio
  std::optional<StageTimings> timings;
  std::string speed;  ///< "exact", "fast" or "faster"; empty: unknown
};

/// One recording's result, as much of it as is known. A value type; not synchronised.
struct ResultDocument {
  Annotation diarization;               ///< speakers may overlap; its uri names the recording
  std::optional<Annotation> exclusive;  ///< at most one speaker at a time
  double duration_s = 0.0;              ///< of the recording; 0: unknown, the end of the last turn counts
  std::string input;                    ///< the audio file, as the user named it; empty: unknown
  std::vector<SpeakerEmbedding> embeddings;  ///< empty: not asked for
  std::vector<SpeakerIdentity> identities;   ///< who the speakers are; empty: not asked for
  std::optional<RunInfo> run;

  ResultDocument() = default;
  explicit ResultDocument(Annotation turns) : diarization(std::move(turns)) {}
  /// Takes all that a run gives, its embeddings too.
  DIAR_API explicit ResultDocument(DiarizationOutput output);
};

/// One file format.
struct FormatInfo {
  std::string_view name;         ///< "rttm", for `--format`
  std::string_view extension;    ///< ".rttm"; files get it
  std::string_view description;  ///< a few words for people
  double resolution_s;           ///< the finest step of its times
  bool several_recordings;       ///< one file may hold several
  bool zero_length_turns;        ///< keeps turns without length; otherwise they are left out
};

/// All formats, RTTM first.
DIAR_API std::span<const FormatInfo> formats() noexcept;
/// By name ("vtt") or alias ("webvtt"), in any case. Throws `InvalidArgument` that lists the names.
DIAR_API const FormatInfo& find_format(std::string_view name);
/// By the path's extension, in any case (".txt" is Audacity's); null when no format has it.
DIAR_API const FormatInfo* format_of_path(const std::filesystem::path& path) noexcept;

struct FormatOptions {
  bool exclusive = false;  ///< write the exclusive turns (JSON always holds both kinds)
  bool one_line = false;   ///< JSON without line breaks inside, for a stream of objects
};

/// The text of a file, UTF-8. RTTM and CTM cannot hold white space in names: it becomes "_". Control
/// characters become spaces and invalid UTF-8 the replacement character in all other formats. Throws
/// `InvalidArgument`: unknown format, times outside 0 to 1e9 s, no exclusive turns where they are asked for,
/// several documents in a format for one, two names that "_" would make one.
DIAR_API std::string to_format(std::span<const ResultDocument> documents, std::string_view format,
                               const FormatOptions& options = {});
DIAR_API std::string to_format(const ResultDocument& document, std::string_view format,
                               const FormatOptions& options = {});
DIAR_API void write_format(const ResultDocument& document, std::string_view format, std::ostream& out,
                           const FormatOptions& options = {});

/// Reads what `to_format` writes and what the formats' own tools write: one document for each recording, in
/// order of appearance. UTF-8 or UTF-16 with a mark; any line ends. `name` is for messages, and its stem
/// names the recording where the format does not. Memory stays within a small multiple of the text. Throws
/// `InvalidArgument` on an unknown format and `InputError`, naming the line, on text that is not of it.
DIAR_API std::vector<ResultDocument> parse_format(std::string_view text, std::string_view format,
                                                  const std::string& name);
/// Reads a file of up to 256 MiB; `format` empty: by the extension. Throws like `parse_format`, and
/// `InputError` when the file cannot be read.
DIAR_API std::vector<ResultDocument> read_format_file(const std::filesystem::path& path,
                                                      std::string_view format = {});

/// Every speaker under its new name, in the turns, the embeddings and the identities.
DIAR_API ResultDocument renamed(ResultDocument document, const SpeakerNames& names);

}  // namespace diar
