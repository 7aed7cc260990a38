// People whose voices are known: kept in a book, found in results by name, proposed and calibrated.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diar/annotation.h"
#include "diar/diarization.h"
#include "diar/export.h"
#include "diar/networks.h"

namespace diar {

/// One recording of a person.
struct VoiceSample {
  std::vector<float> embedding;  ///< [dimension] of the encoder's space, finite, not all zero
  std::string source;            ///< where it was heard: a file's name, in words
  double speech_s = 0.0;         ///< clean speech that it is made of
  std::string date;              ///< of the enrolment, as 2026-11-29

  friend bool operator==(const VoiceSample&, const VoiceSample&) = default;
};

/// One person.
struct Voice {
  std::string name;
  std::vector<VoiceSample> samples;  ///< at least one

  friend bool operator==(const Voice&, const Voice&) = default;
};

/// Turns raw scores into natural logarithms of honest likelihood ratios: scale * raw + offset.
struct VoiceCalibration {
  double scale = 1.0;
  double offset = 0.0;

  friend bool operator==(const VoiceCalibration&, const VoiceCalibration&) = default;
};

/// A value type; not synchronised. All samples are of one encoder: others are refused. Names are what RTTM
/// can tell apart: white space counts as "_".
class DIAR_API VoiceBook {
 public:
  /// Of the encoder whose embeddings it holds (`Engine::encoder_id`); empty while it holds none.
  const std::string& encoder_id() const noexcept { return encoder_id_; }
  std::size_t dimension() const noexcept { return dimension_; }
  /// Sorted by name.
  std::span<const Voice> voices() const noexcept { return voices_; }
  bool empty() const noexcept { return voices_.empty(); }
  /// Null when nobody has that name.
  const Voice* find(std::string_view name) const noexcept;
  /// Of this book alone, in place of the model's: what `fit_calibration` found.
  const std::optional<VoiceCalibration>& calibration() const noexcept { return calibration_; }
  void set_calibration(std::optional<VoiceCalibration> calibration);

  /// One sample more of a person, who may be new; a sample that is there already changes nothing. Returns how
  /// many there are of the person now. Throws `InvalidArgument`: an impossible name (empty, longer than 200
  /// bytes, not UTF-8, control characters, white space at an end, a label such as SPEAKER_00, one that "_"
  /// would make another's), another encoder or dimension, values that are not finite or all zero, more than
  /// `kMaxSamples`.
  std::size_t add(const std::string& name, VoiceSample sample, const std::string& encoder_id);
  /// Throws `InvalidArgument` when there is nobody of that name.
  void remove(const std::string& name);
  /// Throws `InvalidArgument` as `add` does, and when the new name is taken.
  void rename(const std::string& from, const std::string& to);
  /// Adds all of the other book's samples; the names that both have are returned. Throws as `add` does and
  /// changes nothing then. Its calibration is not taken over.
  std::vector<std::string> merge(const VoiceBook& other);

  friend bool operator==(const VoiceBook&, const VoiceBook&) = default;

  static constexpr std::size_t kMaxSamples = 50;      ///< of one person
  static constexpr std::size_t kMaxVoices = 100'000;  ///< of one book

