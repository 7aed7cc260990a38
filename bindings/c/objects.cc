#include "objects.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <thread>

namespace diar::c_api {
namespace {

// How long a push that finds no room waits before it asks again; a batch of windows takes many times as long.
constexpr std::chrono::milliseconds kWait{10};
constexpr std::size_t kBlockSamples = 65536;

}  // namespace

std::uintptr_t next_handle() noexcept {
  // Multiples of 16, as addresses are; they do not look like small numbers either.
  static std::atomic<std::uintptr_t> next{0x10000};
  return next.fetch_add(16, std::memory_order_relaxed);
}

Engines& engines() {
  static Engines& table = *new Engines;
  return table;
}
Sessions& sessions() {
  static Sessions& table = *new Sessions;
  return table;
}
Results& results() {
  static Results& table = *new Results;
  return table;
}

void check_samples(std::span<const float> samples) {
  const auto finite = [](float sample) { return std::isfinite(sample); };
  if (!std::all_of(samples.begin(), samples.end(), finite))
    throw AudioError("NaN or infinite samples were pushed; none of this piece was taken");
}

ResultObject::ResultObject(DiarizationOutput output, std::string input)
    : num_windows(output.num_windows), timings(output.timings), document_(std::move(output)) {
  document_.input = std::move(input);
  make_views();
}

ResultObject::ResultObject(const ResultObject& run, ResultDocument document)
    : num_windows(run.num_windows), timings(run.timings), document_(std::move(document)) {
  make_views();
}

void ResultObject::make_views() {
  for (const SpeakerEmbedding& embedding : document_.embeddings) {
    diar_speaker speaker = {};
    speaker.label = embedding.speaker.c_str();
    speaker.embedding = embedding.values.data();
    speaker.embedding_dimension = embedding.values.size();
    for (const SpeakerIdentity& identity : document_.identities) {
      if (identity.speaker != embedding.speaker) continue;
      speaker.identity = to_string(identity.reason).data();
      if (identity.candidates.empty()) continue;
      speaker.candidate = identity.candidates.front().name.c_str();
      speaker.candidate_probability = identity.candidates.front().probability;
    }
    speakers_.push_back(speaker);
  }
  turns_ = view(document_.diarization);
  exclusive_turns_ = view(*document_.exclusive);
  for (const diar_turn& turn : turns_) {
    diar_speaker& speaker = speakers_[turn.speaker];
    speaker.speech_s += std::max(0.0, turn.end_s - turn.start_s);
    ++speaker.num_turns;
  }
}

std::vector<diar_turn> ResultObject::view(const Annotation& annotation) const {
  std::vector<diar_turn> turns;
  turns.reserve(annotation.turns().size());
  for (const Turn& turn : annotation.turns()) {
    const auto same = [&](const SpeakerEmbedding& entry) { return entry.speaker == turn.speaker; };
    const auto found = std::find_if(document_.embeddings.begin(), document_.embeddings.end(), same);
    if (found == document_.embeddings.end())
      throw Error(ErrorCode::kInternal, "a turn of a speaker without an embedding");
    turns.push_back({turn.segment.start_s, turn.segment.end_s,
                     static_cast<std::uint64_t>(found - document_.embeddings.begin()), found->speaker.c_str(),
                     turn.confidence ? static_cast<double>(*turn.confidence) : -1.0});
  }
  return turns;
}

const std::vector<diar_turn>& ResultObject::turns(std::int32_t kind) const {
  require(kind == DIAR_TURNS_ALL || kind == DIAR_TURNS_EXCLUSIVE, "the kind of turns is none of diar_turns");
  return kind == DIAR_TURNS_ALL ? turns_ : exclusive_turns_;
}

const std::string& ResultObject::text(const char* format, std::int32_t kind) const {
  require(format != nullptr, "the format is null");
  turns(kind);  // checks the kind
  const std::lock_guard lock(mutex_);
  for (const Text& made : texts_) {
    if (made.format == format && made.kind == kind) return made.text;
  }
  FormatOptions options;
  options.exclusive = kind == DIAR_TURNS_EXCLUSIVE;
  texts_.push_back({format, kind, to_format(document_, format, options)});
  return texts_.back().text;
}

SessionObject::SessionObject(const Engine& engine, std::int32_t sample_rate_hz, const RunOptions& options)
    : options_(options), resampler_(sample_rate_hz), session_(engine.open(options_.session)) {}

void SessionObject::check_open() const {
  if (closed_.load()) throw CallError(DIAR_ERROR_ORDER, "this session has ended: open another one");
}

// 16 kHz samples into the session, with a word to the callbacks while it has no room.
void SessionObject::feed(std::span<const float> samples) {
  while (true) {
    samples = samples.subspan(session_.try_push(samples));
    const SessionStatus status = session_.poll();
    if (!options_.go_on({"networks", status.windows_completed, 0})) {
      session_.cancel();
      throw Cancelled();
    }
    if (samples.empty()) return;
    std::this_thread::sleep_for(kWait);
  }
}

// One block at the caller's rate. What breaks in the middle of a piece ends the session.
void SessionObject::add(std::span<const float> samples) {
  try {
    resampled_.clear();
    resampler_.process(samples, resampled_);
    feed(resampled_);
  } catch (...) {
    session_.cancel();
    throw;
  }
}

void SessionObject::push(std::span<const float> samples) {
  const Turnstile turnstile(busy_);
  check_open();
  check_samples(samples);
  do {
    const std::size_t count = std::min(samples.size(), kBlockSamples);
    add(samples.first(count));
    samples = samples.subspan(count);
  } while (!samples.empty());
}

void SessionObject::push(std::span<const std::int16_t> samples) {
  const Turnstile turnstile(busy_);
  check_open();
  std::vector<float> block;
  do {
    const std::size_t count = std::min(samples.size(), kBlockSamples);
    block.assign(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(count));
    for (float& sample : block) sample /= 32768.0f;
    add(block);
    samples = samples.subspan(count);
  } while (!samples.empty());
}

DiarizationOutput SessionObject::finish() {
  const Turnstile turnstile(busy_);
  check_open();
  closed_.store(true);
  resampled_.clear();
  resampler_.finish(resampled_);
  feed(resampled_);
  return session_.finish([this](const Progress& progress) { return options_.go_on(progress); });
}

}  // namespace diar::c_api