 private:
  std::string encoder_id_;
  std::size_t dimension_ = 0;
  std::vector<Voice> voices_;
  std::optional<VoiceCalibration> calibration_;
};

/// docs/schema/voices.schema.json describes it; embeddings are base64 of little-endian float32.
DIAR_API std::string to_json(const VoiceBook& book);
/// Reads exactly that. Memory stays within a small multiple of the text. Throws `InputError`, naming `name`:
/// other or newer content, duplicate names, and what `VoiceBook::add` refuses.
DIAR_API VoiceBook parse_voice_book(std::string_view text, const std::string& name);
/// Reads a file of up to 256 MiB. Throws `InputError`.
DIAR_API VoiceBook read_voice_book(const std::filesystem::path& path);

/// Writes a book: whole or not at all, and readable by its owner only when the file is new. Throws
/// `OutputError`.
DIAR_API void write_voice_book(const std::filesystem::path& path, const VoiceBook& book);

struct BookAccess {
  /// Asked while another program holds the book, ten times a second: true ends the waiting with `Cancelled`.
  std::function<bool()> interrupted;
  double longest_wait_s = 60.0;
};
/// Reads the book (an empty one where there is no file), lets `edit` change it, and writes it: whole or not
/// at all, readable by its owner only when it is new, in a directory that is made for the owner alone. Edits
/// of several programs come one after another: a lock on PATH.lock, which stays as an empty file. Nothing is
/// written when `edit` changes nothing. Throws `InputError`, `OutputError`, `Cancelled`, and what `edit`
/// throws.
DIAR_API void edit_voice_book(const std::filesystem::path& path, const std::function<void(VoiceBook&)>& edit,
                              const BookAccess& access = {});
/// DIARIZE_VOICES; else voices.json in the directory diarize of XDG_DATA_HOME (~/.local/share). Throws
/// `InputError` when none of them is set.
DIAR_API std::filesystem::path default_voice_book();

/// What is asked of an enrolment.
struct EnrolmentOptions {
  double min_clean_s = 5.0;  ///< the least speech in which nobody else talks
  /// Another person may talk as long as this, and as this share of the one to enrol.
  double max_other_s = 2.0;
  double max_other_share = 0.1;
  /// Label of the speaker to take, who may then talk with others; empty: the recording is of one person.
  std::string speaker;
};
/// The sample of a diarized recording; two speakers whom `scoring` takes for one with `calibration` are one.
/// `source` and `date` go into it. Throws `AudioError`: too little clean speech, a second person's voice of
/// substance, nobody at all; `InvalidArgument`: there is no such speaker.
DIAR_API VoiceSample enrolled_voice(const DiarizationOutput& output, const SpeakerScoring& scoring,
                                    const VoiceCalibration& calibration, const EnrolmentOptions& options,
                                    std::string source, std::string date);
/// Seconds in which this speaker talks and nobody else does.
DIAR_API double clean_speech_s(const Annotation& annotation, const std::string& speaker);

struct IdentifyOptions {
  /// The least probability of a name, if one speaker in two is somebody of the book.
  double threshold = 0.95;
  /// The least lead over the second-best person, as a natural logarithm of likelihoods.
  double margin = 1.5;
  /// Speakers who talk less stay unknown.
  double min_speech_s = 2.0;
  /// Only these people are looked for; empty: all. Throws `InvalidArgument` for names that the book lacks.
  std::vector<std::string> only;
};

enum class IdentityReason {
  kNamed,           ///< there is a name
  kBelowThreshold,  ///< nobody is likely enough
  kNoLead,          ///< two people are almost equally likely
  kTaken,           ///< the likeliest person is another speaker of this recording
  kLittleSpeech,    ///< too little to tell
  kEmptyBook,       ///< nobody to compare with
};
/// "named", "below_threshold", "no_lead", "taken", "little_speech" or "empty_book".
DIAR_API std::string_view to_string(IdentityReason reason) noexcept;
/// Throws `InvalidArgument` for other texts.
DIAR_API IdentityReason parse_identity_reason(std::string_view text);

/// How well one person of the book fits a speaker.
struct VoiceScore {
  std::string name;
  double llr = 0.0;          ///< natural logarithm of the likelihood ratio to a stranger, calibrated
  double probability = 0.0;  ///< of this person among all and a stranger, see `IdentifyOptions::threshold`

  friend bool operator==(const VoiceScore&, const VoiceScore&) = default;
};

/// Who one speaker of a recording is.
struct SpeakerIdentity {
  std::string speaker;  ///< label
  std::string name;     ///< empty: unknown, the normal answer
  IdentityReason reason = IdentityReason::kBelowThreshold;
  double speech_s = 0.0;
  std::vector<VoiceScore> candidates;  ///< at most three, the likeliest first

  friend bool operator==(const SpeakerIdentity&, const SpeakerIdentity&) = default;
};

/// A book made ready for many recordings: immutable, thread-safe; borrows the scoring, not the book.
class DIAR_API VoiceMatcher {
 public:
  /// `calibration` is the model's; the book's own, if it has one, takes its place. Throws `InvalidArgument`
  /// when the book is of another encoder than `encoder_id`.
  VoiceMatcher(const VoiceBook& book, const SpeakerScoring& scoring, const std::string& encoder_id,
               const VoiceCalibration& calibration);
  VoiceMatcher(VoiceMatcher&&) noexcept;
  VoiceMatcher& operator=(VoiceMatcher&&) noexcept;
  ~VoiceMatcher();

  /// Each speaker against each person by PLDA with all samples of the person (the likelihood of the speaker
  /// given them, to that given nobody), a person for one speaker at most. One identity for each embedding, in
  /// their order. `annotation` says how long they talk.
  std::vector<SpeakerIdentity> identify(std::span<const SpeakerEmbedding> speakers,
                                        const Annotation& annotation,
                                        const IdentifyOptions& options = {}) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

/// How sure a calibration is.
struct CalibrationReport {
  VoiceCalibration calibration;
  std::size_t num_same = 0;       ///< trials of one person: a sample against the person's other ones
  std::size_t num_different = 0;  ///< trials of two
  double cost_before = 0.0;       ///< Cllr in bits: 0 is perfect, 1 says nothing
  double cost_after = 0.0;
};
/// Fits a calibration to the book itself. Throws `InvalidArgument` when it holds fewer than ten people with
/// two or more samples each.
DIAR_API CalibrationReport fit_calibration(const VoiceBook& book, const SpeakerScoring& scoring,
                                           const VoiceCalibration& before = {});

}  // namespace diar
